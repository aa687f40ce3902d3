-- name: organisation_names
SELECT id, name FROM alliance.organisation WHERE id = ANY(%(organisations)s::bigint[]);

-- name: open_holds
-- Holds of an outlet that may still be captured, newest first: its operations name it.
SELECT p.id, p.points, h.remaining, h.expires_at, p.effective_at,
  p.data ->> 'reference' AS reference
FROM ledger.operation AS p
INNER JOIN ledger.hold AS h ON p.owner_id = h.owner_id AND p.id = h.id
WHERE
  p.organisation_id = %(organisation)s AND p.outlet_id = %(outlet)s AND p.kind = 'hold'
  AND h.remaining > 0 AND h.expires_at > %(at)s AND p.written_at > %(at)s - interval '32 days'
ORDER BY p.id DESC
LIMIT 100;

-- name: receipt_served
SELECT s.name FROM access.staff AS s WHERE s.login = %(login)s;

-- name: receipt_row
SELECT p.id, p.outlet_id, p.organisation_id FROM ledger.operation AS p WHERE p.id = %(id)s;

-- name: receipts
-- What was done at an outlet, read from its newest end. The coalesce tells the planner nothing: it
-- would take an organisation's only outlet for a few rows, and read and sort all.
SELECT p.id, p.kind, nullif(p.points, 0) AS points, nullif(p.cash, 0) AS cash, p.effective_at,
  coalesce(p.data ->> 'reference', '') AS reference, %(till)s::text AS till
FROM ledger.operation AS p
WHERE p.organisation_id = %(organisation)s AND coalesce(p.outlet_id = %(outlet)s, FALSE);
