-- name: windows
-- Closed ones since the organisation takes part: each has a statement.
SELECT w.id, w.opened_at, w.closed_at, w.id::text AS number
FROM ledger.clearing_window AS w
INNER JOIN alliance.organisation AS o ON w.closed_at > o.registered_at
WHERE w.closed_at IS NOT NULL AND o.id = %(organisation)s;

-- name: reconciliations
SELECT r.id, r.name, r.business_day, r.lines, r.matched, r.differences, r.asked_by, r.at,
  coalesce(t.name, '') AS outlet,
  CASE WHEN r.differences = 0 THEN 'balanced' ELSE 'differs' END AS state
FROM reconcile.reconciliation AS r
LEFT JOIN alliance.outlet AS t ON r.outlet_id = t.id
WHERE r.organisation_id = %(organisation)s;

-- name: differences
SELECT d.n, d.code, d.code AS advice, d.label, d.note, d.line, d.operation_id, d.till_amount,
  d.here_amount, nullif(d.till_points, 0) AS till_points,
  nullif(d.here_points, 0) AS here_points, coalesce(t.name, '') AS outlet
FROM reconcile.difference AS d
LEFT JOIN alliance.outlet AS t ON d.outlet_id = t.id
WHERE d.reconciliation_id = %(reconciliation)s;
