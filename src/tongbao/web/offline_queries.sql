-- name: terminals
-- With what each may do offline at a time: nothing without a key and an allowance.
SELECT l.id, l.code, l.outlet_id, t.name AS outlet,
  CASE WHEN l.active THEN 'active' ELSE 'disabled' END AS state,
  CASE
    WHEN s.id IS NULL THEN 'none' WHEN a.good_until IS NULL THEN 'key' ELSE 'may'
  END AS offline,
  a.good_until
FROM alliance.terminal AS l
INNER JOIN alliance.outlet AS t ON l.outlet_id = t.id
LEFT JOIN till.signer AS s ON l.id = s.terminal_id AND s.ended_at IS NULL
LEFT JOIN LATERAL (
  SELECT max(g.valid_until) AS good_until
  FROM till.allowance AS g
  WHERE
    g.signer_id = s.id AND g.ended_at IS NULL AND g.valid_until > %(at)s::timestamptz AND l.active
) AS a ON TRUE
WHERE t.organisation_id = %(organisation)s;

-- name: allowances
-- Of an organisation, or of one of its terminals, with what has come home of each.
SELECT a.id, s.organisation_id, l.id AS terminal_id, l.code AS terminal, t.name AS outlet,
  a.spend_points, a.member_points, a.award_amount, a.valid_from, a.issued_by,
  least(a.valid_until, a.ended_at, s.ended_at) AS good_until,
  CASE
    WHEN least(a.valid_until, a.ended_at, s.ended_at) > %(at)s::timestamptz THEN 'active'
    WHEN least(a.ended_at, s.ended_at) < a.valid_until THEN 'revoked'
    ELSE 'expired'
  END AS state,
  u.spent, u.sold, u.lines
FROM till.allowance AS a
INNER JOIN till.signer AS s ON a.signer_id = s.id
INNER JOIN alliance.terminal AS l ON s.terminal_id = l.id
INNER JOIN alliance.outlet AS t ON s.outlet_id = t.id
CROSS JOIN LATERAL (
  SELECT count(*) AS lines,
    coalesce(sum(f.points) FILTER (WHERE f.kind = 'spend' AND f.state <> 'refused'), 0)::bigint
      AS spent,
    coalesce(sum(f.amount) FILTER (WHERE f.kind = 'award' AND f.state <> 'refused'), 0)::bigint
      AS sold
  FROM till.offline_line AS f
  WHERE f.allowance_id = a.id
) AS u
WHERE
  s.organisation_id = %(organisation)s
  AND (%(terminal)s::bigint IS NULL OR s.terminal_id = %(terminal)s);

-- name: offline_lines
-- What came home late, of an organisation or of one allowance, and what became of it: the item of
-- what the points did not cover, and how that ended. Members are masked.
SELECT f.allowance_id || '-' || f.counter AS id, f.allowance_id, f.counter, f.kind, f.at,
  f.received_at, extract(EPOCH FROM f.received_at - f.at)::bigint AS late, f.amount,
  nullif(f.points, 0) AS points, f.state, coalesce(f.refusal, e.facts ->> 'reason') AS refusal,
  f.operation_id, f.member_id, e.id AS item, s.organisation_id,
  CASE WHEN e.id IS NOT NULL THEN coalesce(e.closed_how, 'open') END AS closed_how,
  l.id AS terminal_id, l.code AS terminal, t.name AS outlet, coalesce(i.shown, '–') AS known_by
FROM till.offline_line AS f
INNER JOIN till.allowance AS a ON f.allowance_id = a.id
INNER JOIN till.signer AS s ON a.signer_id = s.id
INNER JOIN alliance.terminal AS l ON s.terminal_id = l.id
INNER JOIN alliance.outlet AS t ON s.outlet_id = t.id
LEFT JOIN desk.exception_item AS e
  ON f.state = 'exception' AND e.kind = 'advice' AND f.operation_id::text = e.subject
LEFT JOIN LATERAL (
  SELECT string_agg('****' || n.hint, ', ' ORDER BY n.kind) AS shown
  FROM members.identity AS n
  WHERE n.member_id = f.member_id AND n.issuer_id IN (0, %(organisation)s)
) AS i ON TRUE
WHERE
  s.organisation_id = %(organisation)s
  AND (%(allowance)s::bigint IS NULL OR f.allowance_id = %(allowance)s);

-- name: terminal_of
-- A terminal of an organisation with its key, if it has one.
SELECT l.id, l.code, l.active, l.outlet_id, t.name AS outlet,
  t.code || '/' || l.code AS place, encode(s.public_key, 'hex') AS key, s.registered_by,
  s.registered_at
FROM alliance.terminal AS l
INNER JOIN alliance.outlet AS t ON l.outlet_id = t.id
LEFT JOIN till.signer AS s ON l.id = s.terminal_id AND s.ended_at IS NULL
WHERE l.id = %(terminal)s AND t.organisation_id = %(organisation)s;

-- name: allowance_of
-- An allowance of an organisation, with its terminal and what ended it early.
SELECT a.id, l.id AS terminal_id, l.code AS terminal, t.name AS outlet,
  t.code || '/' || l.code AS place, a.issued_by, a.issued_at,
  least(a.ended_at, s.ended_at) AS ended_at
FROM till.allowance AS a
INNER JOIN till.signer AS s ON a.signer_id = s.id
INNER JOIN alliance.terminal AS l ON s.terminal_id = l.id
INNER JOIN alliance.outlet AS t ON s.outlet_id = t.id
WHERE a.id = %(allowance)s AND s.organisation_id = %(organisation)s;
