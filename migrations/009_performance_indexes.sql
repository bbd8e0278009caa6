-- SPDX-License-Identifier: MIT
-- The secondary indexes, each with the statement that it serves. None repeats
-- the beginning of another one, a UNIQUE constraint or a primary key, and
-- none depends on the clock.

-- Import: is this word known already?
CREATE INDEX vocabulary_by_word ON vocabulary (headword, reading);

-- A worker's next word. Finished words, by far the most, are not in it.
CREATE INDEX queue_pending ON processing_queue (batch_id, priority DESC, id)
WHERE status = 'pending';

-- Progress of one batch: counted from the index alone.
CREATE INDEX queue_by_status ON processing_queue (batch_id, status);

-- Tokens today, money this month: summed from the index alone.
CREATE INDEX usage_by_time
ON api_usage (created_at, model, stage, tokens, cost_microusd);

-- The cards of a deck, in order.
CREATE INDEX cards_by_deck ON cards (deck_id, position);

-- The answers given on a card.
CREATE INDEX reviews_by_card ON reviews (card_id, rating, reviewed_at);
