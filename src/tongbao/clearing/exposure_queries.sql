-- name: exposures
-- One page of organisations with their accounts and the terms that rule, in one statement: what it
-- says was true at one moment.
SELECT o.id, o.code, o.name, o.status,
  a.clearing, a.collateral, a.prepaid, a.guarantee, a.reserve, a.circulation,
  c.organisation_id IS NOT NULL, c.credit_limit, c.redemption_share, c.prepaid_share, c.block,
  c.replenish_below, c.alert_at
FROM (
  SELECT id, code, name, status FROM alliance.organisation
  WHERE id > %(after)s
  ORDER BY id
  LIMIT %(limit)s
) AS o
CROSS JOIN LATERAL (
  SELECT
    coalesce(sum(t.balance) FILTER (WHERE t.kind = 'clearing'), 0)::bigint AS clearing,
    coalesce(sum(t.balance) FILTER (WHERE t.kind = 'collateral'), 0)::bigint AS collateral,
    coalesce(sum(t.balance) FILTER (WHERE t.kind = 'prepaid'), 0)::bigint AS prepaid,
    coalesce(sum(t.balance) FILTER (WHERE t.kind = 'guarantee'), 0)::bigint AS guarantee,
    coalesce(sum(t.balance) FILTER (WHERE t.kind = 'reserve'), 0)::bigint AS reserve,
    coalesce(-sum(t.balance) FILTER (WHERE t.kind = 'issued'), 0)::bigint AS circulation
  FROM ledger.account AS t
  WHERE t.owner_id = o.id
) AS a
LEFT JOIN LATERAL (
  SELECT v.organisation_id, v.credit_limit, v.redemption_share, v.prepaid_share, v.block,
    v.replenish_below, v.alert_at
  FROM alliance.contract AS v
  WHERE v.organisation_id = o.id AND v.valid_from <= %(at)s
  ORDER BY v.valid_from DESC
  LIMIT 1
) AS c ON TRUE
ORDER BY o.id;

-- name: raise_alerts
-- Nothing on conflict: who raises the same at the same time waits here, and then raises nothing.
INSERT INTO clearing.alert (organisation_id, kind, level, subject, raised_at)
SELECT v.organisation_id, v.kind, v.level,
  concat_ws(
    ':', v.organisation_id, v.level, to_char(%(at)s::timestamptz, 'YYYYMMDD"T"HH24MISS.US')
  ),
  %(at)s
FROM unnest(
  %(organisations)s::bigint[], %(kinds)s::text[], %(levels)s::int[]
) AS v (organisation_id, kind, level)
ORDER BY v.organisation_id, v.kind, v.level
ON CONFLICT DO NOTHING
RETURNING organisation_id, kind, level, subject;

-- name: end_alerts
-- Those of one page of organisations that are not reached any more.
DELETE FROM clearing.alert AS a
WHERE
  a.organisation_id > %(after)s AND a.organisation_id <= %(last)s
  AND NOT EXISTS (
    SELECT 1
    FROM unnest(
      %(organisations)s::bigint[], %(kinds)s::text[], %(levels)s::int[]
    ) AS v (organisation_id, kind, level)
    WHERE v.organisation_id = a.organisation_id AND v.kind = a.kind AND v.level = a.level
  )
RETURNING a.subject, a.kind;
