-- name: insert_link
INSERT INTO access.sso_link (staff_id, issuer, email, linked_by, linked_at)
VALUES (%(staff)s, %(issuer)s, %(email)s, %(by)s, %(at)s);

-- name: delete_link
DELETE FROM access.sso_link WHERE staff_id = %(staff)s AND issuer = %(issuer)s;

-- name: list_links
SELECT staff_id, issuer, email, subject, linked_by, linked_at FROM access.sso_link
WHERE staff_id = %(staff)s
ORDER BY issuer;

-- name: find_subject
-- With what lets nobody in: a disabled person, a closed organisation.
SELECT l.staff_id, s.disabled OR o.status = 'closed' AS barred
FROM access.sso_link AS l
INNER JOIN access.staff AS s ON l.staff_id = s.id
INNER JOIN alliance.organisation AS o ON s.organisation_id = o.id
WHERE l.issuer = %(issuer)s AND l.subject = %(subject)s;

-- name: bind_subject
-- The address leads to somebody once; whoever gets the address later is not that person.
UPDATE access.sso_link AS l SET subject = %(subject)s
FROM access.staff AS s, alliance.organisation AS o
WHERE
  l.issuer = %(issuer)s AND l.email = %(email)s AND l.subject IS NULL
  AND l.staff_id = s.id AND s.organisation_id = o.id
RETURNING l.staff_id, s.disabled OR o.status = 'closed';

-- name: insert_request
INSERT INTO access.sso_request (state, browser, issuer, nonce, verifier, onward, expires_at)
VALUES (
  %(state)s, %(browser)s, %(issuer)s, %(nonce)s, %(verifier)s, %(onward)s, %(expires_at)s
);

-- name: take_request
DELETE FROM access.sso_request WHERE state = %(state)s
RETURNING browser, issuer, nonce, verifier, onward, expires_at;

-- name: forget_requests
DELETE FROM access.sso_request WHERE expires_at <= %(at)s;
