-- name: get_adjustment
SELECT id, member_id, organisation_id, points, reason, proposed_by, proposed_at, decided_by,
  decided_at, state
FROM points.adjustment
WHERE id = %(id)s;

-- name: list_adjustments
-- Oldest first: it has waited longest.
SELECT id, member_id, organisation_id, points, reason, proposed_by, proposed_at, decided_by,
  decided_at, state
FROM points.adjustment
WHERE
  id > %(after)s
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(organisation)s::bigint IS NULL OR organisation_id = %(organisation)s)
ORDER BY id
LIMIT %(limit)s;
