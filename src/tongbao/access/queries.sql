-- name: insert_key
INSERT INTO access.api_key (
  organisation_id, role, scopes, name, digest, created_by, created_at, expires_at, replaces
)
VALUES (
  %(organisation)s, %(role)s, %(scopes)s::text[], %(name)s, %(digest)s, %(by)s, %(at)s,
  %(expires_at)s, %(replaces)s
)
RETURNING id, organisation_id, role, scopes, name, created_by, created_at, expires_at, replaces,
  revoked_by, revoked_at, last_used_at;

-- name: get_key
SELECT id, organisation_id, role, scopes, name, created_by, created_at, expires_at, replaces,
  revoked_by, revoked_at, last_used_at
FROM access.api_key
WHERE id = %(id)s;

-- name: lock_key
-- Whoever replaces or ends the same key at this moment waits.
SELECT id FROM access.api_key WHERE id = %(id)s FOR UPDATE;

-- name: list_keys
SELECT id, organisation_id, role, scopes, name, created_by, created_at, expires_at, replaces,
  revoked_by, revoked_at, last_used_at
FROM access.api_key
WHERE id > %(after)s AND (%(organisation)s::bigint IS NULL OR organisation_id = %(organisation)s)
ORDER BY id
LIMIT %(limit)s;

-- name: key_to_check
-- With the state of its organisation: what is closed is let in no more.
SELECT k.id, k.organisation_id, k.role, k.scopes, k.digest, k.expires_at, k.revoked_at,
  o.role AS organisation_role, o.status
FROM access.api_key AS k
INNER JOIN alliance.organisation AS o ON k.organisation_id = o.id
WHERE k.id = %(id)s;

-- name: end_key
UPDATE access.api_key SET expires_at = %(expires_at)s
WHERE id = %(id)s AND (expires_at IS NULL OR expires_at > %(expires_at)s);

-- name: revoke_key
UPDATE access.api_key SET revoked_by = %(by)s, revoked_at = %(at)s
WHERE id = %(id)s AND revoked_at IS NULL;

-- name: note_used
UPDATE access.api_key AS k SET last_used_at = v.at
FROM unnest(%(ids)s::bigint[], %(times)s::timestamptz[]) AS v (id, at)
WHERE k.id = v.id AND (k.last_used_at IS NULL OR k.last_used_at < v.at);
