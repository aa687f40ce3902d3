-- name: insert_limit
INSERT INTO points.velocity_limit (
  subject, measure, span, organisation_id, valid_from, uses, points, set_by, set_at, reason
)
VALUES (
  %(subject)s, %(measure)s, %(span)s, %(organisation)s, %(valid_from)s, %(uses)s, %(points)s,
  %(by)s, %(at)s, %(reason)s
)
RETURNING id, subject, measure, span, organisation_id, valid_from, uses, points, set_by, set_at,
  reason;

-- name: insert_step_up
INSERT INTO points.step_up (
  proof, organisation_id, valid_from, points, set_by, set_at, reason
)
VALUES (
  %(proof)s, %(organisation)s, %(valid_from)s, %(points)s, %(by)s, %(at)s, %(reason)s
)
RETURNING id, proof, organisation_id, valid_from, points, set_by, set_at, reason;

-- name: newest_limit
SELECT id, subject, measure, span, organisation_id, valid_from, uses, points, set_by, set_at,
  reason
FROM points.velocity_limit
WHERE
  subject = %(subject)s AND measure = %(measure)s AND span = %(span)s
  AND organisation_id IS NOT DISTINCT FROM %(organisation)s::bigint
ORDER BY valid_from DESC
LIMIT 1;

-- name: newest_step_up
SELECT id, proof, organisation_id, valid_from, points, set_by, set_at, reason
FROM points.step_up
WHERE proof = %(proof)s AND organisation_id IS NOT DISTINCT FROM %(organisation)s::bigint
ORDER BY valid_from DESC
LIMIT 1;

-- name: list_limits
SELECT id, subject, measure, span, organisation_id, valid_from, uses, points, set_by, set_at,
  reason
FROM points.velocity_limit
WHERE
  id > %(after)s
  AND (
    %(organisation)s::bigint IS NULL OR organisation_id IS NULL
    OR organisation_id = %(organisation)s
  )
ORDER BY id
LIMIT %(limit)s;

-- name: list_step_ups
SELECT id, proof, organisation_id, valid_from, points, set_by, set_at, reason
FROM points.step_up
WHERE
  id > %(after)s
  AND (
    %(organisation)s::bigint IS NULL OR organisation_id IS NULL
    OR organisation_id = %(organisation)s
  )
ORDER BY id
LIMIT %(limit)s;

-- name: set_own_limit
INSERT INTO points.own_limit (member_id, day_points, set_at)
VALUES (%(member)s, %(points)s, %(at)s)
ON CONFLICT (member_id) DO UPDATE
  SET day_points = excluded.day_points, set_at = excluded.set_at;

-- name: delete_own_limit
DELETE FROM points.own_limit WHERE member_id = %(member)s;

-- name: get_own_limit
SELECT day_points FROM points.own_limit WHERE member_id = %(member)s;
