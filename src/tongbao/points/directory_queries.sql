-- name: outlets
SELECT o.id, o.organisation_id, s.region, o.format, o.open
FROM alliance.outlet AS o
INNER JOIN alliance.site AS s ON o.site_id = s.id
WHERE o.id = ANY(%(outlets)s::bigint[]);

-- name: organisations
SELECT id, status
FROM alliance.organisation
WHERE id = ANY(%(organisations)s::bigint[]);

-- name: contracts
SELECT organisation_id, valid_from, earn_rate, earn_step, prepaid_share, reimbursement,
  acceptance_fee, issue_fee, redemption_share, expiry_months, breakage_to, earn_on, credit_limit,
  cycle, block, replenish_below, alert_at
FROM alliance.contract
WHERE organisation_id = ANY(%(organisations)s::bigint[])
ORDER BY organisation_id ASC, valid_from DESC;

-- name: caps
SELECT subject, measure, span, coalesce(organisation_id, 0) AS organisation_id, valid_from, uses,
  points
FROM points.velocity_limit
ORDER BY subject ASC, measure ASC, span ASC, organisation_id ASC, valid_from DESC;

-- name: steps
SELECT proof, coalesce(organisation_id, 0) AS organisation_id, valid_from, points
FROM points.step_up
ORDER BY proof ASC, organisation_id ASC, valid_from DESC;
