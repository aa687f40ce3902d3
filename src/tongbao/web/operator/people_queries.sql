-- name: staff
SELECT s.id, s.login, s.name, s.role, s.organisation_id, o.name AS organisation,
  CASE
    WHEN s.disabled THEN 'disabled'
    WHEN s.password IS NULL THEN 'invited'
    ELSE 'active'
  END AS status,
  CASE WHEN s.totp_since IS NULL THEN 'no' ELSE 'yes' END AS codes,
  s.created_at, s.signed_in_at
FROM access.staff AS s
INNER JOIN alliance.organisation AS o ON s.organisation_id = o.id;

-- name: count_roles
SELECT s.role, count(*) FROM access.staff AS s WHERE NOT s.disabled GROUP BY s.role;

-- name: audit
-- The log of what people did, read from its newest end. Whatever stands in an entry is searched as
-- one text, as it was written: to read the facts of each would take most of the time.
SELECT a.id, a.at, a.kind, a.by, a.subject, a.address, coalesce(o.name, '') AS organisation,
  concat_ws(E'\n', '', a.by, a.subject, a.address, o.name, a.facts::text) AS everything
FROM access.audit AS a
LEFT JOIN alliance.organisation AS o ON a.organisation_id = o.id;

-- name: told_of_entries
-- What an entry is about, and what was said, with organisations, outlets and people by name.
SELECT a.id,
  CASE
    WHEN b.id IS NOT NULL THEN 'organisation ' || b.name
    WHEN p.id IS NOT NULL THEN 'staff ' || p.name
    WHEN q.id IS NOT NULL THEN 'staff ' || q.name
    ELSE a.subject
  END AS about,
  coalesce(p.id, q.id) AS about_staff,
  nullif(
    a.facts::jsonb
    || jsonb_strip_nulls(
      jsonb_build_object('organisation', f.name, 'outlet', t.name, 'to', w.name)
    ),
    '{}'
  ) AS facts
FROM access.audit AS a
LEFT JOIN alliance.organisation AS b ON a.subject = 'organisation ' || b.id
LEFT JOIN access.staff AS p ON a.subject = 'staff ' || p.id
LEFT JOIN access.staff AS q ON regexp_replace(a.subject, '^staff ', '') = q.login
LEFT JOIN access.staff AS w ON a.facts ->> 'to' = w.login
LEFT JOIN alliance.organisation AS f ON a.facts ->> 'organisation' = f.id::text
LEFT JOIN alliance.outlet AS t ON a.facts ->> 'outlet' = t.id::text;

-- name: named
-- Who and what has one of some texts in its name.
SELECT v.kind, v.ref, v.name
FROM (
  SELECT 'organisation' AS kind, o.id::text AS ref, o.name FROM alliance.organisation AS o
  UNION ALL
  SELECT 'outlet' AS kind, t.id::text AS ref, t.name FROM alliance.outlet AS t
  UNION ALL
  SELECT 'staff' AS kind, s.id::text AS ref, s.name FROM access.staff AS s
  UNION ALL
  SELECT 'login' AS kind, s.login AS ref, s.name FROM access.staff AS s
) AS v
WHERE v.name ILIKE ANY(%(texts)s::text[])
ORDER BY v.kind, v.ref
LIMIT %(limit)s;

-- name: outstanding
-- What each issuer owes its members in points, and the reserve behind them.
SELECT o.id, o.name, o.code, -i.balance AS circulation, r.balance AS reserve
FROM alliance.organisation AS o
INNER JOIN ledger.account AS i ON o.id = i.owner_id AND i.kind = 'issued'
INNER JOIN ledger.account AS r ON o.id = r.owner_id AND r.kind = 'reserve'
WHERE i.balance <> 0;

-- name: estimates
SELECT e.id, e.through, e.method, e.made_by, e.made_at, e.reason, p.id AS proposal_id, p.state,
  p.decided_by
FROM liability.estimate AS e
INNER JOIN desk.proposal AS p ON e.id = (p.terms ->> 'estimate')::bigint
WHERE p.kind = 'liability-estimate'
ORDER BY e.id DESC
LIMIT %(limit)s;
