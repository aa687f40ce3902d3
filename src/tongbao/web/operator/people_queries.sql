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
-- The log of what people did, read from its newest end. What an entry is about, and what was
-- said, with organisations, outlets and people by their names.
SELECT a.id, a.at, a.kind, a.by, a.subject, a.address, coalesce(o.name, '') AS organisation,
  CASE
    WHEN b.id IS NOT NULL THEN 'organisation ' || b.name
    WHEN p.id IS NOT NULL THEN 'staff ' || p.name
    ELSE a.subject
  END AS about,
  nullif(
    a.facts::jsonb
    || jsonb_strip_nulls(jsonb_build_object('organisation', f.name, 'outlet', t.name)),
    '{}'
  ) AS facts
FROM access.audit AS a
LEFT JOIN alliance.organisation AS o ON a.organisation_id = o.id
LEFT JOIN alliance.organisation AS b
  ON b.id = CASE
    WHEN a.subject ~ '^organisation [0-9]{1,18}$' THEN split_part(a.subject, ' ', 2)::bigint
  END
LEFT JOIN access.staff AS p
  ON p.id = CASE
    WHEN a.subject ~ '^staff [0-9]{1,18}$' THEN split_part(a.subject, ' ', 2)::bigint
  END
LEFT JOIN alliance.organisation AS f
  ON f.id = CASE
    WHEN a.facts ->> 'organisation' ~ '^[0-9]{1,18}$' THEN (a.facts ->> 'organisation')::bigint
  END
LEFT JOIN alliance.outlet AS t
  ON t.id = CASE
    WHEN a.facts ->> 'outlet' ~ '^[0-9]{1,18}$' THEN (a.facts ->> 'outlet')::bigint
  END;

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
