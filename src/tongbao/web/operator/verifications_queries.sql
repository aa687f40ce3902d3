-- name: verifications
-- When each ended, or was asked for as long as it has not.
SELECT v.id, v.state, v.origin, coalesce(v.asked_by, '') AS asked_by, v.error,
  CASE WHEN v.incremental THEN 'new' ELSE 'whole' END AS reach,
  coalesce(v.ended_at, v.asked_at) AS at
FROM upkeep.verification AS v;

-- name: broken_laws
-- Nothing where nothing was found out.
SELECT v.id, CASE
    WHEN v.laws IS NOT NULL THEN (
      SELECT count(*) FROM json_array_elements(v.laws) AS l (law)
      WHERE NOT (l.law ->> 'holds')::boolean
    )
  END AS broken
FROM upkeep.verification AS v;
