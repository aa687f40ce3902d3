-- name: insert_token
INSERT INTO access.token (key_id, staff_id, scopes, digest, created_at, expires_at)
VALUES (%(key)s, %(staff)s, %(scopes)s::text[], %(digest)s, %(at)s, %(expires_at)s)
RETURNING id;

-- name: token_to_check
-- With whose it is: a token ends with its key, its person and their organisation.
SELECT t.digest, t.expires_at, t.revoked_at, t.scopes, t.key_id, t.staff_id,
  o.id AS organisation_id, coalesce(k.role, s.role) AS role, coalesce(k.name, s.login) AS name,
  k.rate_limit, o.role = 'operator' AS operator, k.expires_at AS ends_at,
  o.status = 'closed' OR k.revoked_at IS NOT NULL OR coalesce(s.disabled, FALSE) AS barred
FROM access.token AS t
LEFT JOIN access.api_key AS k ON t.key_id = k.id
LEFT JOIN access.staff AS s ON t.staff_id = s.id
INNER JOIN alliance.organisation AS o
  ON o.id = coalesce(k.organisation_id, s.organisation_id)
WHERE t.id = %(id)s;

-- name: list_tokens
SELECT id, staff_id, scopes, created_at, expires_at FROM access.token
WHERE staff_id = %(staff)s AND revoked_at IS NULL AND expires_at > %(at)s
ORDER BY id DESC;

-- name: revoke_token
UPDATE access.token SET revoked_at = %(at)s
WHERE id = %(id)s AND staff_id = %(staff)s AND revoked_at IS NULL;

-- name: forget_tokens
DELETE FROM access.token WHERE expires_at <= %(at)s;
