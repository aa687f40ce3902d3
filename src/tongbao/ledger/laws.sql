-- The laws, 1 to 6; journal_laws.sql has the others and laws.py says which query is of which law.
-- Each query returns offending rows only. Parameters: limit (rows), and for what is verified since
-- an earlier point: since (the first batch that may be new; 0 for everything), window (the first
-- window that may have changed), snapshot (what the earlier point saw; '1:1:' saw nothing),
-- incremental (whether what the earlier point found is added).
-- They are ordered by what no index is ordered by: with a LIMIT alone PostgreSQL would plan for
-- finding rows soon, and there are none to find.

-- name: law_01_units_balance
-- why: double entry: whatever one account gains, another of the same unit loses.
SELECT unit, sum(balance) AS sum_of_balances, count(*) AS accounts
FROM ledger.account
GROUP BY unit
HAVING sum(balance) <> 0
ORDER BY unit
LIMIT %(limit)s;

-- name: law_01_kinds_keep_their_unit
-- why: a sum per unit says nothing if points stand in an account of money.
SELECT owner_id, kind, unit, balance
FROM ledger.account
WHERE unit <> CASE
  WHEN kind IN ('wallet', 'held', 'pending', 'owing', 'issued', 'owed', 'budget') THEN 'PTS'
  ELSE 'CNY'
END
ORDER BY kind, owner_id
LIMIT %(limit)s;

-- name: law_02_balances_equal_transfers
-- why: a balance is only a sum kept at hand; the journal is the truth.
-- Anti-join, so that transfers without a batch count as well; sums before the join with movement.
WITH posted AS NOT MATERIALIZED (
  SELECT t.movement, t.from_owner, t.to_owner, t.amount
  FROM ledger.transfer AS t
  WHERE
    t.operation_id >= %(since)s::bigint << 13
    AND NOT EXISTS (
      SELECT 1 FROM ledger.batch AS b
      WHERE
        b.id >= %(since)s::bigint AND b.id = t.operation_id >> 13
        AND pg_visible_in_snapshot(b.xid, %(snapshot)s::pg_snapshot)
    )
),

moved AS (
  SELECT p.from_owner AS owner_id, m.from_kind AS kind, -p.amount AS amount
  FROM (
    SELECT from_owner, movement, sum(amount) AS amount
    FROM posted GROUP BY from_owner, movement
  ) AS p
  INNER JOIN ledger.movement AS m ON p.movement = m.id
  UNION ALL
  SELECT p.to_owner, m.to_kind, p.amount
  FROM (
    SELECT to_owner, movement, sum(amount) AS amount
    FROM posted GROUP BY to_owner, movement
  ) AS p
  INNER JOIN ledger.movement AS m ON p.movement = m.id
  UNION ALL
  SELECT owner_id, kind, balance FROM ledger.verified_balance WHERE %(incremental)s::boolean
),

expected AS (
  SELECT owner_id, kind, sum(amount) AS balance FROM moved GROUP BY owner_id, kind
)

SELECT coalesce(a.owner_id, e.owner_id) AS owner_id, coalesce(a.kind, e.kind) AS kind,
  a.balance, coalesce(e.balance, 0) AS sum_of_transfers
FROM ledger.account AS a
FULL JOIN expected AS e ON a.owner_id = e.owner_id AND a.kind = e.kind
WHERE coalesce(a.balance, 0) <> coalesce(e.balance, 0)
ORDER BY owner_id, kind
LIMIT %(limit)s;

-- name: law_03_accounts_stay_above_their_floor
-- why: points and money that are not there cannot be spent.
SELECT owner_id, kind, balance, 0 AS floor
FROM ledger.account
WHERE
  balance < 0 AND kind IN (
    'wallet', 'held', 'pending', 'owed', 'budget', 'reserve', 'collateral',
    'prepaid', 'guarantee', 'first_loss'
  )
ORDER BY balance, owner_id
LIMIT %(limit)s;

-- name: law_03_lots_stay_above_their_floor
-- why: two wrong lots of one member would hide each other in its wallet.
SELECT owner_id, id AS lot_id, available, held, pending, reserve, 0 AS floor
FROM ledger.lot
WHERE available < 0 OR held < 0 OR pending < 0 OR reserve < 0
ORDER BY id, owner_id
LIMIT %(limit)s;

-- name: law_04_members_equal_their_lots
-- why: the wallet answers "how much", the lots "whose"; they must be the same points.
WITH account AS (
  SELECT owner_id,
    coalesce(sum(balance) FILTER (WHERE kind = 'wallet'), 0) AS wallet,
    coalesce(sum(balance) FILTER (WHERE kind = 'held'), 0) AS held,
    coalesce(sum(balance) FILTER (WHERE kind = 'pending'), 0) AS pending
  FROM ledger.account
  WHERE kind IN ('wallet', 'held', 'pending')
  GROUP BY owner_id
),

lot AS (
  SELECT owner_id, sum(available) AS available, sum(held) AS held, sum(pending) AS pending
  FROM ledger.lot
  WHERE open
  GROUP BY owner_id
)

SELECT coalesce(a.owner_id, l.owner_id) AS member_id,
  a.wallet, l.available AS available_in_lots, a.held, l.held AS held_in_lots,
  a.pending, l.pending AS pending_in_lots
FROM account AS a
FULL JOIN lot AS l ON a.owner_id = l.owner_id
WHERE
  coalesce(a.wallet, 0) <> coalesce(l.available, 0)
  OR coalesce(a.held, 0) <> coalesce(l.held, 0)
  OR coalesce(a.pending, 0) <> coalesce(l.pending, 0)
ORDER BY member_id
LIMIT %(limit)s;

-- name: law_04_members_owe_what_is_listed
-- why: a debt is repaid to the organisation it is owed to, so the list must be the balance.
WITH listed AS (
  SELECT owner_id, sum(amount) AS amount FROM ledger.owing GROUP BY owner_id
),

account AS (
  SELECT owner_id, balance FROM ledger.account WHERE kind = 'owing'
)

SELECT coalesce(a.owner_id, l.owner_id) AS member_id, -a.balance AS owing, l.amount AS listed
FROM account AS a
FULL JOIN listed AS l ON a.owner_id = l.owner_id
WHERE -coalesce(a.balance, 0) <> coalesce(l.amount, 0)
ORDER BY member_id
LIMIT %(limit)s;

-- name: law_04_held_points_belong_to_a_hold
-- why: points held for nobody would never come free.
WITH slice AS (
  SELECT h.owner_id, s.lot_id, sum(s.amount) AS amount
  FROM ledger.hold AS h
  CROSS JOIN LATERAL unnest(h.lots, h.slices) AS s (lot_id, amount)
  WHERE h.remaining > 0
  GROUP BY h.owner_id, s.lot_id
),

lot AS (
  SELECT owner_id, id, held FROM ledger.lot WHERE open AND held <> 0
)

SELECT coalesce(l.owner_id, s.owner_id) AS member_id, coalesce(l.id, s.lot_id) AS lot_id,
  l.held AS held_in_lot, s.amount AS held_by_holds
FROM lot AS l
FULL JOIN slice AS s ON l.owner_id = s.owner_id AND l.id = s.lot_id
WHERE coalesce(l.held, 0) <> coalesce(s.amount, 0)
ORDER BY member_id, lot_id
LIMIT %(limit)s;

-- name: law_04_holds_equal_their_slices
-- why: a capture takes from the slices what the hold says is left.
SELECT h.owner_id AS member_id, h.id AS hold_id, h.remaining, sum(s.amount) AS in_slices
FROM ledger.hold AS h
CROSS JOIN LATERAL unnest(h.slices || 0::bigint) AS s (amount)
WHERE h.remaining > 0
GROUP BY h.owner_id, h.id, h.remaining
HAVING sum(s.amount) <> h.remaining
ORDER BY h.id, h.owner_id
LIMIT %(limit)s;

-- name: law_05_issued_equals_lots
-- why: an organisation's debt is what members still hold of its points.
WITH lot AS (
  SELECT issuer_id, sum(available + held + pending) AS in_lots
  FROM ledger.lot
  WHERE open
  GROUP BY issuer_id
),

account AS (
  SELECT owner_id, balance FROM ledger.account WHERE kind = 'issued'
)

SELECT coalesce(a.owner_id, l.issuer_id) AS organisation_id, -a.balance AS issued, l.in_lots
FROM account AS a
FULL JOIN lot AS l ON a.owner_id = l.issuer_id
WHERE -coalesce(a.balance, 0) <> coalesce(l.in_lots, 0)
ORDER BY organisation_id
LIMIT %(limit)s;

-- name: law_05_owed_equals_debts
-- why: what members owe an organisation is no reason to let it issue more.
WITH debt AS (
  SELECT organisation_id, sum(amount) AS listed FROM ledger.owing GROUP BY organisation_id
),

account AS (
  SELECT owner_id, balance FROM ledger.account WHERE kind = 'owed'
)

SELECT coalesce(a.owner_id, d.organisation_id) AS organisation_id, a.balance AS owed, d.listed
FROM account AS a
FULL JOIN debt AS d ON a.owner_id = d.organisation_id
WHERE coalesce(a.balance, 0) <> coalesce(d.listed, 0)
ORDER BY organisation_id
LIMIT %(limit)s;

-- name: law_05_reserve_equals_lots
-- why: money set aside is set aside for points that are still there to be spent.
WITH lot AS (
  SELECT issuer_id, sum(reserve) AS reserve
  FROM ledger.lot
  WHERE reserve <> 0
  GROUP BY issuer_id
),

account AS (
  SELECT owner_id, balance FROM ledger.account WHERE kind = 'reserve'
)

SELECT coalesce(a.owner_id, l.issuer_id) AS organisation_id,
  a.balance AS reserve, l.reserve AS reserved_in_lots
FROM account AS a
FULL JOIN lot AS l ON a.owner_id = l.issuer_id
WHERE coalesce(a.balance, 0) <> coalesce(l.reserve, 0)
ORDER BY organisation_id
LIMIT %(limit)s;

-- name: law_06_claims_equal_transfers
-- why: settlement reads these sums and never the sales; 40, 41 claim, 42 is a counterclaim.
WITH pair AS (
  SELECT from_owner AS issuer_id, to_owner AS redeemer_id, window_id,
    sum(amount) AS claimed, 0 AS countered, count(*) AS claims, 0 AS counterclaims
  FROM ledger.transfer
  WHERE window_id >= %(window)s::int AND movement IN (40, 41)
  GROUP BY from_owner, to_owner, window_id
  UNION ALL
  SELECT to_owner, from_owner, window_id, 0, sum(amount), 0, count(*)
  FROM ledger.transfer
  WHERE window_id >= %(window)s::int AND movement = 42
  GROUP BY to_owner, from_owner, window_id
),

moved AS (
  SELECT issuer_id, redeemer_id, window_id, sum(claimed) AS claimed, sum(countered) AS countered,
    sum(claims) AS claims, sum(counterclaims) AS counterclaims
  FROM pair
  GROUP BY issuer_id, redeemer_id, window_id
),

claim AS (
  SELECT * FROM ledger.claim WHERE window_id >= %(window)s::int
)

SELECT coalesce(c.issuer_id, m.issuer_id) AS issuer_id,
  coalesce(c.redeemer_id, m.redeemer_id) AS redeemer_id,
  coalesce(c.window_id, m.window_id) AS window_id,
  c.claimed, m.claimed AS claimed_by_transfers, c.countered, m.countered AS countered_by_transfers,
  c.claims, m.claims AS transfers_of_claims,
  c.counterclaims, m.counterclaims AS transfers_of_counterclaims
FROM claim AS c
FULL JOIN moved AS m
  ON
    c.issuer_id = m.issuer_id AND c.redeemer_id = m.redeemer_id AND c.window_id = m.window_id
WHERE
  coalesce(c.claimed, 0) <> coalesce(m.claimed, 0)
  OR coalesce(c.countered, 0) <> coalesce(m.countered, 0)
  OR coalesce(c.claims, 0) <> coalesce(m.claims, 0)
  OR coalesce(c.counterclaims, 0) <> coalesce(m.counterclaims, 0)
ORDER BY window_id, issuer_id, redeemer_id
LIMIT %(limit)s;
