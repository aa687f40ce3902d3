-- name: used_codes
-- After the wallets are locked: whoever showed the same code for the same member has committed.
SELECT u.device_id, u.step
FROM points.code_use AS u
INNER JOIN unnest(%(devices)s::bigint[], %(steps)s::bigint[]) AS v (device_id, step)
  ON u.device_id = v.device_id AND u.step = v.step;

-- name: use_codes
-- In key order, and nothing on conflict: a code that somebody has just used shows in the count.
INSERT INTO points.code_use (device_id, step, operation_id, used_at)
SELECT v.device_id, v.step, v.operation_id, %(at)s::timestamptz
FROM unnest(%(devices)s::bigint[], %(steps)s::bigint[], %(operations)s::bigint[])
  AS v (device_id, step, operation_id)
ORDER BY v.device_id, v.step
ON CONFLICT DO NOTHING;

-- name: open_counters
-- Rows to lock, made once for each subject of a limit. Key order: no circle of waiting.
INSERT INTO points.velocity (
  subject_id, subject, terminal, of_id, measure, span, starts, uses, points
)
SELECT v.subject_id, v.subject, v.terminal, v.of_id, v.measure, v.span, %(at)s, 0, 0
FROM unnest(
  %(subject_ids)s::bigint[], %(subjects)s::text[], %(terminals)s::text[], %(of)s::bigint[],
  %(measures)s::text[], %(spans)s::text[]
) AS v (subject_id, subject, terminal, of_id, measure, span)
ORDER BY v.subject_id, v.subject, v.terminal, v.of_id, v.measure, v.span
ON CONFLICT DO NOTHING;

-- name: lock_counters
SELECT 1 FROM points.velocity AS c
INNER JOIN unnest(
  %(subject_ids)s::bigint[], %(subjects)s::text[], %(terminals)s::text[], %(of)s::bigint[],
  %(measures)s::text[], %(spans)s::text[]
) AS v (subject_id, subject, terminal, of_id, measure, span)
  ON
    c.subject_id = v.subject_id AND c.subject = v.subject AND c.terminal = v.terminal
    AND c.of_id = v.of_id AND c.measure = v.measure AND c.span = v.span
ORDER BY c.subject_id, c.subject, c.terminal, c.of_id, c.measure, c.span
FOR NO KEY UPDATE OF c;

-- name: counters
-- In a statement of its own: it sees what those have counted that the lock waited for.
SELECT c.subject_id, c.subject, c.terminal, c.of_id, c.measure, c.span, c.starts, c.uses, c.points
FROM points.velocity AS c
INNER JOIN unnest(
  %(subject_ids)s::bigint[], %(subjects)s::text[], %(terminals)s::text[], %(of)s::bigint[],
  %(measures)s::text[], %(spans)s::text[]
) AS v (subject_id, subject, terminal, of_id, measure, span)
  ON
    c.subject_id = v.subject_id AND c.subject = v.subject AND c.terminal = v.terminal
    AND c.of_id = v.of_id AND c.measure = v.measure AND c.span = v.span;

-- name: write_counters
UPDATE points.velocity AS c SET starts = v.starts, uses = v.uses, points = v.points
FROM unnest(
  %(subject_ids)s::bigint[], %(subjects)s::text[], %(terminals)s::text[], %(of)s::bigint[],
  %(measures)s::text[], %(spans)s::text[], %(starts)s::timestamptz[], %(uses)s::bigint[],
  %(points)s::bigint[]
) AS v (subject_id, subject, terminal, of_id, measure, span, starts, uses, points)
WHERE
  c.subject_id = v.subject_id AND c.subject = v.subject AND c.terminal = v.terminal
  AND c.of_id = v.of_id AND c.measure = v.measure AND c.span = v.span;

-- name: last_active
-- When members last did something themselves, or proved to be there. What others do for them
-- (an expiry, a gift received) does not count.
SELECT m.id, greatest(m.enrolled_at, (
    SELECT a.at FROM points.awake AS a WHERE a.member_id = m.id
  ), (
    SELECT o.written_at FROM ledger.operation AS o
    WHERE
      o.owner_id = m.id
      AND o.kind IN ('award', 'purchase', 'hold', 'capture', 'advice', 'refund', 'gift')
    ORDER BY o.id DESC
    LIMIT 1
  )) AS at
FROM members.member AS m
WHERE m.id = ANY(%(members)s::bigint[]);

-- name: wake
INSERT INTO points.awake (member_id, at) VALUES (%(member)s, %(at)s)
ON CONFLICT (member_id) DO UPDATE SET at = greatest(points.awake.at, excluded.at);

-- name: forget_codes
DELETE FROM points.code_use WHERE used_at < %(before)s;
