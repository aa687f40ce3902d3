-- name: get_window
SELECT w.id, w.opened_at, w.closed_at, s.settled_at
FROM ledger.clearing_window AS w
LEFT JOIN clearing.settlement AS s ON w.id = s.window_id
WHERE w.id = %(id)s;

-- name: newest_windows
SELECT w.id, w.opened_at, w.closed_at, s.settled_at
FROM ledger.clearing_window AS w
LEFT JOIN clearing.settlement AS s ON w.id = s.window_id
WHERE w.id < %(before)s
ORDER BY w.id DESC
LIMIT %(limit)s;

-- name: lock_window
-- Whoever settles it comes alone. Nothing else locks a window that is closed.
SELECT closed_at FROM ledger.clearing_window WHERE id = %(id)s FOR UPDATE;

-- name: first_unsettled
-- Ids are given in order, and a window is opened by the one that closes the one before.
SELECT min(w.id) FROM ledger.clearing_window AS w
WHERE
  w.closed_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM clearing.settlement AS s WHERE s.window_id = w.id);

-- name: claims_of_window
-- Both ways of each pair: counter-claims (refunds) are owed by the redeemer to the issuer.
SELECT issuer_id, redeemer_id, claimed, claims, countered, counterclaims
FROM ledger.claim
WHERE window_id = %(window)s
ORDER BY issuer_id, redeemer_id;

-- name: nets_of_window
-- One row for each organisation that moved; sums that posting keeps, so sales are not read.
SELECT organisation_id,
  coalesce(sum(net) FILTER (WHERE kind = 'clearing'), 0)::bigint AS clearing,
  coalesce(sum(net) FILTER (WHERE kind = 'reserve'), 0)::bigint AS reserve,
  coalesce(sum(net) FILTER (WHERE kind = 'fees'), 0)::bigint AS fees,
  coalesce(sum(net) FILTER (WHERE kind = 'breakage'), 0)::bigint AS breakage,
  coalesce(sum(net) FILTER (WHERE kind = 'prepaid'), 0)::bigint AS prepaid
FROM ledger.window_movement
WHERE window_id = %(window)s
GROUP BY organisation_id
ORDER BY organisation_id;

-- name: get_settlement
SELECT window_id, operation_id, collections, paid_in, payouts, paid_out, settled_by, settled_at
FROM clearing.settlement
WHERE window_id = %(window)s;

-- name: write_settlement
INSERT INTO clearing.settlement (
  window_id, operation_id, collections, paid_in, payouts, paid_out, settled_by, settled_at
)
VALUES (
  %(window_id)s, %(operation_id)s, %(collections)s, %(paid_in)s, %(payouts)s, %(paid_out)s,
  %(settled_by)s, %(settled_at)s
);
