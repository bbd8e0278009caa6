-- SPDX-License-Identifier: MIT
-- Words on their way to becoming cards; a worker takes the pending one of the
-- highest priority. A word that fails max_retries times is quarantined.
CREATE TABLE processing_queue (
  id            INTEGER PRIMARY KEY,
  batch_id      INTEGER NOT NULL REFERENCES import_batches (id),
  vocabulary_id INTEGER NOT NULL REFERENCES vocabulary (id),
  status        TEXT    NOT NULL DEFAULT 'pending'
                CHECK (status IN ('pending', 'in_progress', 'completed',
                                  'failed', 'quarantined')),
  priority      INTEGER NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 10),
  retry_count   INTEGER NOT NULL DEFAULT 0,
  max_retries   INTEGER NOT NULL DEFAULT 3,
  error_message TEXT,
  queued_at     TEXT    NOT NULL,
  started_at    TEXT,
  completed_at  TEXT
);
