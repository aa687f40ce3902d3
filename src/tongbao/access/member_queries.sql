-- name: delete_codes
DELETE FROM access.one_time_code WHERE subject = %(subject)s AND purpose = %(purpose)s;

-- name: insert_code
INSERT INTO access.one_time_code (purpose, subject, digest, created_at, expires_at)
VALUES (%(purpose)s, %(subject)s, %(digest)s, %(at)s, %(expires_at)s);

-- name: lock_code
-- Locked: whoever gives the same code at the same time waits, and finds it gone.
SELECT id, digest, expires_at, attempts FROM access.one_time_code
WHERE subject = %(subject)s AND purpose = %(purpose)s
ORDER BY id DESC
LIMIT 1
FOR UPDATE;

-- name: count_try
UPDATE access.one_time_code SET attempts = attempts + 1 WHERE id = %(id)s;

-- name: forget_codes
DELETE FROM access.one_time_code WHERE expires_at <= %(at)s;

-- name: next_device
SELECT nextval('access.device_id_seq');

-- name: insert_device
INSERT INTO access.device (id, member_id, name, secret, created_at, seen_at)
OVERRIDING SYSTEM VALUE
VALUES (%(id)s, %(member)s, %(name)s, %(secret)s, %(at)s, %(at)s);

-- name: device_secret
-- A member who was merged or closed has no devices any more.
SELECT d.member_id, d.secret FROM access.device AS d
INNER JOIN members.member AS m ON d.member_id = m.id
WHERE d.id = %(id)s AND d.revoked_at IS NULL AND m.status IN ('active', 'suspended');

-- name: list_devices
SELECT id, member_id, name, created_at, seen_at, revoked_at FROM access.device
WHERE member_id = %(member)s AND revoked_at IS NULL
ORDER BY seen_at DESC, id DESC;

-- name: revoke_device
UPDATE access.device SET revoked_at = %(at)s
WHERE id = %(id)s AND member_id = %(member)s AND revoked_at IS NULL;

-- name: revoke_device_sessions
UPDATE access.member_session SET revoked_at = %(at)s
WHERE device_id = %(id)s AND revoked_at IS NULL;

-- name: insert_member_session
INSERT INTO access.member_session (
  member_id, device_id, digest, address, created_at, seen_at, expires_at, proved_at
)
VALUES (
  %(member)s, %(device)s, %(digest)s, %(address)s, %(at)s, %(at)s, %(expires_at)s, %(at)s
)
RETURNING id;

-- name: member_session_to_check
SELECT s.id, s.member_id, s.device_id, s.digest, s.created_at, s.seen_at, s.expires_at,
  s.proved_at,
  s.revoked_at IS NOT NULL OR m.status NOT IN ('active', 'suspended') AS barred
FROM access.member_session AS s
INNER JOIN members.member AS m ON s.member_id = m.id
WHERE s.id = %(id)s;

-- name: touch_member_session
UPDATE access.member_session SET seen_at = %(at)s WHERE id = %(id)s AND seen_at < %(at)s;

-- name: touch_device
UPDATE access.device SET seen_at = %(at)s WHERE id = %(id)s AND seen_at < %(at)s;

-- name: prove_member_session
UPDATE access.member_session SET proved_at = %(at)s, seen_at = %(at)s, digest = %(digest)s
WHERE id = %(id)s AND revoked_at IS NULL;
