-- name: count_guess
-- A window begins with its first try and ends after its time, however often is tried in it.
INSERT INTO access.guess AS g (kind, subject, since, count)
VALUES (%(kind)s, %(subject)s, %(at)s, 1)
ON CONFLICT (kind, subject) DO UPDATE
SET
  since = CASE WHEN g.since <= %(begin)s THEN excluded.since ELSE g.since END,
  count = CASE WHEN g.since <= %(begin)s THEN 1 ELSE least(g.count, 1000000) + 1 END
RETURNING since, count;

-- name: guesses_so_far
SELECT since, count FROM access.guess
WHERE kind = %(kind)s AND subject = %(subject)s AND since > %(begin)s;

-- name: forgive_guess
DELETE FROM access.guess WHERE kind = %(kind)s AND subject = %(subject)s;

-- name: forget_guesses
DELETE FROM access.guess WHERE since < %(before)s;
