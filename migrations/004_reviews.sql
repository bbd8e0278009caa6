-- SPDX-License-Identifier: MIT
-- Every answer of a learner: 1 = again, 2 = hard, 3 = good, 4 = easy.
CREATE TABLE reviews (
  id            INTEGER PRIMARY KEY,
  card_id       INTEGER NOT NULL REFERENCES cards (id),
  rating        INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 4),
  interval_days INTEGER NOT NULL CHECK (interval_days >= 0),
  reviewed_at   TEXT    NOT NULL,
  due_at        TEXT    NOT NULL
);
