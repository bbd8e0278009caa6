-- SPDX-License-Identifier: MIT
-- The dictionary: every word of every import, one row per headword and reading.
CREATE TABLE import_batches (
  id           INTEGER PRIMARY KEY,
  source       TEXT    NOT NULL,
  status       TEXT    NOT NULL DEFAULT 'open'
               CHECK (status IN ('open', 'done', 'failed')),
  word_count   INTEGER NOT NULL DEFAULT 0,
  created_at   TEXT    NOT NULL,
  completed_at TEXT
);

CREATE TABLE vocabulary (
  id        INTEGER PRIMARY KEY,
  batch_id  INTEGER NOT NULL REFERENCES import_batches (id),
  headword  TEXT    NOT NULL CHECK (headword <> ''),
  reading   TEXT    NOT NULL DEFAULT '',  -- '' where the headword is its own
  pos       TEXT    NOT NULL DEFAULT '',  -- part of speech: 'n', 'adj-i', …
  gloss     TEXT    NOT NULL,             -- meanings, separated by '/'
  is_common INTEGER NOT NULL DEFAULT 0 CHECK (is_common IN (0, 1))
);
