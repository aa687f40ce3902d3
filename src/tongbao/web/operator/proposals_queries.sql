-- name: decisions
-- Whatever waits for a second person, wherever it is kept.
SELECT d.ref, d.path, d.kind, d.organisation, d.amount, d.points, d.reason, d.proposed_by,
  d.proposed_at, d.member_id
FROM (
  SELECT 'proposal ' || p.id AS ref, '/operator/proposals/' || p.id AS path, p.kind,
    coalesce(o.name, '') AS organisation, (p.terms ->> 'amount')::bigint AS amount,
    NULL::bigint AS points, p.reason, p.proposed_by, p.proposed_at, NULL::bigint AS member_id
  FROM desk.proposal AS p
  LEFT JOIN alliance.organisation AS o ON p.organisation_id = o.id
  WHERE p.state = 'proposed'
  UNION ALL
  SELECT 'settlement ' || s.id AS ref, '/operator/settlements/' || s.id AS path,
    'settlement' AS kind, '' AS organisation, s.to_pay AS amount, NULL::bigint AS points,
    '' AS reason, s.proposed_by, s.proposed_at, NULL::bigint AS member_id
  FROM clearing.settlement AS s
  WHERE s.state = 'proposed'
  UNION ALL
  SELECT 'adjustment ' || j.id AS ref, '/operator/members/' || j.member_id AS path,
    'adjustment' AS kind, coalesce(o.name, '') AS organisation, NULL::bigint AS amount,
    j.points, j.reason, j.proposed_by, j.proposed_at, j.member_id
  FROM points.adjustment AS j
  LEFT JOIN alliance.organisation AS o ON j.organisation_id = o.id
  WHERE j.state = 'proposed'
) AS d;

-- name: proposals
SELECT p.id, p.kind, p.reason, p.proposed_by, p.proposed_at,
  CASE
    WHEN p.state = 'rejected' AND p.decided_by = p.proposed_by THEN 'withdrawn' ELSE p.state
  END AS state,
  coalesce(p.decided_by, '') AS decided_by, coalesce(o.name, '') AS organisation,
  (p.terms ->> 'amount')::bigint AS amount
FROM desk.proposal AS p
LEFT JOIN alliance.organisation AS o ON p.organisation_id = o.id;
