-- name: insert_session
INSERT INTO access.session (
  staff_id, digest, means, device, address, entered, created_at, seen_at, expires_at
)
VALUES (
  %(staff)s, %(digest)s, %(means)s, %(device)s, %(address)s, %(entered)s, %(at)s, %(at)s,
  %(expires_at)s
)
RETURNING id;

-- name: session_to_check
-- With who it is and whether the organisation is still there.
SELECT x.id, x.staff_id, x.digest, x.entered, x.created_at, x.seen_at, x.expires_at,
  x.stepped_up_at, x.revoked_at, s.organisation_id, s.login, s.name, s.role, s.outlet_id,
  s.member_id, s.totp_since IS NOT NULL AS totp, o.role = 'operator' AS operator,
  s.disabled OR o.status = 'closed' AS barred
FROM access.session AS x
INNER JOIN access.staff AS s ON x.staff_id = s.id
INNER JOIN alliance.organisation AS o ON s.organisation_id = o.id
WHERE x.id = %(id)s;

-- name: touch_session
UPDATE access.session SET seen_at = %(at)s WHERE id = %(id)s AND seen_at < %(at)s;

-- name: step_up
UPDATE access.session
SET entered = TRUE, stepped_up_at = %(at)s, seen_at = %(at)s, digest = %(digest)s
WHERE id = %(id)s AND revoked_at IS NULL;

-- name: list_sessions
SELECT id, staff_id, means, device, address, entered, created_at, seen_at, expires_at,
  stepped_up_at
FROM access.session
WHERE
  staff_id = %(staff)s AND revoked_at IS NULL
  AND expires_at > %(at)s AND seen_at > %(idle_since)s
ORDER BY seen_at DESC, id DESC
LIMIT %(limit)s;

-- name: revoke_session
UPDATE access.session SET revoked_by = %(by)s, revoked_at = %(at)s
WHERE id = %(id)s AND staff_id = %(staff)s AND revoked_at IS NULL;

-- name: revoke_tokens
UPDATE access.token SET revoked_at = %(at)s WHERE staff_id = %(staff)s AND revoked_at IS NULL;

-- name: revoke_sessions
UPDATE access.session SET revoked_by = %(by)s, revoked_at = %(at)s
WHERE staff_id = %(staff)s AND revoked_at IS NULL AND id <> %(kept)s;
