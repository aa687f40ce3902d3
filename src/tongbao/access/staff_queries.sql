-- name: insert_staff
-- The caller refuses when nothing was inserted: the name is taken.
INSERT INTO access.staff (
  organisation_id, login, name, role, outlet_id, member_id, created_by, created_at
)
VALUES (
  %(organisation)s, %(login)s, %(name)s, %(role)s, %(outlet)s, %(member)s, %(by)s, %(at)s
)
ON CONFLICT (login) DO NOTHING
RETURNING id;

-- name: get_staff
SELECT id, organisation_id, login, name, role, outlet_id, member_id, disabled,
  password IS NULL AS invited, totp_since IS NOT NULL AS totp, created_by, created_at,
  signed_in_at
FROM access.staff
WHERE id = %(id)s;

-- name: find_staff
SELECT id, organisation_id, login, name, role, outlet_id, member_id, disabled,
  password IS NULL AS invited, totp_since IS NOT NULL AS totp, created_by, created_at,
  signed_in_at
FROM access.staff
WHERE login = %(login)s;

-- name: list_staff
SELECT id, organisation_id, login, name, role, outlet_id, member_id, disabled,
  password IS NULL AS invited, totp_since IS NOT NULL AS totp, created_by, created_at,
  signed_in_at
FROM access.staff
WHERE (%(organisation)s::bigint IS NULL OR organisation_id = %(organisation)s) AND id > %(after)s
ORDER BY id
LIMIT %(limit)s;

-- name: names
SELECT login, name
FROM access.staff
WHERE
  login = ANY(%(logins)s::text[])
  AND (%(organisation)s::bigint IS NULL OR organisation_id = %(organisation)s);

-- name: lock_staff
SELECT id FROM access.staff WHERE id = %(id)s FOR NO KEY UPDATE;

-- name: change_staff
UPDATE access.staff
SET
  name = %(name)s, role = %(role)s, outlet_id = %(outlet)s, member_id = %(member)s,
  disabled = %(disabled)s
WHERE id = %(id)s;

-- name: outlet_of
SELECT organisation_id FROM alliance.outlet WHERE id = %(outlet)s;

-- name: password_of
-- With what lets nobody in: a disabled person, a closed organisation.
SELECT s.id, s.password, s.disabled OR o.status = 'closed' AS barred
FROM access.staff AS s
INNER JOIN alliance.organisation AS o ON s.organisation_id = o.id
WHERE s.login = %(login)s;

-- name: set_password
UPDATE access.staff SET password = %(password)s WHERE id = %(id)s;

-- name: note_sign_in
UPDATE access.staff SET signed_in_at = %(at)s WHERE id = %(id)s;

-- name: end_invitations
UPDATE access.invitation SET used_at = %(at)s WHERE staff_id = %(staff)s AND used_at IS NULL;

-- name: insert_invitation
INSERT INTO access.invitation (staff_id, digest, created_by, created_at, expires_at)
VALUES (%(staff)s, %(digest)s, %(by)s, %(at)s, %(expires_at)s)
RETURNING id;

-- name: take_invitation
-- Locked: of two who use the same link at once, one finds it used.
SELECT i.staff_id, i.digest, i.expires_at, i.used_at, s.login, s.disabled
FROM access.invitation AS i
INNER JOIN access.staff AS s ON i.staff_id = s.id
WHERE i.id = %(id)s
FOR UPDATE OF i;

-- name: get_totp
SELECT totp, totp_since, totp_step FROM access.staff WHERE id = %(id)s;

-- name: set_totp
UPDATE access.staff
SET totp = %(totp)s, totp_since = %(since)s, totp_step = %(step)s
WHERE id = %(id)s;

-- name: delete_recovery
DELETE FROM access.recovery WHERE staff_id = %(staff)s;

-- name: insert_recovery
INSERT INTO access.recovery (staff_id, digest)
SELECT %(staff)s, decode(v.digest, 'hex') FROM unnest(%(digests)s::text[]) AS v (digest);

-- name: use_recovery
UPDATE access.recovery SET used_at = %(at)s
WHERE staff_id = %(staff)s AND digest = %(digest)s AND used_at IS NULL;

-- name: count_recovery
SELECT count(*) FROM access.recovery WHERE staff_id = %(staff)s AND used_at IS NULL;
