-- name: operation_of_claim
SELECT p.id, p.kind, p.effective_at, p.window_id, w.closed_at, coalesce(o.name, '') AS organisation,
  t.name AS outlet, coalesce(p.organisation_id = %(organisation)s, FALSE) AS mine
FROM ledger.operation AS p
LEFT JOIN alliance.organisation AS o ON p.organisation_id = o.id
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
LEFT JOIN ledger.clearing_window AS w ON p.window_id = w.id
WHERE p.id = %(operation)s;

-- name: moved_with_mine
-- What it moved from or to this organisation: its points that came home, and the money for them.
-- Who the member is, and what others had to do with it, is not said.
SELECT m.name AS movement, m.unit, f.name AS from_name, g.name AS to_name,
  sum(t.amount)::bigint AS amount
FROM ledger.transfer AS t
INNER JOIN ledger.movement AS m ON t.movement = m.id
LEFT JOIN alliance.organisation AS f ON t.from_owner = f.id
LEFT JOIN alliance.organisation AS g ON t.to_owner = g.id
WHERE t.operation_id = %(operation)s AND %(organisation)s IN (t.from_owner, t.to_owner)
GROUP BY m.id, m.name, m.unit, f.name, g.name
ORDER BY m.id, f.name, g.name;

-- name: windows
-- How far the organisation's position moved in each window, and which settlement has paid it.
SELECT v.window_id AS id, v.net, w.opened_at, w.closed_at, s.settlement_id,
  coalesce(s.state, CASE WHEN w.closed_at IS NULL THEN 'open' ELSE 'waiting' END) AS state
FROM (
  SELECT m.window_id, sum(m.net)::bigint AS net
  FROM ledger.window_movement AS m
  WHERE m.organisation_id = %(organisation)s AND m.kind = 'clearing'
  GROUP BY m.window_id
) AS v
INNER JOIN ledger.clearing_window AS w ON v.window_id = w.id
LEFT JOIN LATERAL (
  SELECT l.settlement_id, l.state FROM clearing.leg AS l
  WHERE
    l.organisation_id = %(organisation)s AND l.through_window >= v.window_id
    AND l.state <> 'dropped'
  ORDER BY l.through_window, l.settlement_id
  LIMIT 1
) AS s ON TRUE;

-- name: moved_in_window
SELECT sum(m.net)::bigint FROM ledger.window_movement AS m
WHERE
  m.organisation_id = %(organisation)s AND m.window_id = %(through)s AND m.kind = 'clearing'
HAVING count(*) > 0;

-- name: counterparties
-- What each side owes the other by claims, refunds taken off; of it, in windows after the last
-- leg: what is not in any settlement yet. Claims are found by issuer: one look for each other.
SELECT o.id, o.name, o.code, c.owed, c.due, c.due - c.owed AS net, c.lately,
  w.opened_at AS last_at
FROM alliance.organisation AS o
CROSS JOIN LATERAL (
  SELECT coalesce(sum(v.owed), 0)::bigint AS owed, coalesce(sum(v.due), 0)::bigint AS due,
    coalesce(sum(v.due - v.owed) FILTER (WHERE v.window_id > %(settled)s), 0)::bigint AS lately,
    max(v.window_id) AS last_window
  FROM (
    SELECT a.window_id, a.claimed - a.countered AS owed, 0 AS due
    FROM ledger.claim AS a
    WHERE a.issuer_id = %(organisation)s AND a.redeemer_id = o.id
    UNION ALL
    SELECT b.window_id, 0, b.claimed - b.countered
    FROM ledger.claim AS b
    WHERE b.issuer_id = o.id AND b.redeemer_id = %(organisation)s
  ) AS v
) AS c
INNER JOIN ledger.clearing_window AS w ON c.last_window = w.id
WHERE o.id <> %(organisation)s;

-- name: claims_by_window
-- What this organisation and one other owe each other, window by window.
SELECT v.window_id AS id, w.opened_at, sum(v.owed)::bigint AS owed, sum(v.due)::bigint AS due,
  (sum(v.due) - sum(v.owed))::bigint AS net, sum(v.operations)::bigint AS operations
FROM (
  SELECT a.window_id, a.claimed - a.countered AS owed, 0 AS due,
    a.claims + a.counterclaims AS operations
  FROM ledger.claim AS a
  WHERE a.issuer_id = %(organisation)s AND a.redeemer_id = %(other)s
  UNION ALL
  SELECT b.window_id, 0, b.claimed - b.countered, b.claims + b.counterclaims
  FROM ledger.claim AS b
  WHERE b.issuer_id = %(other)s AND b.redeemer_id = %(organisation)s
) AS v
INNER JOIN ledger.clearing_window AS w ON v.window_id = w.id
GROUP BY v.window_id, w.opened_at;

-- name: operations_of_line
-- The operations behind a line of a position: here, or elsewhere with this organisation's points.
SELECT p.id, p.kind, p.effective_at, coalesce(g.name, '') AS organisation,
  coalesce(q.name, '') AS outlet, v.amount
FROM (
  SELECT t.operation_id, t.owner_id,
    sum(
      CASE WHEN t.from_owner = %(organisation)s AND %(outward)s THEN -t.amount ELSE t.amount END
    )::bigint AS amount
  FROM ledger.transfer AS t
  WHERE
    t.window_id = %(window)s AND t.movement = ANY(%(movements)s::smallint[])
    AND (
      (%(outward)s AND t.from_owner = %(organisation)s AND t.to_owner = %(counterparty)s)
      OR (%(inward)s AND t.to_owner = %(organisation)s AND t.from_owner = %(counterparty)s)
    )
  GROUP BY t.operation_id, t.owner_id
) AS v
INNER JOIN ledger.operation AS p ON v.owner_id = p.owner_id AND v.operation_id = p.id
LEFT JOIN alliance.organisation AS g ON p.organisation_id = g.id
LEFT JOIN alliance.outlet AS q ON p.outlet_id = q.id
WHERE %(ended)s::boolean IS NULL OR (p.kind IN ('expire_lots', 'close')) = %(ended)s;

-- name: settlements
-- What the organisation was paid in each settlement, or paid.
SELECT l.settlement_id AS id, s.business_date, l.through_window, l.amount, l.paid, l.state,
  CASE WHEN l.amount < 0 THEN 'pay' ELSE 'paid' END AS way
FROM clearing.leg AS l
INNER JOIN clearing.settlement AS s ON l.settlement_id = s.id
WHERE l.organisation_id = %(organisation)s;

-- name: settled_through
-- The last window that is in a settlement of the organisation.
SELECT coalesce(max(l.through_window), 0) FROM clearing.leg AS l
WHERE l.organisation_id = %(organisation)s AND l.state <> 'dropped';
