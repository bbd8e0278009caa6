-- SPDX-License-Identifier: MIT
-- A card shows one word of the vocabulary in one deck; tags are shared.
CREATE TABLE cards (
  id            INTEGER PRIMARY KEY,
  deck_id       INTEGER NOT NULL REFERENCES decks (id),
  vocabulary_id INTEGER NOT NULL REFERENCES vocabulary (id),
  position      INTEGER NOT NULL,
  front         TEXT    NOT NULL,
  back          TEXT    NOT NULL,
  created_at    TEXT    NOT NULL
);

CREATE TABLE tags (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE card_tags (
  card_id INTEGER NOT NULL REFERENCES cards (id),
  tag_id  INTEGER NOT NULL REFERENCES tags (id),
  PRIMARY KEY (card_id, tag_id)
) WITHOUT ROWID;
