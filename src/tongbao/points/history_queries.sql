-- name: of_organisation
-- Newest first, by the index of what an organisation's outlets did.
SELECT p.id, p.kind, p.owner_id, p.organisation_id, t.code AS outlet, p.original_id, p.points,
  p.cash, p.written_at, p.effective_at, p.data ->> 'reference' AS reference
FROM ledger.operation AS p
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
WHERE
  p.organisation_id = %(organisation)s AND p.id < %(before)s
  AND (%(outlet)s::bigint IS NULL OR p.outlet_id = %(outlet)s)
  AND p.effective_at >= %(since)s AND p.effective_at < %(until)s
ORDER BY p.id DESC
LIMIT %(limit)s;

-- name: of_everybody
SELECT p.id, p.kind, p.owner_id, p.organisation_id, t.code AS outlet, p.original_id, p.points,
  p.cash, p.written_at, p.effective_at, p.data ->> 'reference' AS reference
FROM ledger.operation AS p
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
WHERE p.id < %(before)s AND p.effective_at >= %(since)s AND p.effective_at < %(until)s
ORDER BY p.id DESC
LIMIT %(limit)s;

-- name: of_member
-- And of the memberships that live on in it.
WITH RECURSIVE family AS (
  SELECT m.id FROM members.member AS m WHERE m.id = %(member)s
  UNION ALL
  SELECT m.id FROM members.member AS m
  INNER JOIN family ON m.merged_into = family.id
)

SELECT p.id, p.kind, p.owner_id, p.organisation_id, t.code AS outlet, p.original_id, p.points,
  p.cash, p.written_at, p.effective_at, p.data ->> 'reference' AS reference
FROM family AS f
INNER JOIN ledger.operation AS p ON f.id = p.owner_id
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
WHERE
  p.id < %(before)s
  AND (%(organisation)s::bigint IS NULL OR p.organisation_id = %(organisation)s)
  AND (%(outlet)s::bigint IS NULL OR p.outlet_id = %(outlet)s)
  AND (%(reference)s::text IS NULL OR p.data ->> 'reference' = %(reference)s)
  AND p.effective_at >= %(since)s AND p.effective_at < %(until)s
ORDER BY p.id DESC
LIMIT %(limit)s;

-- name: of_reference
-- By the index of references; one receipt has few operations.
SELECT p.id, p.kind, p.owner_id, p.organisation_id, t.code AS outlet, p.original_id, p.points,
  p.cash, p.written_at, p.effective_at, p.data ->> 'reference' AS reference
FROM ledger.operation AS p
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
WHERE
  p.data ->> 'reference' = %(reference)s AND p.id < %(before)s
  AND (%(organisation)s::bigint IS NULL OR p.organisation_id = %(organisation)s)
  AND (%(outlet)s::bigint IS NULL OR p.outlet_id = %(outlet)s)
  AND p.effective_at >= %(since)s AND p.effective_at < %(until)s
ORDER BY p.id DESC
LIMIT %(limit)s;
