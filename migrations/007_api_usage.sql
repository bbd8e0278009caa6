-- SPDX-License-Identifier: MIT
-- One row per request to the language model, and what may be spent on it.
-- Money is counted in millionths of a dollar, so that sums are exact.
CREATE TABLE api_usage (
  id             INTEGER PRIMARY KEY,
  request_id     TEXT    NOT NULL UNIQUE,
  model          TEXT    NOT NULL,
  stage          INTEGER NOT NULL CHECK (stage IN (1, 2)),
  tokens         INTEGER NOT NULL,
  cost_microusd  INTEGER NOT NULL,
  status         TEXT    NOT NULL DEFAULT 'ok' CHECK (status IN ('ok', 'error')),
  created_at     TEXT    NOT NULL
);

CREATE TABLE api_quotas (
  model                 TEXT PRIMARY KEY,
  daily_tokens          INTEGER NOT NULL,
  monthly_cost_microusd INTEGER NOT NULL
) WITHOUT ROWID;
