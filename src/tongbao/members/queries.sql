-- name: next_members
SELECT nextval('kernel.owner_id') FROM generate_series(1, %(count)s);

-- name: insert_members
INSERT INTO members.member (id, status, enrolled_by, enrolled_at)
SELECT i.id, 'active', %(by)s::bigint, %(at)s::timestamptz
FROM unnest(%(ids)s::bigint[]) AS i (id);

-- name: insert_identities
-- In key order, so that two enrolments never wait for each other in a circle.
INSERT INTO members.identity (kind, issuer_id, value, member_id, hint, added_at)
SELECT i.kind, i.issuer_id, i.value, i.member_id, i.hint, %(at)s::timestamptz
FROM unnest(
  %(kinds)s::text[], %(issuers)s::bigint[], %(values)s::text[],
  %(members)s::bigint[], %(hints)s::text[]
) AS i (kind, issuer_id, value, member_id, hint)
ORDER BY i.kind, i.issuer_id, i.value;

-- name: insert_identity
INSERT INTO members.identity (kind, issuer_id, value, member_id, hint, added_at)
VALUES (%(kind)s, %(issuer)s, %(value)s, %(member)s, %(hint)s, %(at)s)
ON CONFLICT DO NOTHING;

-- name: delete_identity
DELETE FROM members.identity
WHERE kind = %(kind)s AND issuer_id = %(issuer)s AND value = %(value)s;

-- name: delete_identities
DELETE FROM members.identity WHERE member_id = %(member)s;

-- name: move_identities
UPDATE members.identity SET member_id = %(target)s WHERE member_id = %(source)s;

-- name: find_identities
SELECT k.n, i.member_id
FROM unnest(%(kinds)s::text[], %(issuers)s::bigint[], %(values)s::text[])
  WITH ORDINALITY AS k (kind, issuer_id, value, n)
INNER JOIN members.identity AS i
  ON k.kind = i.kind AND k.issuer_id = i.issuer_id AND k.value = i.value;

-- name: list_identities
SELECT kind, issuer_id, hint, added_at FROM members.identity
WHERE member_id = %(member)s
ORDER BY added_at, kind, issuer_id, value;

-- name: reveal_identities
-- A phone's value is a hash, which is nobody's to see.
SELECT kind, issuer_id, nullif(value, CASE WHEN kind = 'phone' THEN value END) AS value, hint
FROM members.identity
WHERE member_id = %(member)s
ORDER BY added_at, kind, issuer_id, value;

-- name: get_member
SELECT id, status, spend_locked, merged_into, enrolled_by, enrolled_at FROM members.member
WHERE id = %(id)s;

-- name: resolve_member
-- A chain has as many links as there were merges one after the other; who was merged is never
-- merged into again, so it ends.
WITH RECURSIVE chain AS (
  SELECT m.id, m.merged_into FROM members.member AS m WHERE m.id = %(id)s
  UNION ALL
  SELECT m.id, m.merged_into FROM members.member AS m
  INNER JOIN chain ON m.id = chain.merged_into
)

SELECT m.id, m.status, m.spend_locked, m.merged_into, m.enrolled_by, m.enrolled_at
FROM members.member AS m
INNER JOIN chain ON m.id = chain.id
WHERE chain.merged_into IS NULL;

-- name: lock_member
SELECT id, status, spend_locked, merged_into, enrolled_by, enrolled_at FROM members.member
WHERE id = %(id)s
FOR NO KEY UPDATE;

-- name: set_member_status
UPDATE members.member SET status = %(status)s
WHERE id = %(id)s
RETURNING id, status, spend_locked, merged_into, enrolled_by, enrolled_at;

-- name: set_spend_lock
UPDATE members.member SET spend_locked = %(locked)s
WHERE id = %(id)s
RETURNING id, status, spend_locked, merged_into, enrolled_by, enrolled_at;

-- name: merge_member
UPDATE members.member SET status = 'merged', merged_into = %(survivor)s
WHERE id = %(id)s
RETURNING id, status, spend_locked, merged_into, enrolled_by, enrolled_at;

-- name: close_member
UPDATE members.member SET status = 'closed'
WHERE id = %(id)s
RETURNING id, status, spend_locked, merged_into, enrolled_by, enrolled_at;
