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
-- With the points given and spent at each in some days.
SELECT s.id, s.code, s.name, s.kind, s.region, substr(s.region, 1, 2) AS province,
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
