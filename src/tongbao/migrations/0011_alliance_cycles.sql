-- alliance: when an organisation is settled, what it pays in advance, when it is warned.
-- clearing: working days that the operator records.

ALTER TABLE alliance.contract
ADD COLUMN cycle text NOT NULL DEFAULT 'daily',
ADD COLUMN block bigint,
ADD COLUMN replenish_below bigint,
ADD COLUMN alert_at int[] NOT NULL DEFAULT '{800000,950000}',
ADD CONSTRAINT contract_cycle CHECK (cycle IN ('on_demand', 'daily', 'weekly', 'monthly')),
ADD CONSTRAINT contract_block CHECK (block IS NULL OR (block >= 1 AND prepaid_share > 0)),
ADD CONSTRAINT contract_replenish CHECK (
  replenish_below IS NULL OR (replenish_below >= 1 AND block IS NOT NULL)
),
ADD CONSTRAINT contract_alert CHECK (
  cardinality(alert_at) <= 8 AND 1 <= ALL(alert_at) AND 1000000 >= ALL(alert_at)
);

-- What the operator has recorded of working days; it goes before what the library knows.
-- A year that was recorded as a whole: its other days are what their weekday says.
CREATE TABLE clearing.calendar_year (
  year int PRIMARY KEY,
  recorded_by text NOT NULL,
  recorded_at timestamptz NOT NULL
);

-- Days that are not what their weekday says; recorded_with is the year they were announced with.
CREATE TABLE clearing.calendar_day (
  day date PRIMARY KEY,
  working boolean NOT NULL,
  name text NOT NULL,
  recorded_with int,
  recorded_by text NOT NULL,
  recorded_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON clearing.calendar_year TO tongbao_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON clearing.calendar_day TO tongbao_app;

-- Levels that are reached now, each with the subject of its exception item.
CREATE TABLE clearing.alert (
  organisation_id bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  level int NOT NULL,
  subject text NOT NULL,
  raised_at timestamptz NOT NULL,
  PRIMARY KEY (organisation_id, kind, level),
  CONSTRAINT alert_kind CHECK (kind IN ('headroom', 'replenishment'))
);

GRANT SELECT, INSERT, DELETE ON clearing.alert TO tongbao_app;
