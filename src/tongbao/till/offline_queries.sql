-- name: lock_terminal
SELECT id FROM alliance.terminal WHERE id = %(terminal)s FOR NO KEY UPDATE;

-- name: end_signers
UPDATE till.signer SET ended_at = %(at)s WHERE terminal_id = %(terminal)s AND ended_at IS NULL;

-- name: insert_signer
INSERT INTO till.signer (
  terminal_id, organisation_id, outlet_id, public_key, registered_by, registered_at
)
VALUES (%(terminal)s, %(organisation)s, %(outlet)s, %(key)s, %(by)s, %(at)s);

-- name: find_signer
SELECT id FROM till.signer WHERE terminal_id = %(terminal)s AND ended_at IS NULL;

-- name: insert_allowance
INSERT INTO till.allowance (
  signer_id, spend_points, member_points, award_amount, valid_from, valid_until, issued_by,
  issued_at
)
VALUES (
  %(signer)s, %(spend_points)s, %(member_points)s, %(award_amount)s, %(at)s, %(until)s, %(by)s,
  %(at)s
)
RETURNING id;

-- name: get_allowance
SELECT a.id AS allowance, s.organisation_id AS organisation, s.outlet_id AS outlet,
  s.terminal_id AS terminal, encode(s.public_key, 'hex') AS public_key, a.spend_points,
  a.member_points, a.award_amount, a.valid_from, a.valid_until
FROM till.allowance AS a
INNER JOIN till.signer AS s ON a.signer_id = s.id
WHERE a.id = %(id)s;

-- name: end_allowance
UPDATE till.allowance SET ended_at = %(at)s WHERE id = %(id)s AND ended_at IS NULL;

-- name: lock_allowance
-- Uploads of one allowance are taken one after the other: what is left of it is counted.
SELECT id FROM till.allowance WHERE id = %(id)s FOR NO KEY UPDATE;

-- name: allowance_to_check
-- What happened before it ended, or before its key was replaced, is still taken.
SELECT a.id, s.organisation_id, s.outlet_id, t.code, s.public_key, a.spend_points,
  a.member_points, a.award_amount, a.valid_from,
  least(a.valid_until, a.ended_at, s.ended_at) AS good_until, s.terminal_id, a.valid_until
FROM till.allowance AS a
INNER JOIN till.signer AS s ON a.signer_id = s.id
INNER JOIN alliance.terminal AS t ON s.terminal_id = t.id
WHERE a.id = %(id)s;

-- name: lines_near
-- What the teller refused has its answer under its key; what was refused here has none.
SELECT counter, hash, prev, member_id, CASE WHEN operation_id IS NULL THEN refusal END AS refusal
FROM till.offline_line
WHERE allowance_id = %(allowance)s AND counter = ANY(%(counters)s::bigint[]);

-- name: sums_of_lines
SELECT member_id, coalesce(sum(points) FILTER (WHERE kind = 'spend'), 0)::bigint AS points,
  coalesce(sum(amount) FILTER (WHERE kind = 'award'), 0)::bigint AS amount
FROM till.offline_line
WHERE allowance_id = %(allowance)s AND state <> 'refused'
GROUP BY member_id;

-- name: insert_line
INSERT INTO till.offline_line (
  allowance_id, counter, prev, hash, kind, member_id, amount, points, at, received_at, state,
  refusal
)
VALUES (
  %(allowance)s, %(counter)s, %(prev)s, %(hash)s, %(kind)s, %(member)s, %(amount)s, %(points)s,
  %(line_at)s, %(at)s, %(state)s, %(refusal)s
);

-- name: note_line
UPDATE till.offline_line
SET state = %(state)s, operation_id = %(operation)s, refusal = %(refusal)s
WHERE allowance_id = %(allowance)s AND counter = %(counter)s AND state = 'accepted';

-- name: missing_lines
SELECT n.counter
FROM generate_series(1, (
  SELECT max(l.counter) FROM till.offline_line AS l WHERE l.allowance_id = %(allowance)s
)) AS n (counter)
WHERE NOT EXISTS (
  SELECT FROM till.offline_line AS l
  WHERE l.allowance_id = %(allowance)s AND l.counter = n.counter
)
ORDER BY n.counter
LIMIT %(most)s;
