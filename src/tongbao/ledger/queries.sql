-- name: fence_shared
-- Shared, so that postings do not wait for each other; the close takes it exclusively.
SELECT pg_advisory_xact_lock_shared(%(fence)s);

-- name: fence_exclusive
SELECT pg_advisory_xact_lock(%(fence)s);

-- name: lock_wallets
-- The wallet row stands for everything of its member. Sorted before locking: no deadlocks.
SELECT owner_id FROM ledger.account
WHERE kind = 'wallet' AND owner_id = ANY(%(owners)s::bigint[])
ORDER BY owner_id
FOR NO KEY UPDATE;

-- name: lock_bounded
-- Runs after the wallets are locked, so the lots it looks at cannot change any more.
SELECT owner_id FROM ledger.account
WHERE
  kind = 'issued' AND bounded
  AND owner_id IN (
    SELECT unnest(%(organisations)s::bigint[])
    UNION
    SELECT issuer_id FROM ledger.lot
    WHERE open AND owner_id = ANY(%(spenders)s::bigint[])
    UNION
    SELECT organisation_id FROM ledger.owing
    WHERE amount > 0 AND owner_id = ANY(%(debtors)s::bigint[])
  )
ORDER BY owner_id
FOR NO KEY UPDATE;

-- name: next_batch
-- After the fence: the window read here stays open until commit.
SELECT nextval('ledger.batch_id'), w.id
FROM (SELECT 1) AS one
LEFT JOIN ledger.clearing_window AS w ON w.closed_at IS NULL;

-- name: lock_written_accounts
-- The rows that are only written: locked in key order in a statement of their own.
SELECT 1 FROM ledger.account AS a
INNER JOIN unnest(%(owners)s::bigint[], %(kinds)s::text[]) AS v (owner_id, kind)
  ON a.owner_id = v.owner_id AND a.kind = v.kind
ORDER BY a.owner_id, a.kind
FOR NO KEY UPDATE OF a;

-- name: change_accounts
-- Differences, not values: rows without a bound were not read under a lock.
UPDATE ledger.account AS a SET balance = a.balance + v.delta
FROM unnest(%(owners)s::bigint[], %(kinds)s::text[], %(deltas)s::bigint[])
  AS v (owner_id, kind, delta)
WHERE a.owner_id = v.owner_id AND a.kind = v.kind;

-- name: open_accounts
-- A member's further accounts appear with their first balance; the wallet lock covers them.
INSERT INTO ledger.account (owner_id, kind, unit, balance)
SELECT v.owner_id, v.kind, 'PTS', v.balance
FROM unnest(%(owners)s::bigint[], %(kinds)s::text[], %(balances)s::bigint[])
  AS v (owner_id, kind, balance);

-- name: read_once
SELECT o.operation_id, o.refused, o.fingerprint, o.answer, o.written_at
FROM kernel.once AS o
WHERE o.scope = %(scope)s AND o.key = %(key)s;

-- name: write_once
-- Sorted, and nothing on conflict: a key that somebody else has just taken shows in the count.
INSERT INTO kernel.once (scope, key, operation_id, refused, fingerprint, answer, written_at)
SELECT v.scope, v.key, v.operation_id, v.refused, decode(v.fingerprint, 'hex'),
  convert_to(v.answer, 'UTF8'), %(at)s::timestamptz
FROM unnest(
  %(scopes)s::bigint[], string_to_array(%(keys)s, E'\x1e'), %(operations)s::bigint[],
  %(refused)s::boolean[], %(fingerprints)s::text[], string_to_array(%(answers)s, E'\x1e')
) AS v (scope, key, operation_id, refused, fingerprint, answer)
ORDER BY v.scope, v.key
ON CONFLICT (scope, key) DO NOTHING;

-- name: write_operations
INSERT INTO ledger.operation (
  owner_id, id, kind, organisation_id, outlet_id, original_id, window_id, points, cash,
  written_at, effective_at, data
)
SELECT v.owner_id, v.id, v.kind, v.organisation_id, v.outlet_id, v.original_id, v.window_id,
  v.points, v.cash, %(at)s::timestamptz,
  timestamptz 'epoch' + v.effective * interval '1 microsecond', v.data
FROM unnest(
  %(owner_id)s::bigint[], %(id)s::bigint[], %(kind)s::text[], %(organisation_id)s::bigint[],
  %(outlet_id)s::bigint[], %(original_id)s::bigint[], %(window_id)s::int[],
  %(points)s::bigint[], %(cash)s::bigint[], %(effective)s::bigint[],
  string_to_array(%(data)s, E'\x1e')::json[]
) AS v (
  owner_id, id, kind, organisation_id, outlet_id, original_id, window_id, points, cash,
  effective, data
);

-- name: write_transfers
INSERT INTO ledger.transfer (
  owner_id, operation_id, n, movement, window_id, from_owner, to_owner, amount, from_lot, to_lot,
  written_at, effective_at
)
SELECT v.owner_id, v.operation_id, v.n, v.movement, %(window)s, v.from_owner, v.to_owner,
  v.amount, v.from_lot, v.to_lot, %(at)s::timestamptz,
  timestamptz 'epoch' + v.effective * interval '1 microsecond'
FROM unnest(
  %(owner_id)s::bigint[], %(operation_id)s::bigint[], %(n)s::smallint[],
  %(movement)s::smallint[], %(from_owner)s::bigint[], %(to_owner)s::bigint[],
  %(amount)s::bigint[], %(from_lot)s::bigint[], %(to_lot)s::bigint[], %(effective)s::bigint[]
) AS v (
  owner_id, operation_id, n, movement, from_owner, to_owner, amount, from_lot, to_lot, effective
);

-- name: write_lots
INSERT INTO ledger.lot (
  owner_id, id, issuer_id, kind, available, held, pending, reserve,
  earned_at, expires_at, release_at, scope, written_at
)
SELECT v.owner_id, v.id, v.issuer_id, v.kind, v.available, v.held, v.pending, v.reserve,
  v.earned_at, v.expires_at, v.release_at, v.scope, %(at)s::timestamptz
FROM unnest(
  %(owner_id)s::bigint[], %(id)s::bigint[], %(issuer_id)s::bigint[], %(kind)s::text[],
  %(available)s::bigint[], %(held)s::bigint[], %(pending)s::bigint[], %(reserve)s::bigint[],
  %(earned_at)s::timestamptz[], %(expires_at)s::timestamptz[], %(release_at)s::timestamptz[],
  %(scope)s::json[]
) AS v (
  owner_id, id, issuer_id, kind, available, held, pending, reserve,
  earned_at, expires_at, release_at, scope
);

-- name: change_lots
-- The wallet lock covers them, so these are values and not differences.
UPDATE ledger.lot AS t
SET available = v.available, held = v.held, pending = v.pending, reserve = v.reserve
FROM unnest(
  %(owner_id)s::bigint[], %(id)s::bigint[], %(available)s::bigint[], %(held)s::bigint[],
  %(pending)s::bigint[], %(reserve)s::bigint[]
) AS v (owner_id, id, available, held, pending, reserve)
WHERE t.owner_id = v.owner_id AND t.id = v.id;

-- name: write_holds
-- Each hold's slices travel as the text of an array: arrays of arrays must not be ragged.
INSERT INTO ledger.hold (
  owner_id, id, organisation_id, outlet_id, amount, remaining, lots, slices, expires_at, written_at
)
SELECT v.owner_id, v.id, v.organisation_id, v.outlet_id, v.amount, v.remaining,
  v.lots::bigint[], v.slices::bigint[], v.expires_at, %(at)s::timestamptz
FROM unnest(
  %(owner_id)s::bigint[], %(id)s::bigint[], %(organisation_id)s::bigint[],
  %(outlet_id)s::bigint[], %(amount)s::bigint[], %(remaining)s::bigint[],
  %(lots)s::text[], %(slices)s::text[], %(expires_at)s::timestamptz[]
) AS v (
  owner_id, id, organisation_id, outlet_id, amount, remaining, lots, slices, expires_at
)
ON CONFLICT (owner_id, id) DO UPDATE
  SET remaining = excluded.remaining, lots = excluded.lots, slices = excluded.slices;

-- name: write_owing
INSERT INTO ledger.owing (owner_id, organisation_id, amount)
SELECT v.owner_id, v.organisation_id, v.amount
FROM unnest(%(owners)s::bigint[], %(organisations)s::bigint[], %(amounts)s::bigint[])
  AS v (owner_id, organisation_id, amount)
ON CONFLICT (owner_id, organisation_id) DO UPDATE SET amount = excluded.amount;

-- name: add_claims
-- Sums for each pair, in key order: two batches never wait for each other in a circle.
INSERT INTO ledger.claim AS c (
  issuer_id, redeemer_id, window_id, claimed, countered, claims, counterclaims
)
SELECT v.issuer_id, v.redeemer_id, %(window)s, v.claimed, v.countered, v.claims, v.counterclaims
FROM unnest(
  %(issuers)s::bigint[], %(redeemers)s::bigint[], %(claimed)s::bigint[],
  %(countered)s::bigint[], %(claims)s::bigint[], %(counterclaims)s::bigint[]
) AS v (issuer_id, redeemer_id, claimed, countered, claims, counterclaims)
ORDER BY v.issuer_id, v.redeemer_id
ON CONFLICT (issuer_id, redeemer_id, window_id) DO UPDATE SET
  claimed = c.claimed + excluded.claimed,
  countered = c.countered + excluded.countered,
  claims = c.claims + excluded.claims,
  counterclaims = c.counterclaims + excluded.counterclaims;

-- name: add_window_movements
INSERT INTO ledger.window_movement AS w (organisation_id, window_id, kind, net)
SELECT v.organisation_id, %(window)s, v.kind, v.net
FROM unnest(%(organisations)s::bigint[], %(kinds)s::text[], %(nets)s::bigint[])
  AS v (organisation_id, kind, net)
ORDER BY v.organisation_id, v.kind
ON CONFLICT (organisation_id, window_id, kind) DO UPDATE SET net = w.net + excluded.net;

-- name: write_batch
-- And let it wait for its seal.
WITH written AS (
  INSERT INTO ledger.batch (id, written_at, operations, transfers, digest)
  VALUES (%(id)s, %(at)s, %(operations)s, %(transfers)s, %(digest)s)
  RETURNING id
)

INSERT INTO ledger.unsealed (batch_id)
SELECT id FROM written;

-- name: open_window
INSERT INTO ledger.clearing_window (opened_at) VALUES (%(at)s) RETURNING id, opened_at, closed_at;

-- name: close_window
-- A server's clock may lag behind the one that opened it. What is in a window is decided by the
-- fence, so its times must only be in order.
UPDATE ledger.clearing_window SET closed_at = greatest(%(at)s, opened_at)
WHERE closed_at IS NULL
RETURNING id, opened_at, closed_at;

-- name: current_window
SELECT id, opened_at, closed_at FROM ledger.clearing_window WHERE closed_at IS NULL;
