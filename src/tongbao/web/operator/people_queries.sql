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
-- What an entry is about, and what was said, with everybody and everything by name. What was done
-- over HTTP was written as a path: where that names one thing, the entry is about it. Outlets,
-- terminals, keys and webhooks stand on no page of the operator but that of their organisation.
SELECT e.id, e.subject AS about_what,
  CASE
    WHEN b.id IS NOT NULL THEN 'organisation ' || b.name
    WHEN p.id IS NOT NULL THEN 'staff ' || p.name
    WHEN q.id IS NOT NULL THEN 'staff ' || q.name
    WHEN c.id IS NOT NULL THEN 'outlet ' || c.name
    WHEN d.id IS NOT NULL THEN 'outlet ' || d.name
    WHEN l.id IS NOT NULL THEN 'terminal ' || split_part(e.ref, '/', 2) || ' · ' || l.name
    WHEN k.id IS NOT NULL THEN 'key ' || k.name
    WHEN h.id IS NOT NULL THEN 'webhook ' || h.name
    WHEN j.id IS NOT NULL THEN 'application ' || j.name
    WHEN m.shown IS NOT NULL THEN 'member ' || m.shown
    ELSE e.subject
  END AS about,
  coalesce(p.id, q.id) AS about_staff,
  coalesce(
    b.id, c.organisation_id, d.organisation_id, l.organisation_id, k.organisation_id,
    h.organisation_id
  ) AS about_organisation,
  nullif(
    e.facts::jsonb
    || jsonb_strip_nulls(
      jsonb_build_object(
        'organisation', f.name, 'outlet', t.name, 'to', w.name, 'into', i.shown
      )
    ),
    '{}'
  ) AS facts
FROM (
  SELECT s.id, s.facts, s.subject, split_part(s.subject, ' ', 1) AS what,
    substr(s.subject, strpos(s.subject, ' ') + 1) AS ref,
    substring(s.subject FROM ' (\d{1,18})$')::bigint AS number
  FROM (
    SELECT a.id, a.facts,
      CASE
        WHEN a.subject ~ '^[A-Z]+ /v1/[a-z-]+/\d+'
          AND split_part(a.subject, '/', 3) IN (
            'members', 'organisations', 'staff', 'operations', 'settlements', 'exceptions',
            'proposals', 'disputes', 'applications', 'adjustments', 'outlets', 'webhooks', 'keys',
            'reconciliations'
          )
          THEN rtrim(split_part(a.subject, '/', 3), 's') || ' ' || split_part(a.subject, '/', 4)
        ELSE a.subject
      END AS subject
    FROM access.audit AS a
  ) AS s
) AS e
LEFT JOIN alliance.organisation AS b ON e.what = 'organisation' AND e.number = b.id
LEFT JOIN access.staff AS p ON e.what = 'staff' AND e.number = p.id
LEFT JOIN access.staff AS q ON regexp_replace(e.subject, '^staff ', '') = q.login
LEFT JOIN alliance.outlet AS c ON e.what = 'outlet' AND e.ref = c.code
LEFT JOIN alliance.outlet AS d ON e.what = 'outlet' AND e.number = d.id
LEFT JOIN alliance.outlet AS l ON e.what = 'terminal' AND split_part(e.ref, '/', 1) = l.code
LEFT JOIN access.api_key AS k ON e.what = 'key' AND e.number = k.id
LEFT JOIN webhooks.endpoint AS h ON e.what = 'webhook' AND e.number = h.id
LEFT JOIN joining.application AS j ON e.what = 'application' AND e.number = j.id
LEFT JOIN access.staff AS w ON e.facts ->> 'to' = w.login
LEFT JOIN alliance.organisation AS f ON e.facts ->> 'organisation' = f.id::text
LEFT JOIN alliance.outlet AS t ON e.facts ->> 'outlet' = t.id::text
LEFT JOIN LATERAL (
  SELECT '…' || n.hint || ' (' || n.member_id || ')' AS shown
  FROM members.identity AS n
  WHERE e.what = 'member' AND n.member_id = e.number
  ORDER BY array_position(ARRAY['phone', 'card', 'external'], n.kind), n.hint
  LIMIT 1
) AS m ON TRUE
LEFT JOIN LATERAL (
  SELECT '…' || n.hint || ' (' || n.member_id || ')' AS shown
  FROM members.identity AS n
  WHERE n.member_id = substring(e.facts ->> 'into' FROM '^([0-9]{1,18})$')::bigint
  ORDER BY array_position(ARRAY['phone', 'card', 'external'], n.kind), n.hint
  LIMIT 1
) AS i ON TRUE;

-- name: named
-- Who and what has one of some texts in its name.
SELECT v.kind, v.ref, v.name
FROM (
  SELECT 'organisation' AS kind, o.id::text AS ref, o.name FROM alliance.organisation AS o
  UNION ALL
  SELECT 'outlet' AS kind, t.id::text AS ref, t.name FROM alliance.outlet AS t
  UNION ALL
  SELECT 'place' AS kind, t.code AS ref, t.name FROM alliance.outlet AS t
  UNION ALL
  SELECT 'key' AS kind, k.id::text AS ref, k.name FROM access.api_key AS k
  UNION ALL
  SELECT 'webhook' AS kind, h.id::text AS ref, h.name FROM webhooks.endpoint AS h
  UNION ALL
  SELECT 'application' AS kind, j.id::text AS ref, j.name FROM joining.application AS j
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
