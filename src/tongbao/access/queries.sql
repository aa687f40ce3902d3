-- name: insert_key
-- What takes another's place is bound as that was: where requests had to be signed, they have to.
INSERT INTO access.api_key (
  organisation_id, role, scopes, name, digest, created_by, created_at, expires_at, replaces,
  signing_required, rate_limit
)
SELECT
  %(organisation)s, %(role)s, %(scopes)s::text[], %(name)s, %(digest)s, %(by)s, %(at)s,
  %(expires_at)s, %(replaces)s, coalesce(old.signing_required, FALSE), old.rate_limit
FROM (SELECT 1) AS one
LEFT JOIN access.api_key AS old ON old.id = %(replaces)s
RETURNING id, organisation_id, role, scopes, name, created_by, created_at, expires_at, replaces,
  revoked_by, revoked_at, last_used_at, signing IS NOT NULL AS signs, signing_required, rate_limit;

-- name: get_key
SELECT id, organisation_id, role, scopes, name, created_by, created_at, expires_at, replaces,
  revoked_by, revoked_at, last_used_at, signing IS NOT NULL AS signs, signing_required, rate_limit
FROM access.api_key
WHERE id = %(id)s;

-- name: lock_key
-- Whoever replaces or ends the same key at this moment waits.
SELECT id FROM access.api_key WHERE id = %(id)s FOR UPDATE;

-- name: list_keys
SELECT id, organisation_id, role, scopes, name, created_by, created_at, expires_at, replaces,
  revoked_by, revoked_at, last_used_at, signing IS NOT NULL AS signs, signing_required, rate_limit
FROM access.api_key
WHERE id > %(after)s AND (%(organisation)s::bigint IS NULL OR organisation_id = %(organisation)s)
ORDER BY id
LIMIT %(limit)s;

-- name: key_to_check
-- With the state of its organisation: what is closed is let in no more.
SELECT k.id, k.organisation_id, k.role, k.scopes, k.name, k.digest, k.expires_at, k.revoked_at,
  k.signing, k.signing_required, k.rate_limit, o.role AS organisation_role, o.status
FROM access.api_key AS k
INNER JOIN alliance.organisation AS o ON k.organisation_id = o.id
WHERE k.id = %(id)s;

-- name: end_key
UPDATE access.api_key SET expires_at = %(expires_at)s
WHERE id = %(id)s AND (expires_at IS NULL OR expires_at > %(expires_at)s);

-- name: revoke_key
UPDATE access.api_key SET revoked_by = %(by)s, revoked_at = %(at)s
WHERE id = %(id)s AND revoked_at IS NULL;

-- name: limit_key
UPDATE access.api_key SET rate_limit = %(rate_limit)s
WHERE id = %(id)s;

-- name: note_used
UPDATE access.api_key AS k SET last_used_at = v.at
FROM unnest(%(ids)s::bigint[], %(times)s::timestamptz[]) AS v (id, at)
WHERE k.id = v.id AND (k.last_used_at IS NULL OR k.last_used_at < v.at);
