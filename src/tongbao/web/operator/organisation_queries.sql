-- name: counterparties
-- With whom it has claims, in all windows: what each side owes the other, refunds taken off.
SELECT o.id, o.name, sum(c.owed)::bigint AS owed, sum(c.due)::bigint AS due
FROM (
  SELECT redeemer_id AS id, claimed - countered AS owed, 0 AS due FROM ledger.claim
  WHERE issuer_id = %(organisation)s AND redeemer_id <> %(organisation)s
  UNION ALL
  SELECT issuer_id AS id, 0 AS owed, claimed - countered AS due FROM ledger.claim
  WHERE redeemer_id = %(organisation)s AND issuer_id <> %(organisation)s
) AS c
INNER JOIN alliance.organisation AS o ON c.id = o.id
GROUP BY o.id, o.name
ORDER BY sum(c.owed) + sum(c.due) DESC, o.id
LIMIT %(limit)s;

-- name: outlets_by_region
SELECT s.region, t.id, t.code, t.name, t.open, s.name AS site, f.name AS format
FROM alliance.outlet AS t
INNER JOIN alliance.site AS s ON t.site_id = s.id
INNER JOIN alliance.format AS f ON t.format = f.code
WHERE t.organisation_id = %(organisation)s
ORDER BY s.region, t.name
LIMIT %(limit)s;

-- name: newest_operations
-- What they gave and spent is read for these alone.
SELECT p.id, p.kind, d.issued AS given, d.accepted AS spent, p.cash, p.written_at,
  p.organisation, p.outlet, p.organisation_id, figures.otherwise(p.kind, g.kind, p.points)
    AS otherwise,
  CASE
    WHEN figures.otherwise(p.kind, g.kind, p.points) <> 0 THEN concat_ws('-', p.kind, g.kind)
  END AS way
FROM (
  SELECT n.id, n.kind, n.written_at, n.organisation_id, n.cash, n.points, n.original_id,
    o.name AS organisation, t.name AS outlet
  FROM ledger.operation AS n
  INNER JOIN alliance.organisation AS o ON n.organisation_id = o.id
  LEFT JOIN alliance.outlet AS t ON n.outlet_id = t.id
  WHERE n.organisation_id = %(organisation)s
  ORDER BY n.id DESC
  LIMIT %(limit)s
) AS p
LEFT JOIN LATERAL (
  SELECT f.issued, f.accepted FROM figures.done AS f
  WHERE f.id = p.id
  ORDER BY f.id
  LIMIT 1
) AS d ON TRUE
LEFT JOIN ledger.operation AS g ON p.kind = 'reversal' AND p.original_id = g.id
ORDER BY p.id DESC;
