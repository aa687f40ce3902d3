-- name: operator
SELECT id FROM alliance.organisation WHERE role = 'operator';

-- name: due_holds
SELECT owner_id, id, expires_at
FROM ledger.hold
WHERE
  remaining > 0 AND expires_at <= %(at)s
  AND (expires_at, id) > (%(after_time)s, %(after_id)s)
ORDER BY expires_at, id
LIMIT %(limit)s;

-- name: due_releases
-- A lot's id says which operation made it: its award, or a merge that took it over from another
-- lot, and so back to the award. Movement 19 is merge_pending. The limit of one keeps the planner
-- at one look into the index for each lot: it expects many more lots than there are.
WITH RECURSIVE due AS (
  SELECT owner_id, id, release_at
  FROM ledger.lot
  WHERE
    pending > 0 AND release_at <= %(at)s
    AND (release_at, id) > (%(after_time)s, %(after_id)s)
  ORDER BY release_at, id
  LIMIT %(limit)s
),

origin AS (
  SELECT owner_id, id, release_at, id AS lot_id FROM due
  UNION ALL
  SELECT o.owner_id, o.id, o.release_at, before.lot_id
  FROM origin AS o
  CROSS JOIN LATERAL (
    SELECT t.from_lot AS lot_id
    FROM ledger.operation AS p
    INNER JOIN ledger.transfer AS t ON p.owner_id = t.owner_id AND p.id = t.operation_id
    WHERE
      o.lot_id >> 10 = p.id AND p.kind = 'merge'
      AND o.lot_id = t.to_lot AND t.movement = 19
    ORDER BY t.from_lot
    LIMIT 1
  ) AS before
)

SELECT owner_id, id, release_at, min(lot_id) >> 10 AS award_id
FROM origin
GROUP BY owner_id, id, release_at
ORDER BY release_at, id;

-- name: due_lots
-- In the order in which their expiry takes them (spend order), so that no page leaves any behind.
SELECT owner_id, id, expires_at, earned_at
FROM ledger.lot
WHERE
  open AND available > 0 AND expires_at <= %(at)s
  AND (expires_at, earned_at, id) > (%(after_time)s, %(after_earned)s, %(after_id)s)
ORDER BY expires_at, earned_at, id
LIMIT %(limit)s;
