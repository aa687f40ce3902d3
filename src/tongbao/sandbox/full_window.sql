-- How a full clearing window is made, set by set (full_window.py). Chance comes from hashes, so
-- that the same seed gives the same window. Temporary tables hold what was drawn.

-- name: register_many
INSERT INTO alliance.organisation (code, name, role, status, registered_at)
SELECT format('org-%%s', lpad(n.n::text, 5, '0')), format('Organisation %%s', n.n), 'merchant',
  'active', %(at)s
FROM generate_series(2, %(count)s) AS n (n)
RETURNING id;

-- name: sign_many
-- What the first one has signed, the others sign, too.
INSERT INTO alliance.contract (
  organisation_id, valid_from, earn_rate, earn_step, prepaid_share, reimbursement, acceptance_fee,
  issue_fee, redemption_share, expiry_months, breakage_to, earn_on, credit_limit, cycle, block,
  replenish_below, alert_at, written_at
)
SELECT o.id, c.valid_from, c.earn_rate, c.earn_step, c.prepaid_share, c.reimbursement,
  c.acceptance_fee, c.issue_fee, c.redemption_share, c.expiry_months, c.breakage_to, c.earn_on,
  c.credit_limit, c.cycle, c.block, c.replenish_below, c.alert_at, c.written_at
FROM alliance.organisation AS o
CROSS JOIN alliance.contract AS c
WHERE o.role <> 'operator' AND c.organisation_id = %(first)s AND o.id <> %(first)s;

-- name: number_members
CREATE TEMP TABLE numbered_member AS
SELECT row_number() OVER (ORDER BY id) - 1 AS m, id FROM members.member;

-- name: number_organisations
-- The first are the busiest.
CREATE TEMP TABLE numbered_organisation AS
SELECT row_number() OVER (ORDER BY o.id) AS rank, o.id, min(t.id) AS outlet_id
FROM alliance.organisation AS o
INNER JOIN alliance.outlet AS t ON o.id = t.organisation_id
GROUP BY o.id;

-- name: draw_claims
-- Each row is a part of a purchase: so many points of one lot. An organisation of rank r is drawn
-- about as often as 1 / r says (Zipf), as issuer of a lot and as redeemer of a purchase.
CREATE TEMP TABLE drawn AS
SELECT d.p * %(members)s::bigint + d.m AS purchase, d.m, d.k,
  d.m * %(lots)s + mod(d.p * %(parts)s + d.k, %(lots)s) AS lot,
  least(%(organisations)s, floor(exp(d.u_issuer * ln(%(organisations)s + 1))))::int AS issuer,
  least(%(organisations)s, floor(exp(d.u_redeemer * ln(%(organisations)s + 1))))::int AS redeemer,
  100 + abs(
    mod(hashint8extended((d.p * %(members)s::bigint + d.m) * 8 + d.k, 3 + %(seed)s), 9900)
  ) AS amount
FROM (
  SELECT p.p, m.m, k.k,
    (
      hashint8extended(
        m.m * %(lots)s + mod(p.p * %(parts)s + k.k, %(lots)s), 1 + %(seed)s
      ) >> 12 & 4503599627370495
    ) / 4503599627370496.0::float8 AS u_issuer,
    (
      hashint8extended(p.p * %(members)s::bigint + m.m, 2 + %(seed)s) >> 12 & 4503599627370495
    ) / 4503599627370496.0::float8 AS u_redeemer
  FROM generate_series(0, %(purchases)s - 1) AS p (p)
  CROSS JOIN generate_series(0, %(members)s - 1) AS m (m)
  CROSS JOIN generate_series(0, %(parts)s - 1) AS k (k)
) AS d;

-- name: take_batches
SELECT min(b.id) FROM (
  SELECT nextval('ledger.batch_id') AS id FROM generate_series(1, %(count)s)
) AS b;

-- name: make_lots
-- A lot was awarded what is spent of it and up to ten yuan more.
CREATE TEMP TABLE made_lot AS
SELECT d.lot, m.id AS member_id, o.id AS issuer_id, o.outlet_id,
  (%(first)s::bigint + d.lot / 8192) << 13 | mod(d.lot, 8192) AS operation_id,
  sum(d.amount)::bigint AS spent,
  abs(mod(hashint8extended(d.lot, 4 + %(seed)s), 1000)) AS kept
FROM drawn AS d
INNER JOIN numbered_member AS m ON d.m = m.m
INNER JOIN numbered_organisation AS o ON d.issuer = o.rank
GROUP BY d.lot, m.id, o.id, o.outlet_id;

-- name: make_parts
-- The acceptance fee of one per cent is of the whole purchase; what is spent at its own issuer is
-- no claim.
CREATE TEMP TABLE made_part AS
SELECT m.id AS member_id, l.issuer_id, r.id AS redeemer_id, r.outlet_id, d.k, d.amount,
  (%(first)s::bigint + d.purchase / 8192) << 13 | mod(d.purchase, 8192) AS operation_id,
  l.operation_id << 10 AS lot_id
FROM drawn AS d
INNER JOIN numbered_member AS m ON d.m = m.m
INNER JOIN made_lot AS l ON d.lot = l.lot
INNER JOIN numbered_organisation AS r ON d.redeemer = r.rank;

-- name: write_award_operations
INSERT INTO ledger.operation (
  owner_id, id, kind, organisation_id, outlet_id, window_id, points, cash, written_at,
  effective_at, data
)
SELECT l.member_id, l.operation_id, 'award', l.issuer_id, l.outlet_id, %(window)s,
  l.spent + l.kept, 0, %(at)s AS written_at, %(at)s AS effective_at, '{}'
FROM made_lot AS l
ORDER BY l.operation_id;

-- name: write_award_transfers
INSERT INTO ledger.transfer (
  owner_id, operation_id, n, movement, window_id, from_owner, to_owner, amount, to_lot,
  written_at, effective_at
)
SELECT l.member_id, l.operation_id, 0, 1, %(window)s, l.issuer_id, l.member_id AS to_owner,
  l.spent + l.kept, l.operation_id << 10, %(at)s AS written_at, %(at)s AS effective_at
FROM made_lot AS l
ORDER BY l.operation_id;

-- name: write_made_lots
INSERT INTO ledger.lot (
  owner_id, id, issuer_id, kind, available, held, pending, reserve, earned_at, written_at
)
SELECT l.member_id, l.operation_id << 10, l.issuer_id, 'earned', l.kept, 0, 0, 0,
  %(at)s AS earned_at, %(at)s AS written_at
FROM made_lot AS l
ORDER BY l.member_id, l.operation_id;

-- name: write_purchase_operations
INSERT INTO ledger.operation (
  owner_id, id, kind, organisation_id, outlet_id, window_id, points, cash, written_at,
  effective_at, data
)
SELECT p.member_id, p.operation_id, 'purchase', p.redeemer_id, p.outlet_id, %(window)s,
  sum(p.amount), 0, %(at)s::timestamptz + (p.operation_id >> 13) * interval '50 seconds',
  %(at)s::timestamptz + (p.operation_id >> 13) * interval '50 seconds',
  format('{"lines":[["*",%%s,%%s]]}', sum(p.amount), sum(p.amount))::json
FROM made_part AS p
GROUP BY p.operation_id, p.member_id, p.redeemer_id, p.outlet_id
ORDER BY p.operation_id;

-- name: write_purchase_transfers
-- 5 redeem, 40 claim, 46 acceptance_fee.
INSERT INTO ledger.transfer (
  owner_id, operation_id, n, movement, window_id, from_owner, to_owner, amount, from_lot,
  written_at, effective_at
)
SELECT t.member_id, t.operation_id, t.n, t.movement, %(window)s, t.from_owner, t.to_owner,
  t.amount, t.from_lot, %(at)s::timestamptz + (t.operation_id >> 13) * interval '50 seconds',
  %(at)s::timestamptz + (t.operation_id >> 13) * interval '50 seconds'
FROM (
  SELECT member_id, operation_id, k AS n, 5 AS movement, member_id AS from_owner,
    issuer_id AS to_owner, amount, lot_id AS from_lot
  FROM made_part
  UNION ALL
  SELECT member_id, operation_id, %(parts)s + k, 40, issuer_id, redeemer_id, amount, NULL
  FROM made_part
  WHERE issuer_id <> redeemer_id
  UNION ALL
  SELECT member_id, operation_id, 2 * %(parts)s, 46, redeemer_id, %(operator)s,
    (sum(amount) + 50) / 100, NULL
  FROM made_part
  WHERE issuer_id <> redeemer_id
  GROUP BY member_id, operation_id, redeemer_id
) AS t
ORDER BY t.operation_id, t.n;

-- name: write_keys
INSERT INTO kernel.once (scope, key, operation_id, refused, fingerprint, answer, written_at)
SELECT o.organisation_id, 'window-' || o.id, o.id, FALSE, decode(md5(o.id::text), 'hex'),
  '{}'::bytea, o.written_at
FROM ledger.operation AS o
ORDER BY o.organisation_id, o.id;

-- name: write_batches
-- The digest of ledger/digest.py, from the texts that sealing and verifying read.
INSERT INTO ledger.batch (id, written_at, operations, transfers, digest)
SELECT b.id, o.written_at, o.operations, t.transfers,
  sha256(convert_to(
    format(
      E'tongbao batch 1\n%%s\n%%s\n', b.id,
      (extract(EPOCH FROM o.written_at) * 1000000)::bigint
    )
    || o.text || t.text, 'UTF8'
  ))
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS b (id)
CROSS JOIN LATERAL (
  SELECT r.written_at, r.operations,
    (SELECT string_agg(octet_length(c.text) || ':' || c.text, '' ORDER BY c.n)
      FROM unnest(ARRAY[
        r.owners, r.ids, r.kinds, r.organisations, r.outlets, r.originals, r.windows, r.points,
        r.cash, r.effective, r.data
      ]) WITH ORDINALITY AS c (text, n)) AS text
  FROM (
    SELECT max(p.written_at) AS written_at, count(*) AS operations,
      array_agg(p.owner_id ORDER BY p.id)::text AS owners,
      array_agg(p.id ORDER BY p.id)::text AS ids,
      array_agg(p.kind ORDER BY p.id)::text AS kinds,
      array_agg(p.organisation_id ORDER BY p.id)::text AS organisations,
      array_agg(p.outlet_id ORDER BY p.id)::text AS outlets,
      array_agg(p.original_id ORDER BY p.id)::text AS originals,
      array_agg(p.window_id ORDER BY p.id)::text AS windows,
      array_agg(p.points ORDER BY p.id)::text AS points,
      array_agg(p.cash ORDER BY p.id)::text AS cash,
      array_agg((extract(EPOCH FROM p.effective_at) * 1000000)::bigint ORDER BY p.id)::text
        AS effective,
      string_agg(p.data::text, E'\x1e' ORDER BY p.id) AS data
    FROM ledger.operation AS p
    WHERE p.id >= b.id << 13 AND p.id < (b.id + 1) << 13
  ) AS r
) AS o
CROSS JOIN LATERAL (
  SELECT r.transfers,
    (SELECT string_agg(octet_length(c.text) || ':' || c.text, '' ORDER BY c.n)
      FROM unnest(ARRAY[
        r.owners, r.operations, r.ns, r.movements, r.froms, r.tos, r.amounts, r.from_lots, r.to_lots
      ]) WITH ORDINALITY AS c (text, n)) AS text
  FROM (
    SELECT count(*) AS transfers,
      array_agg(p.owner_id ORDER BY p.operation_id, p.n)::text AS owners,
      array_agg(p.operation_id ORDER BY p.operation_id, p.n)::text AS operations,
      array_agg(p.n ORDER BY p.operation_id, p.n)::text AS ns,
      array_agg(p.movement ORDER BY p.operation_id, p.n)::text AS movements,
      array_agg(p.from_owner ORDER BY p.operation_id, p.n)::text AS froms,
      array_agg(p.to_owner ORDER BY p.operation_id, p.n)::text AS tos,
      array_agg(p.amount ORDER BY p.operation_id, p.n)::text AS amounts,
      array_agg(p.from_lot ORDER BY p.operation_id, p.n)::text AS from_lots,
      array_agg(p.to_lot ORDER BY p.operation_id, p.n)::text AS to_lots
    FROM ledger.transfer AS p
    WHERE p.operation_id >= b.id << 13 AND p.operation_id < (b.id + 1) << 13
  ) AS r
) AS t;

-- name: write_unsealed
INSERT INTO ledger.unsealed (batch_id) SELECT id FROM ledger.batch;

-- name: write_balances
-- Every account as the transfers say.
UPDATE ledger.account AS a SET balance = s.balance
FROM (
  SELECT e.owner_id, e.kind, sum(e.amount)::bigint AS balance
  FROM (
    SELECT t.from_owner AS owner_id, m.from_kind AS kind, -t.amount AS amount
    FROM ledger.transfer AS t
    INNER JOIN ledger.movement AS m ON t.movement = m.id
    UNION ALL
    SELECT t.to_owner, m.to_kind, t.amount
    FROM ledger.transfer AS t
    INNER JOIN ledger.movement AS m ON t.movement = m.id
  ) AS e
  GROUP BY e.owner_id, e.kind
) AS s
WHERE a.owner_id = s.owner_id AND a.kind = s.kind;

-- name: write_claims
INSERT INTO ledger.claim (
  issuer_id, redeemer_id, window_id, claimed, countered, claims, counterclaims
)
SELECT from_owner, to_owner, %(window)s, sum(amount), 0, count(*), 0
FROM ledger.transfer
WHERE movement = 40
GROUP BY from_owner, to_owner
ORDER BY from_owner, to_owner;

-- name: write_window_movements
INSERT INTO ledger.window_movement (organisation_id, window_id, kind, net)
SELECT e.organisation_id, %(window)s, e.kind, sum(e.amount)
FROM (
  SELECT t.from_owner AS organisation_id, m.from_kind AS kind, -t.amount AS amount
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  WHERE t.movement BETWEEN 40 AND 59
  UNION ALL
  SELECT t.to_owner, m.to_kind, t.amount
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  WHERE t.movement BETWEEN 40 AND 59
) AS e
GROUP BY e.organisation_id, e.kind
ORDER BY e.organisation_id, e.kind;

-- name: write_bank_accounts
-- Everybody's account and mandate, by two people as any other.
WITH proposed AS (
  INSERT INTO desk.proposal (
    kind, organisation_id, terms, reason, proposed_by, proposed_at, state, decided_by, decided_at
  )
  SELECT 'bank-account', o.id, '{}', 'made up', 'li.na', %(at)s AS proposed_at, 'approved',
    'wang.wei', %(at)s AS decided_at
  FROM alliance.organisation AS o
  RETURNING id, organisation_id
)

INSERT INTO bank.account (
  organisation_id, valid_from, number, name, cnaps, mandate, signed_on, proposal_id, written_at
)
SELECT p.organisation_id, '2025-01-01', '6222' || lpad(p.organisation_id::text, 12, '0'), o.name,
  '103100000026', 'M-' || p.organisation_id, '2025-01-01', p.id, %(at)s
FROM proposed AS p
INNER JOIN alliance.organisation AS o ON p.organisation_id = o.id;

-- name: count_made
SELECT
  (SELECT count(*) FROM alliance.organisation WHERE role <> 'operator') AS organisations,
  (SELECT count(*) FROM members.member) AS members,
  (SELECT count(*) FROM ledger.operation) AS operations,
  (SELECT count(*) FROM ledger.transfer) AS transfers,
  (SELECT sum(claims)::bigint FROM ledger.claim) AS claims,
  (SELECT count(*) FROM ledger.claim) AS pairs,
  pg_database_size(current_database()) AS bytes;
