-- alliance: when an organisation is settled, what it pays in advance, when it is warned.

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
