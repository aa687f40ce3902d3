-- name: operations
-- The journal; a list of it is read from its newest end. What an organisation did has no member.
SELECT p.id, p.kind, m.id AS member_id, p.points, p.cash, p.written_at, p.effective_at,
  p.organisation_id, coalesce(o.name, '') AS organisation, coalesce(t.name, '') AS outlet
FROM ledger.operation AS p
LEFT JOIN alliance.organisation AS o ON p.organisation_id = o.id
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
LEFT JOIN members.member AS m ON p.owner_id = m.id;

-- name: operations_of_member
SELECT p.id, p.kind, m.id AS member_id, p.points, p.cash, p.written_at, p.effective_at,
  p.organisation_id, coalesce(o.name, '') AS organisation, coalesce(t.name, '') AS outlet
FROM ledger.operation AS p
LEFT JOIN alliance.organisation AS o ON p.organisation_id = o.id
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
LEFT JOIN members.member AS m ON p.owner_id = m.id
WHERE p.owner_id = %(member)s;

-- name: operations_of_organisation
SELECT p.id, p.kind, m.id AS member_id, p.points, p.cash, p.written_at, p.effective_at,
  p.organisation_id, coalesce(o.name, '') AS organisation, coalesce(t.name, '') AS outlet,
  p.data ->> 'reference' AS reference
FROM ledger.operation AS p
LEFT JOIN alliance.organisation AS o ON p.organisation_id = o.id
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
LEFT JOIN members.member AS m ON p.owner_id = m.id
WHERE p.organisation_id = %(organisation)s;

-- name: find_key
-- Whoever used an idempotency key: one look into the index for each organisation.
SELECT k.operation_id
FROM alliance.organisation AS o
INNER JOIN kernel.once AS k ON o.id = k.scope
WHERE k.key = %(key)s
ORDER BY k.operation_id
LIMIT 1;

-- name: is_operation
SELECT p.id FROM ledger.operation AS p WHERE p.id = %(id)s;

-- name: is_member
SELECT m.id FROM members.member AS m WHERE m.id = %(id)s;

-- name: outlet_name_of
SELECT t.name
FROM ledger.operation AS p
INNER JOIN alliance.outlet AS t ON p.outlet_id = t.id
WHERE p.id = %(id)s;

-- name: names_of
-- What organisations are called, for pages that have only their ids.
SELECT o.id, o.name FROM alliance.organisation AS o;
