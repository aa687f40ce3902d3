-- name: provinces
-- Of each province what is there, and the points given and spent at its outlets in some days.
SELECT substr(s.region, 1, 2) AS province, count(DISTINCT s.id) AS sites,
  count(DISTINCT t.id) AS outlets, coalesce(sum(d.volume), 0)::bigint AS volume
FROM alliance.site AS s
LEFT JOIN alliance.outlet AS t ON s.id = t.site_id AND t.open
LEFT JOIN (
  SELECT outlet_id, sum(issued + accepted) AS volume
  FROM figures.day
  WHERE day BETWEEN %(first)s AND %(last)s
  GROUP BY outlet_id
) AS d ON t.id = d.outlet_id
GROUP BY substr(s.region, 1, 2);

-- name: sites
-- With the points given and spent at the outlets that are open, in some days.
SELECT s.id, s.code, s.name, s.kind, s.region, substr(s.region, 1, 2) AS province,
  %(first)s::date AS since, %(last)s::date AS until,
  count(DISTINCT t.id) AS outlets, count(DISTINCT t.organisation_id) AS organisations,
  coalesce(sum(d.issued), 0)::bigint AS issued, coalesce(sum(d.accepted), 0)::bigint AS accepted
FROM alliance.site AS s
LEFT JOIN alliance.outlet AS t ON s.id = t.site_id AND t.open
LEFT JOIN (
  SELECT outlet_id, sum(issued) AS issued, sum(accepted) AS accepted
  FROM figures.day
  WHERE day BETWEEN %(first)s AND %(last)s
  GROUP BY outlet_id
) AS d ON t.id = d.outlet_id
GROUP BY s.id, s.code, s.name, s.kind, s.region;

-- name: outlets_at
-- The outlets of a site, with the points given and spent at each in some days.
SELECT t.id, t.code, t.name, t.organisation_id, o.name AS organisation, f.name AS format,
  CASE WHEN t.open THEN 'open' ELSE 'closed' END AS state,
  coalesce(d.issued, 0)::bigint AS issued, coalesce(d.accepted, 0)::bigint AS accepted,
  %(first)s::date AS since, %(last)s::date AS until
FROM alliance.outlet AS t
INNER JOIN alliance.organisation AS o ON t.organisation_id = o.id
INNER JOIN alliance.format AS f ON t.format = f.code
LEFT JOIN (
  SELECT outlet_id, sum(issued) AS issued, sum(accepted) AS accepted
  FROM figures.day
  WHERE day BETWEEN %(first)s AND %(last)s
  GROUP BY outlet_id
) AS d ON t.id = d.outlet_id
WHERE t.site_id = %(site)s;
