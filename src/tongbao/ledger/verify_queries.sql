-- name: one_snapshot
SET LOCAL transaction_isolation = 'repeatable read';

-- name: one_verifier
-- Before the snapshot is taken, so that it sees what the verifier before has recorded.
LOCK TABLE ledger.verified IN SHARE ROW EXCLUSIVE MODE;

-- name: plan_for_large_sums
-- The laws sort and hash whole tables on one core: the others are for posting, and splitting sums
-- of a million lots over workers costs more than it saves; so does compiling them.
SELECT set_config('work_mem', '128MB', TRUE), set_config('jit', 'off', TRUE),
  set_config('max_parallel_workers_per_gather', '0', TRUE);

-- name: read_last_point
-- A database restored from a dump has transaction ids of another server; while they run ahead of
-- this one's, what an earlier snapshot saw cannot be told.
SELECT v.snapshot::text, v.seal_position, v.seal_digest, v.unsealed_from, v.verified_at
FROM ledger.verified AS v
WHERE
  v.id = (SELECT max(id) FROM ledger.verified)
  AND pg_snapshot_xmax(v.snapshot) <= pg_snapshot_xmax(pg_current_snapshot())
  AND NOT EXISTS (
    SELECT 1 FROM ledger.batch WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())
  );

-- name: read_first_new_batch
-- What the earlier point could not see may have any id: it may only have committed late.
SELECT min(id) FROM ledger.batch
WHERE
  xid >= pg_snapshot_xmin(%(snapshot)s::pg_snapshot)
  AND NOT pg_visible_in_snapshot(xid, %(snapshot)s::pg_snapshot);

-- name: read_first_window
SELECT min(window_id) FROM ledger.operation
WHERE id >= %(since)s::bigint << 13;

-- name: read_position
SELECT max(id) FROM ledger.operation;

-- name: count_unsealed
SELECT count(*) FROM ledger.unsealed;

-- name: write_point
INSERT INTO ledger.verified (snapshot, seal_position, seal_digest, unsealed_from, verified_at)
SELECT pg_current_snapshot(), coalesce(s.position, 0), coalesce(s.digest, %(genesis)s::bytea),
  coalesce(
    (SELECT min(batch_id) FROM ledger.unsealed), (SELECT max(id) + 1 FROM ledger.batch), 0
  ),
  %(at)s::timestamptz
FROM (SELECT 1) AS one
LEFT JOIN (
  SELECT position, digest FROM ledger.seal
  ORDER BY position DESC
  LIMIT 1
) AS s ON TRUE;

-- name: write_balances
INSERT INTO ledger.verified_balance (owner_id, kind, balance)
SELECT a.owner_id, a.kind, a.balance
FROM ledger.account AS a
LEFT JOIN ledger.verified_balance AS v ON a.owner_id = v.owner_id AND a.kind = v.kind
WHERE a.balance <> coalesce(v.balance, 0)
ON CONFLICT (owner_id, kind) DO UPDATE SET balance = excluded.balance;

-- name: write_lots
INSERT INTO ledger.verified_lot (owner_id, id, available, held, pending, reserve)
SELECT t.owner_id, t.id, t.available, t.held, t.pending, t.reserve
FROM ledger.lot AS t
LEFT JOIN ledger.verified_lot AS v ON t.owner_id = v.owner_id AND t.id = v.id
WHERE
  (t.open OR t.reserve <> 0)
  AND (t.available, t.held, t.pending, t.reserve)
  IS DISTINCT FROM (v.available, v.held, v.pending, v.reserve)
ON CONFLICT (owner_id, id) DO UPDATE SET
  available = excluded.available, held = excluded.held,
  pending = excluded.pending, reserve = excluded.reserve;

-- name: delete_empty_lots
DELETE FROM ledger.verified_lot AS v
USING ledger.lot AS t
WHERE v.owner_id = t.owner_id AND v.id = t.id AND NOT t.open AND t.reserve = 0;
