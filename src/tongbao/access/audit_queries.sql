-- name: note
INSERT INTO access.audit (
  at, kind, by, organisation_id, staff_id, key_id, member_id, subject, address, facts
)
VALUES (
  %(at)s, %(kind)s, %(by)s, %(organisation)s, %(staff)s, %(key)s, %(member)s, %(subject)s,
  %(address)s, %(facts)s
);

-- name: list_entries
-- Newest first: what is looked for was mostly just done.
SELECT id, at, kind, by, organisation_id, staff_id, key_id, member_id, subject, address, facts::text
FROM access.audit
WHERE
  (%(before)s::bigint IS NULL OR id < %(before)s)
  AND (%(organisation)s::bigint IS NULL OR organisation_id = %(organisation)s)
  AND (%(staff)s::bigint IS NULL OR staff_id = %(staff)s)
  AND (%(member)s::bigint IS NULL OR member_id = %(member)s)
  AND (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
ORDER BY id DESC
LIMIT %(limit)s;
