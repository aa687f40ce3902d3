-- What offices have after a month of a large alliance, set by set (offices.py).

-- name: names_of_merchants
SELECT o.id, o.name FROM alliance.organisation AS o WHERE o.role <> 'operator' ORDER BY o.id;

-- name: closed_windows
SELECT w.id, w.closed_at FROM ledger.clearing_window AS w
WHERE w.closed_at IS NOT NULL
ORDER BY w.id;

-- name: write_brands
INSERT INTO alliance.brand (organisation_id, name)
SELECT o.id, format('Brand %%s', n.n)
FROM alliance.organisation AS o
CROSS JOIN generate_series(1, 3) AS n (n)
WHERE o.role <> 'operator';

-- name: write_terminals
-- Two at each outlet, and more at the busiest.
INSERT INTO alliance.terminal (outlet_id, code)
SELECT t.id, format('T%%s', n.n)
FROM alliance.outlet AS t
CROSS JOIN generate_series(1, %(most)s) AS n (n)
WHERE n.n <= 2 OR t.id = %(outlet)s;

-- name: write_staff
-- Most serve at a till of some merchant; a fifth works for the busiest one, a tenth runs the
-- alliance.
INSERT INTO access.staff (
  organisation_id, login, name, role, outlet_id, created_by, created_at, signed_in_at
)
SELECT
  CASE mod(n.n, 10)
    WHEN 0 THEN %(operator)s
    WHEN 1 THEN %(organisation)s
    WHEN 2 THEN %(organisation)s
    ELSE t.organisation_id
  END AS organisation_id,
  format('person-%%s', n.n), format('Person %%s', n.n),
  CASE mod(n.n, 10) WHEN 0 THEN 'auditor' WHEN 1 THEN 'finance' ELSE 'cashier' END,
  CASE mod(n.n, 10) WHEN 0 THEN NULL WHEN 1 THEN NULL WHEN 2 THEN %(outlet)s ELSE t.id END,
  'bench', %(at)s AS created_at, %(at)s AS signed_in_at
FROM generate_series(1, %(people)s) AS n (n)
INNER JOIN (
  SELECT row_number() OVER (ORDER BY id) - 1 AS place, id, organisation_id,
    count(*) OVER () AS outlets
  FROM alliance.outlet
) AS t ON t.place = mod(n.n, t.outlets);

-- name: write_log
-- Everybody comes in the morning; now and then somebody changes something.
INSERT INTO access.audit (at, kind, by, organisation_id, staff_id, subject, address, facts)
SELECT %(at)s + n.n * %(apart)s::interval AS at,
  CASE mod(n.n, 20)
    WHEN 0 THEN 'outlet-changed' WHEN 1 THEN 'staff-changed' WHEN 2 THEN 'exception-closed'
    ELSE 'sign-in'
  END,
  s.login, s.organisation_id, s.id,
  CASE mod(n.n, 20)
    WHEN 0 THEN format('outlet %%s', s.outlet_id)
    WHEN 2 THEN format('exception %%s', mod(n.n, 900) + 1)
    ELSE s.login
  END,
  format('198.51.100.%%s', mod(n.n, 250) + 1), '{}'
FROM generate_series(1, %(entries)s) AS n (n)
INNER JOIN (
  SELECT row_number() OVER (ORDER BY id) - 1 AS place, id, login, organisation_id, outlet_id,
    count(*) OVER () AS people
  FROM access.staff
  WHERE login LIKE 'person-%%'
) AS s ON s.place = mod(n.n, s.people)
ORDER BY at;

-- name: write_deliveries
-- The busiest merchant's webhook was told of all that its tills did; one in a thousand waits.
INSERT INTO webhooks.delivery (
  endpoint_id, xid, event_id, type, state, attempts, next_at, queued_at, ended_at
)
SELECT %(endpoint)s, e.xid, e.id, e.type,
  CASE WHEN mod(e.id, 1000) = 0 THEN 'waiting' ELSE 'delivered' END,
  1 + (mod(e.id, 10) = 0)::int, e.at AS next_at, e.at AS queued_at,
  CASE WHEN mod(e.id, 1000) <> 0 THEN e.at + interval '1 second' END
FROM events.event AS e
WHERE e.data ->> 'organisation' = %(organisation)s::text;

-- name: write_attempts
INSERT INTO webhooks.attempt (endpoint_id, xid, event_id, at, status, milliseconds, error)
SELECT d.endpoint_id, d.xid, d.event_id, d.queued_at + n.n * interval '1 second',
  CASE WHEN n.n = d.attempts AND d.state = 'delivered' THEN 204 ELSE 503 END,
  20 + mod(d.event_id, 90),
  CASE WHEN n.n < d.attempts OR d.state = 'waiting' THEN 'status 503' END
FROM webhooks.delivery AS d
CROSS JOIN generate_series(1, d.attempts) AS n (n);

-- name: write_consents
INSERT INTO members.consent (member_id, organisation_id, purpose, given, by, at)
SELECT m.id, %(operator)s, p.purpose, mod(m.id, 3) <> 0, 'member', %(at)s
FROM members.member AS m
CROSS JOIN (VALUES ('marketing'), ('location')) AS p (purpose);

-- name: write_reconciliations
-- The busiest merchant compares each day, and each outlet's day again.
INSERT INTO reconcile.reconciliation (
  organisation_id, business_day, form, name, digest, run, lines, matched, differences, counts,
  asked_by, at
)
SELECT %(organisation)s, (%(at)s::timestamptz)::date + mod(n.n, %(days)s), 'lines',
  format('till-%%s.csv', n.n), sha256(format('till %%s', n.n)::bytea), 1, %(lines)s,
  %(lines)s - %(differences)s, %(differences)s, '{}', 'person-1',
  %(at)s + (1 + mod(n.n, %(days)s)) * interval '1 day'
FROM generate_series(0, %(files)s - 1) AS n (n);

-- name: write_differences
INSERT INTO reconcile.difference (
  reconciliation_id, n, code, action, kind, line, label, outlet_id, till_amount, here_amount, note
)
SELECT r.id, n.n,
  CASE mod(n.n, 2) WHEN 0 THEN 'missing-here' ELSE 'less-at-till' END,
  CASE mod(n.n, 2) WHEN 0 THEN 'post-late' ELSE 'refund-difference' END,
  'sale', n.n AS line, format('R-%%s', n.n), %(outlet)s, 1000 + n.n,
  CASE mod(n.n, 2) WHEN 0 THEN NULL ELSE 900 + n.n END, NULL
FROM reconcile.reconciliation AS r
CROSS JOIN generate_series(1, r.differences) AS n (n)
WHERE r.organisation_id = %(organisation)s;

-- name: write_offline_lines
INSERT INTO till.offline_line (
  allowance_id, counter, prev, hash, kind, member_id, amount, points, at, received_at, state
)
SELECT a.id, n.n, sha256(format('%%s-%%s', a.id, n.n - 1)::bytea),
  sha256(format('%%s-%%s', a.id, n.n)::bytea), 'award', %(member)s, 1000, 0,
  a.valid_from + n.n * interval '1 minute', a.valid_from + interval '1 day', 'accepted'
FROM till.allowance AS a
CROSS JOIN generate_series(1, 20) AS n (n);
