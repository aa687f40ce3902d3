-- name: open_holds
-- Holds of an outlet that may still be captured. Open holds are few, and have an index.
SELECT h.id, h.remaining, h.expires_at, h.written_at AS held_at,
  coalesce(p.data ->> 'reference', '') AS reference, %(till)s::text AS till
FROM ledger.hold AS h
INNER JOIN ledger.operation AS p ON h.owner_id = p.owner_id AND h.id = p.id
WHERE
  h.organisation_id = %(organisation)s AND h.outlet_id = %(outlet)s
  AND h.remaining > 0 AND h.expires_at > %(at)s;

-- name: receipt_served
SELECT s.name FROM access.staff AS s WHERE s.login = %(login)s;

-- name: receipt_row
SELECT p.id, p.outlet_id, p.organisation_id FROM ledger.operation AS p WHERE p.id = %(id)s;

-- name: receipts
-- What was done at an outlet, read from its newest end. The coalesce tells the planner nothing: it
-- would take an organisation's only outlet for a few rows, and read and sort all.
SELECT p.id, p.kind, nullif(p.points, 0) AS points, nullif(p.cash, 0) AS cash, p.effective_at,
  nullif((p.data ->> 'earned')::bigint, 0) AS earned,
  coalesce(p.data ->> 'reference', '') AS reference, %(till)s::text AS till
FROM ledger.operation AS p
WHERE p.organisation_id = %(organisation)s AND coalesce(p.outlet_id = %(outlet)s, FALSE);
