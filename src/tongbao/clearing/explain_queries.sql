-- name: former_leg
-- The leg before, and how much of it was paid when this one was proposed: the trail knows, even
-- if money of it came back later.
SELECT l.settlement_id, l.through_window, l.amount, coalesce((
  SELECT e.paid FROM clearing.settlement_event AS e
  WHERE
    e.settlement_id = l.settlement_id AND e.organisation_id = l.organisation_id
    AND e.id < (
      SELECT min(p.id) FROM clearing.settlement_event AS p
      WHERE p.settlement_id = %(settlement)s
    )
  ORDER BY e.id DESC
  LIMIT 1
), l.paid) AS paid
FROM clearing.leg AS l
WHERE
  l.organisation_id = %(organisation)s AND l.settlement_id < %(settlement)s
  AND l.state <> 'dropped'
ORDER BY l.settlement_id DESC
LIMIT 1;

-- name: moved_in_windows
SELECT window_id, sum(net)::bigint AS amount FROM ledger.window_movement
WHERE
  organisation_id = %(organisation)s AND kind = 'clearing'
  AND window_id > %(after)s AND window_id <= %(through)s
GROUP BY window_id
ORDER BY window_id;

-- name: lines_of_organisation
-- Transfers of whole windows are read: there is no index by organisation on the hot table, and
-- an explanation is asked for now and then. What a reserve pays is no line of the issuer's.
WITH moved AS (
  SELECT t.window_id, t.owner_id, t.operation_id, t.movement, t.to_owner AS counterparty_id,
    FALSE AS due, -t.amount AS amount
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id AND m.from_kind = 'clearing'
  WHERE
    t.window_id > %(after)s AND t.window_id <= %(through)s
    AND t.from_owner = %(organisation)s AND t.movement BETWEEN 40 AND 59
  UNION ALL
  SELECT t.window_id, t.owner_id, t.operation_id, t.movement, t.from_owner, TRUE, t.amount
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id AND m.to_kind = 'clearing'
  WHERE
    t.window_id > %(after)s AND t.window_id <= %(through)s
    AND t.to_owner = %(organisation)s AND t.movement BETWEEN 40 AND 59
),

said AS (
  SELECT v.window_id, v.operation_id, v.amount,
    nullif(v.counterparty_id, %(organisation)s) AS counterparty_id,
    CASE v.movement
      WHEN 40 THEN CASE WHEN v.due THEN 'claim_due' ELSE 'claim_owed' END
      WHEN 41 THEN 'claim_due'
      WHEN 42 THEN CASE WHEN v.due THEN 'counterclaim_due' ELSE 'counterclaim_owed' END
      WHEN 44 THEN 'reserve_funded'
      WHEN 45 THEN CASE WHEN o.id IS NULL THEN 'reserve_released' ELSE 'breakage' END
      WHEN 46 THEN 'acceptance_fee'
      WHEN 47 THEN 'acceptance_fee_back'
      WHEN 48 THEN 'issue_fee'
      WHEN 49 THEN 'issue_fee_back'
      WHEN 51 THEN 'shared_loss'
      WHEN 55 THEN 'shared_loss'
      WHEN 52 THEN 'dispute'
    END AS kind
  FROM moved AS v
  LEFT JOIN ledger.operation AS o
    ON
      v.movement = 45 AND v.owner_id = o.owner_id AND v.operation_id = o.id
      AND o.kind IN ('expire_lots', 'close')
)

SELECT window_id, kind, counterparty_id, sum(amount)::bigint AS amount,
  count(DISTINCT operation_id) AS operations
FROM said
GROUP BY window_id, kind, counterparty_id
ORDER BY window_id ASC, kind ASC, abs(sum(amount)) DESC, counterparty_id ASC;

-- name: operations_of_line
-- The single claims: one row for each operation, in the order of the journal.
SELECT o.id AS operation_id, o.owner_id, o.kind, o.written_at, o.effective_at,
  sum(
    CASE WHEN t.from_owner = %(organisation)s AND %(outward)s THEN -t.amount ELSE t.amount END
  )::bigint AS amount
FROM ledger.transfer AS t
INNER JOIN ledger.operation AS o ON t.owner_id = o.owner_id AND t.operation_id = o.id
WHERE
  t.window_id = %(window)s AND t.movement = ANY(%(movements)s::smallint[])
  AND t.operation_id > %(after)s
  AND (
    (%(outward)s AND t.from_owner = %(organisation)s AND t.to_owner = %(counterparty)s)
    OR (%(inward)s AND t.to_owner = %(organisation)s AND t.from_owner = %(counterparty)s)
  )
  AND (%(ended)s::boolean IS NULL OR (o.kind IN ('expire_lots', 'close')) = %(ended)s)
GROUP BY o.id, o.owner_id, o.kind, o.written_at, o.effective_at
ORDER BY o.id
LIMIT %(limit)s;
