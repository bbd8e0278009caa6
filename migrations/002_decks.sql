-- SPDX-License-Identifier: MIT
-- A deck is what a learner studies: an ordered collection of cards.
CREATE TABLE decks (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL DEFAULT '',
  created_at  TEXT NOT NULL
);
