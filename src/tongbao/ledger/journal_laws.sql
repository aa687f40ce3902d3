-- The laws, 7 to 12; laws.sql has the others and says what the parameters mean.

-- name: law_07_transfers_fit_their_operation
-- why: a transfer names two accounts, so it cannot be unbalanced; it can be a stray.
SELECT f.*
FROM (
  SELECT t.owner_id, t.operation_id, t.n, t.movement, t.from_lot, t.to_lot,
    CASE
      WHEN o.id IS NULL THEN 'there is no such operation of this owner'
      WHEN m.id IS NULL THEN 'there is no such movement'
      WHEN
        t.window_id <> o.window_id
        OR t.written_at <> o.written_at OR t.effective_at <> o.effective_at
        THEN 'its window or times are not those of its operation'
      WHEN (t.from_lot IS NULL) = (m.from_kind IN ('wallet', 'held', 'pending', 'reserve'))
        THEN 'it must name the lot it takes from, and only then'
      WHEN (t.to_lot IS NULL) = (m.to_kind IN ('wallet', 'held', 'pending', 'reserve'))
        THEN 'it must name the lot it adds to, and only then'
    END AS fault
  FROM ledger.transfer AS t
  LEFT JOIN ledger.operation AS o ON t.owner_id = o.owner_id AND t.operation_id = o.id
  LEFT JOIN ledger.movement AS m ON t.movement = m.id
  WHERE t.operation_id >= %(since)s::bigint << 13
) AS f
WHERE f.fault IS NOT NULL
ORDER BY f.operation_id, f.n, f.owner_id
LIMIT %(limit)s;

-- name: law_07_lots_equal_transfers
-- why: what remains of a lot decides who owes whom when it is spent.
-- Transfers, what was verified before and (taken off) the lots are summed in one pass: joining two
-- sums of all lots takes several times the time and memory. What is left over is a fault.
WITH posted AS NOT MATERIALIZED (
  SELECT t.from_owner, t.to_owner, t.from_lot, t.to_lot, t.amount, m.from_kind, m.to_kind
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  WHERE
    t.operation_id >= %(since)s::bigint << 13
    AND NOT EXISTS (
      SELECT 1 FROM ledger.batch AS b
      WHERE
        b.id >= %(since)s::bigint AND b.id = t.operation_id >> 13
        AND pg_visible_in_snapshot(b.xid, %(snapshot)s::pg_snapshot)
    )
),

amount AS (
  SELECT from_owner AS owner_id, from_lot AS lot_id, from_kind AS kind, -amount AS amount
  FROM posted
  WHERE from_lot IS NOT NULL AND from_kind <> 'reserve'
  UNION ALL
  SELECT to_owner, to_lot, to_kind, amount
  FROM posted
  WHERE to_lot IS NOT NULL AND to_kind <> 'reserve'
  UNION ALL
  SELECT v.owner_id, v.id, s.kind, s.amount
  FROM ledger.verified_lot AS v
  CROSS JOIN LATERAL (
    VALUES ('wallet', v.available), ('held', v.held), ('pending', v.pending)
  ) AS s (kind, amount)
  WHERE %(incremental)s::boolean AND s.amount <> 0
  UNION ALL
  SELECT t.owner_id, t.id, s.kind, -s.amount
  FROM ledger.lot AS t
  CROSS JOIN LATERAL (
    VALUES ('wallet', t.available), ('held', t.held), ('pending', t.pending)
  ) AS s (kind, amount)
  WHERE t.open AND s.amount <> 0
),

wrong AS (
  SELECT owner_id, lot_id, kind, sum(amount) AS left_over
  FROM amount
  GROUP BY owner_id, lot_id, kind
  HAVING sum(amount) <> 0
)

SELECT w.owner_id, w.lot_id, w.kind, i.amount AS in_lot,
  coalesce(i.amount, 0) + w.left_over AS by_transfers
FROM wrong AS w
LEFT JOIN ledger.lot AS t ON w.owner_id = t.owner_id AND w.lot_id = t.id
CROSS JOIN LATERAL (
  SELECT
    CASE w.kind
      WHEN 'wallet' THEN t.available WHEN 'held' THEN t.held ELSE t.pending
    END AS amount
) AS i
ORDER BY owner_id, lot_id, kind
LIMIT %(limit)s;

-- name: law_07_reserves_equal_transfers
-- why: money set aside for one lot must not pay for another.
-- It moves between accounts of the issuer, so its transfers do not name the lot's member.
WITH posted AS NOT MATERIALIZED (
  SELECT t.from_lot, t.to_lot, t.amount, m.from_kind, m.to_kind
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  WHERE
    t.operation_id >= %(since)s::bigint << 13
    AND 'reserve' IN (m.from_kind, m.to_kind)
    AND NOT EXISTS (
      SELECT 1 FROM ledger.batch AS b
      WHERE
        b.id >= %(since)s::bigint AND b.id = t.operation_id >> 13
        AND pg_visible_in_snapshot(b.xid, %(snapshot)s::pg_snapshot)
    )
),

moved AS (
  SELECT from_lot AS id, -amount AS amount FROM posted WHERE from_kind = 'reserve'
  UNION ALL
  SELECT to_lot, amount FROM posted WHERE to_kind = 'reserve'
  UNION ALL
  SELECT id, reserve FROM ledger.verified_lot WHERE %(incremental)s::boolean AND reserve <> 0
),

expected AS (
  SELECT id, sum(amount) AS reserve FROM moved GROUP BY id HAVING sum(amount) <> 0
),

lot AS (
  SELECT id, sum(reserve) AS reserve FROM ledger.lot WHERE reserve <> 0 GROUP BY id
)

SELECT coalesce(l.id, e.id) AS lot_id, l.reserve, e.reserve AS reserve_by_transfers
FROM lot AS l
FULL JOIN expected AS e ON l.id = e.id
WHERE coalesce(l.reserve, 0) <> coalesce(e.reserve, 0)
ORDER BY lot_id
LIMIT %(limit)s;

-- name: law_08_one_record_each
-- why: a request that is repeated must find its answer, and never happen a second time.
-- Records of operation 0 keep the answers of what is none, such as enrolling a member.
WITH found AS (
  SELECT id, 1 AS operation, 0 AS accepted, 0 AS refused
  FROM ledger.operation
  WHERE id >= %(since)s::bigint << 13
  UNION ALL
  SELECT operation_id, 0, (NOT refused)::int, refused::int
  FROM kernel.once
  WHERE operation_id > 0 AND operation_id >= %(since)s::bigint << 13
)

SELECT id AS operation_id, sum(operation) AS operations, sum(accepted) AS records_accepted,
  sum(refused) AS records_refused
FROM found
GROUP BY id
HAVING
  (sum(operation) = 0 AND sum(accepted) > 0)
  OR (sum(operation) > 0 AND (sum(operation), sum(accepted), sum(refused)) <> (1, 1, 0))
ORDER BY operation_id
LIMIT %(limit)s;

-- name: law_09_refunds_stay_within_the_sale
-- why: a refund repeated, or of more than was sold, is money given away.
-- Refunds of one sale stand with its member, or with the membership that took its place.
WITH touched AS (
  SELECT DISTINCT original_id, owner_id
  FROM ledger.operation
  WHERE
    id >= %(since)s::bigint << 13 AND original_id IS NOT NULL AND kind IN ('refund', 'reversal')
),

sale AS (
  SELECT s.id, s.owner_id, s.data
  FROM ledger.operation AS s
  INNER JOIN (SELECT DISTINCT original_id FROM touched) AS t ON s.id = t.original_id
  WHERE s.kind IN ('purchase', 'capture', 'award', 'advice')
),

party AS (
  SELECT original_id, owner_id FROM touched
  UNION
  SELECT id, owner_id FROM sale
),

refunded AS (
  SELECT r.original_id, line.item ->> 0 AS line_id,
    sum((line.item ->> 1)::bigint) AS amount, sum((line.item ->> 2)::bigint) AS points
  FROM party AS p
  INNER JOIN ledger.operation AS r
    ON p.owner_id = r.owner_id AND p.original_id = r.original_id
  CROSS JOIN LATERAL json_array_elements(r.data -> 'lines') AS line (item)
  WHERE r.kind IN ('refund', 'reversal')
  GROUP BY r.original_id, line.item ->> 0
),

sold AS (
  SELECT s.id, line.item ->> 0 AS line_id,
    sum((line.item ->> 1)::bigint) AS amount, sum((line.item ->> 2)::bigint) AS points
  FROM sale AS s
  CROSS JOIN LATERAL json_array_elements(s.data -> 'lines') AS line (item)
  GROUP BY s.id, line.item ->> 0
)

SELECT r.original_id AS sale_id, r.line_id, s.amount AS amount_sold, r.amount AS amount_refunded,
  s.points AS points_sold, r.points AS points_refunded
FROM refunded AS r
LEFT JOIN sold AS s ON r.original_id = s.id AND r.line_id = s.line_id
WHERE r.amount > coalesce(s.amount, 0) OR r.points > coalesce(s.points, 0)
ORDER BY r.original_id, r.line_id
LIMIT %(limit)s;

-- name: law_09_captures_stay_within_the_hold
-- why: the member agreed to the hold and to no more.
WITH touched AS (
  SELECT DISTINCT original_id
  FROM ledger.operation
  WHERE id >= %(since)s::bigint << 13 AND kind = 'capture'
),

hold AS (
  SELECT h.id, h.owner_id, h.amount
  FROM ledger.hold AS h
  INNER JOIN touched AS t ON h.id = t.original_id
),

captured AS (
  SELECT c.original_id, sum(c.points) AS points
  FROM (
    SELECT id AS original_id, owner_id FROM hold
    UNION
    SELECT original_id, owner_id
    FROM ledger.operation
    WHERE id >= %(since)s::bigint << 13 AND kind = 'capture'
  ) AS party
  INNER JOIN ledger.operation AS c
    ON party.owner_id = c.owner_id AND party.original_id = c.original_id
  WHERE c.kind = 'capture'
  GROUP BY c.original_id
)

SELECT c.original_id AS hold_id, max(h.amount) AS held, c.points AS captured
FROM captured AS c
LEFT JOIN hold AS h ON c.original_id = h.id
GROUP BY c.original_id, c.points
HAVING c.points > coalesce(max(h.amount), 0)
ORDER BY c.original_id
LIMIT %(limit)s;

-- name: law_10_positions_of_a_window_sum_to_zero
-- why: what some receive at settlement, others pay; fees are somebody's too.
SELECT window_id, sum(net) AS sum_of_positions, count(*) AS positions
FROM ledger.window_movement
WHERE window_id >= %(window)s::int
GROUP BY window_id
HAVING sum(net) <> 0
ORDER BY window_id
LIMIT %(limit)s;

-- name: law_10_positions_equal_transfers
-- why: settlement pays these sums; 60 and more are settlement itself and no part of them.
WITH moved AS (
  SELECT t.from_owner AS organisation_id, t.window_id, m.from_kind AS kind, -t.amount AS amount
  FROM (
    SELECT from_owner, window_id, movement, sum(amount) AS amount
    FROM ledger.transfer
    WHERE window_id >= %(window)s::int AND movement BETWEEN 40 AND 59
    GROUP BY from_owner, window_id, movement
  ) AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  UNION ALL
  SELECT t.to_owner, t.window_id, m.to_kind, t.amount
  FROM (
    SELECT to_owner, window_id, movement, sum(amount) AS amount
    FROM ledger.transfer
    WHERE window_id >= %(window)s::int AND movement BETWEEN 40 AND 59
    GROUP BY to_owner, window_id, movement
  ) AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
),

expected AS (
  SELECT organisation_id, window_id, kind, sum(amount) AS net
  FROM moved
  GROUP BY organisation_id, window_id, kind
),

listed AS (
  SELECT * FROM ledger.window_movement WHERE window_id >= %(window)s::int
)

SELECT coalesce(l.organisation_id, e.organisation_id) AS organisation_id,
  coalesce(l.window_id, e.window_id) AS window_id, coalesce(l.kind, e.kind) AS kind,
  l.net, e.net AS net_of_transfers
FROM listed AS l
FULL JOIN expected AS e
  ON
    l.organisation_id = e.organisation_id AND l.window_id = e.window_id AND l.kind = e.kind
WHERE coalesce(l.net, 0) <> coalesce(e.net, 0)
ORDER BY window_id, organisation_id, kind
LIMIT %(limit)s;

-- name: law_11_every_batch_is_sealed_or_waits
-- why: the walk of the chain sees what has a seal; this sees what has none, or no batch.
SELECT b.id AS batch_id, s.position AS seal_position,
  CASE
    WHEN s.batch_id IS NULL THEN 'it has no seal and does not wait for one'
    ELSE 'it has a seal and still waits for one'
  END AS fault
FROM ledger.batch AS b
LEFT JOIN ledger.seal AS s ON b.id = s.batch_id
LEFT JOIN ledger.unsealed AS u ON b.id = u.batch_id
WHERE b.id >= %(since)s::bigint AND (s.batch_id IS NULL) = (u.batch_id IS NULL)
UNION ALL
SELECT u.batch_id, NULL, 'it waits for a seal but there is no such batch'
FROM ledger.unsealed AS u
WHERE NOT EXISTS (SELECT 1 FROM ledger.batch AS b WHERE b.id = u.batch_id)
UNION ALL
SELECT o.id >> 13, NULL, 'there are operations of it but no such batch'
FROM ledger.operation AS o
WHERE
  o.id >= %(since)s::bigint << 13
  AND NOT EXISTS (
    SELECT 1 FROM ledger.batch AS b WHERE b.id >= %(since)s::bigint AND b.id = o.id >> 13
  )
GROUP BY o.id >> 13
ORDER BY batch_id
LIMIT %(limit)s;

-- name: law_12_budgets_are_kept
-- why: what may be given away is decided before, not after.
SELECT owner_id, kind, balance AS left_to_give
FROM ledger.account
WHERE kind = 'budget' AND balance < 0
ORDER BY balance, owner_id
LIMIT %(limit)s;
