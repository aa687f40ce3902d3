-- name: operation_of_claim
SELECT p.id, p.kind, p.effective_at, p.window_id, w.closed_at, o.name AS organisation,
  t.name AS outlet, p.organisation_id = %(organisation)s AS mine
FROM ledger.operation AS p
INNER JOIN alliance.organisation AS o ON p.organisation_id = o.id
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
