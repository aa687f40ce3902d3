-- name: entries_by_day
-- What moved between two accounts on one business day, all members as one. What stays within the
-- members' wallets (gifts, merges) is nobody's entry.
SELECT (t.effective_at AT TIME ZONE %(zone)s)::date AS day, t.movement,
  CASE WHEN m.from_kind IN ('wallet', 'held', 'pending', 'owing') THEN 0 ELSE t.from_owner END
    AS source,
  CASE WHEN m.to_kind IN ('wallet', 'held', 'pending', 'owing') THEN 0 ELSE t.to_owner END
    AS target,
  sum(t.amount)::bigint AS amount, count(*) AS operations, max(t.operation_id) AS last_operation,
  '' AS kind
FROM ledger.transfer AS t
INNER JOIN ledger.movement AS m ON t.movement = m.id
WHERE
  t.movement NOT IN (13, 17, 18, 19, 20)
  AND t.effective_at >= %(since)s::timestamptz AND t.effective_at < %(before)s::timestamptz
  AND t.operation_id <= %(position)s::bigint
  AND (
    %(whose)s::bigint IS NULL
    OR t.from_owner = %(whose)s::bigint OR t.to_owner = %(whose)s::bigint
  )
GROUP BY day, t.movement, source, target
ORDER BY day, t.movement, source, target;

-- name: entries_one_by_one
-- The same, transfer by transfer, in the order of the journal within a day.
SELECT (t.effective_at AT TIME ZONE %(zone)s)::date AS day, t.movement,
  CASE WHEN m.from_kind IN ('wallet', 'held', 'pending', 'owing') THEN 0 ELSE t.from_owner END
    AS source,
  CASE WHEN m.to_kind IN ('wallet', 'held', 'pending', 'owing') THEN 0 ELSE t.to_owner END
    AS target,
  t.amount, 1 AS operations, t.operation_id AS last_operation, o.kind
FROM ledger.transfer AS t
INNER JOIN ledger.movement AS m ON t.movement = m.id
INNER JOIN ledger.operation AS o ON t.owner_id = o.owner_id AND t.operation_id = o.id
WHERE
  t.movement NOT IN (13, 17, 18, 19, 20)
  AND t.effective_at >= %(since)s::timestamptz AND t.effective_at < %(before)s::timestamptz
  AND t.operation_id <= %(position)s::bigint
  AND (
    %(whose)s::bigint IS NULL
    OR t.from_owner = %(whose)s::bigint OR t.to_owner = %(whose)s::bigint
  )
ORDER BY day, t.operation_id, t.n, t.owner_id;

-- name: moved_before
-- What every account held before a moment: the sum of its transfers up to then.
SELECT s.owner_id, s.kind, s.unit, sum(s.amount)::bigint AS amount
FROM (
  SELECT CASE WHEN m.from_kind IN ('wallet', 'held', 'pending', 'owing') THEN 0 ELSE t.from_owner
    END AS owner_id, m.from_kind AS kind, m.unit, -t.amount AS amount
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  WHERE t.effective_at < %(since)s::timestamptz AND t.operation_id <= %(position)s::bigint
  UNION ALL
  SELECT CASE WHEN m.to_kind IN ('wallet', 'held', 'pending', 'owing') THEN 0 ELSE t.to_owner
    END, m.to_kind, m.unit, t.amount
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  WHERE t.effective_at < %(since)s::timestamptz AND t.operation_id <= %(position)s::bigint
) AS s
WHERE %(whose)s::bigint IS NULL OR s.owner_id = %(whose)s::bigint
GROUP BY s.owner_id, s.kind, s.unit
HAVING sum(s.amount) <> 0
ORDER BY s.unit, s.kind, s.owner_id;

-- name: balances_at
-- What every account held at the end, from the balances that the ledger keeps: less what has
-- moved since then. So it does not hang on the entries that are exported.
SELECT s.owner_id, s.kind, s.unit, sum(s.amount)::bigint AS amount
FROM (
  SELECT CASE WHEN a.kind IN ('wallet', 'held', 'pending', 'owing') THEN 0 ELSE a.owner_id
    END AS owner_id, a.kind, a.unit, a.balance AS amount
  FROM ledger.account AS a
  UNION ALL
  SELECT CASE WHEN m.from_kind IN ('wallet', 'held', 'pending', 'owing') THEN 0 ELSE t.from_owner
    END, m.from_kind, m.unit, t.amount
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  WHERE t.effective_at >= %(before)s::timestamptz OR t.operation_id > %(position)s::bigint
  UNION ALL
  SELECT CASE WHEN m.to_kind IN ('wallet', 'held', 'pending', 'owing') THEN 0 ELSE t.to_owner
    END, m.to_kind, m.unit, -t.amount
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  WHERE t.effective_at >= %(before)s::timestamptz OR t.operation_id > %(position)s::bigint
) AS s
WHERE %(whose)s::bigint IS NULL OR s.owner_id = %(whose)s::bigint
GROUP BY s.owner_id, s.kind, s.unit
ORDER BY s.unit, s.kind, s.owner_id;
