-- name: applications
SELECT a.id, a.name, a.credit_code, a.state, a.contact, a.made_at, a.changed_at, f.name AS format
FROM joining.application AS a
INNER JOIN alliance.format AS f ON a.format = f.code;

-- name: sites_near
-- Where the first outlet may stand: sites of the same prefecture.
SELECT id, name FROM alliance.site
WHERE left(region, 4) = left(%(region)s, 4)
ORDER BY name, id
LIMIT %(limit)s;
