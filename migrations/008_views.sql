-- SPDX-License-Identifier: MIT
-- What people look at: decks, the progress of a batch, money, an export.
CREATE VIEW deck_statistics AS
SELECT d.id AS deck_id, d.name,
       count(DISTINCT c.id)             AS cards,
       count(r.id)                      AS reviews,
       count(r.id) FILTER (WHERE r.rating = 1) AS lapses,
       round(avg(r.rating), 2)          AS average_rating,
       max(r.reviewed_at)               AS last_review
FROM decks AS d
LEFT JOIN cards AS c ON c.deck_id = d.id
LEFT JOIN reviews AS r ON r.card_id = c.id
GROUP BY d.id;

CREATE VIEW batch_progress AS
SELECT batch_id, status, count(*) AS words
FROM processing_queue
GROUP BY batch_id, status;

CREATE VIEW daily_usage AS
SELECT substr(created_at, 1, 10) AS day, model, stage,
       count(*)                  AS requests,
       sum(tokens)               AS tokens,
       sum(cost_microusd)        AS cost_microusd
FROM api_usage
GROUP BY day, model, stage;

CREATE VIEW card_export AS
SELECT c.id AS card_id, d.name AS deck, c.position, c.front, c.back,
       (SELECT group_concat(name, ' ')
        FROM (SELECT t.name
              FROM card_tags AS ct JOIN tags AS t ON t.id = ct.tag_id
              WHERE ct.card_id = c.id
              ORDER BY t.name)) AS tags
FROM cards AS c
JOIN decks AS d ON d.id = c.deck_id;
