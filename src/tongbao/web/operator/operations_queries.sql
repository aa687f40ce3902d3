-- name: operations
-- The journal; a list of it is read from its newest end, that of one organisation or one member
-- alone where it is given. What an organisation did has no member. What neither gives nor spends
-- points, as a hold, a gift or an expiry, has moved them otherwise.
SELECT p.id, p.kind, m.id AS member_id, nullif(p.cash, 0) AS cash, p.written_at,
  p.effective_at, p.organisation_id, coalesce(o.name, '') AS organisation,
  coalesce(t.name, '') AS outlet,
  figures.otherwise(p.kind, g.kind, p.points) AS otherwise,
  CASE
    WHEN figures.otherwise(p.kind, g.kind, p.points) <> 0 THEN concat_ws('-', p.kind, g.kind)
  END AS way,
  p.data ->> 'reference' AS reference
FROM ledger.operation AS p
LEFT JOIN ledger.operation AS g ON p.kind = 'reversal' AND p.original_id = g.id
LEFT JOIN alliance.organisation AS o ON p.organisation_id = o.id
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
LEFT JOIN members.member AS m ON p.owner_id = m.id
WHERE
  (%(organisation)s::bigint IS NULL OR p.organisation_id = %(organisation)s)
  AND (%(member)s::bigint IS NULL OR p.owner_id = %(member)s);

-- name: numbers_of_operations
-- Points given and spent, as figures add them up: what is taken back is negative.
SELECT d.id, nullif(d.issued, 0) AS given, nullif(d.accepted, 0) AS spent
FROM figures.done AS d;

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

-- name: codes_of
SELECT o.id, o.code FROM alliance.organisation AS o WHERE o.id = ANY(%(ids)s::bigint[]);
