-- SPDX-License-Identifier: MIT
-- What the language model answered, per stage and word, so that it is never
-- paid for twice. Stage 1 explains the word, stage 2 lays out the card.
CREATE TABLE stage_results (
  id            INTEGER PRIMARY KEY,
  stage         INTEGER NOT NULL CHECK (stage IN (1, 2)),
  cache_key     TEXT    NOT NULL,
  vocabulary_id INTEGER NOT NULL REFERENCES vocabulary (id),
  response      TEXT    NOT NULL CHECK (json_valid(response)),
  tokens        INTEGER NOT NULL,
  use_count     INTEGER NOT NULL DEFAULT 0,
  created_at    TEXT    NOT NULL,
  last_used_at  TEXT,
  UNIQUE (stage, cache_key)
);
