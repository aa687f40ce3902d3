-- name: outlets
-- With what each sold in some business days, summed or done since.
SELECT t.id, t.code, t.name, s.name AS site, f.name AS format,
  CASE WHEN t.open THEN 'open' ELSE 'closed' END AS state, %(first)s::date AS since,
  %(last)s::date AS until,
  (SELECT count(*) FROM alliance.terminal AS l WHERE l.outlet_id = t.id AND l.active) AS terminals,
  (
    SELECT count(*) FROM access.staff AS p
    WHERE p.organisation_id = t.organisation_id AND p.outlet_id = t.id AND NOT p.disabled
  ) AS people,
  (coalesce(b.sales, 0) + coalesce(n.sales, 0))::bigint AS sales,
  (coalesce(b.accepted, 0) + coalesce(n.accepted, 0))::bigint AS accepted
FROM alliance.outlet AS t
INNER JOIN alliance.site AS s ON t.site_id = s.id
INNER JOIN alliance.format AS f ON t.format = f.code
LEFT JOIN (
  SELECT d.outlet_id, sum(d.sales) AS sales, sum(d.accepted) AS accepted
  FROM figures.day AS d
  WHERE d.organisation_id = %(organisation)s AND d.day BETWEEN %(first)s AND %(last)s
  GROUP BY d.outlet_id
) AS b ON t.id = b.outlet_id
LEFT JOIN (
  SELECT d.outlet_id, sum(d.sales) AS sales, sum(d.accepted) AS accepted
  FROM figures.done AS d
  WHERE
    d.organisation_id = %(organisation)s AND d.id > %(after)s
    AND d.xid >= %(summed)s::text::xid8
    AND (d.effective_at AT TIME ZONE %(zone)s + %(shift)s)::date BETWEEN %(first)s AND %(last)s
  GROUP BY d.outlet_id
) AS n ON t.id = n.outlet_id
WHERE t.organisation_id = %(organisation)s;

-- name: place_of
SELECT s.name AS site, s.region, f.name AS format, b.name AS brand
FROM alliance.outlet AS t
INNER JOIN alliance.site AS s ON t.site_id = s.id
INNER JOIN alliance.format AS f ON t.format = f.code
LEFT JOIN alliance.brand AS b ON t.brand_id = b.id
WHERE t.id = %(outlet)s;

-- name: people_at
SELECT s.id, s.name, s.login, s.role,
  CASE
    WHEN s.disabled THEN 'disabled'
    WHEN s.password IS NULL THEN 'invited'
    ELSE 'active'
  END AS status
FROM access.staff AS s
WHERE s.outlet_id = %(outlet)s
ORDER BY s.name
LIMIT %(limit)s;

-- name: staff
SELECT s.id, s.login, s.name, s.role, coalesce(t.name, '') AS outlet,
  CASE
    WHEN s.disabled THEN 'disabled'
    WHEN s.password IS NULL THEN 'invited'
    ELSE 'active'
  END AS status,
  CASE WHEN s.totp_since IS NULL THEN 'no' ELSE 'yes' END AS codes,
  s.created_at, s.signed_in_at
FROM access.staff AS s
LEFT JOIN alliance.outlet AS t ON s.outlet_id = t.id
WHERE s.organisation_id = %(organisation)s;
