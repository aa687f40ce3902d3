-- name: try_seal_lock
-- One sealer at a time; whoever comes second has nothing to do.
SELECT pg_try_advisory_xact_lock(%(lock)s);

-- name: read_unsealed
-- In the order of their ids among those that can be seen: a gap is an aborted batch or a late one.
SELECT u.batch_id, b.digest
FROM ledger.unsealed AS u
INNER JOIN ledger.batch AS b ON u.batch_id = b.id
ORDER BY u.batch_id
LIMIT %(limit)s;

-- name: read_last_seal
SELECT position, digest FROM ledger.seal
ORDER BY position DESC
LIMIT 1;

-- name: write_seals
INSERT INTO ledger.seal (position, batch_id, digest, sealed_at)
SELECT v.position, v.batch_id, decode(v.digest, 'hex'), %(at)s::timestamptz
FROM unnest(%(positions)s::bigint[], %(batches)s::bigint[], %(digests)s::text[])
  AS v (position, batch_id, digest);

-- name: delete_unsealed
DELETE FROM ledger.unsealed
WHERE batch_id = ANY(%(batches)s::bigint[]);

-- name: read_seal
SELECT digest FROM ledger.seal
WHERE position = %(position)s::bigint;

-- name: walk_seals
SELECT s.position, s.batch_id, s.digest, b.digest AS batch_digest
FROM ledger.seal AS s
LEFT JOIN ledger.batch AS b ON s.batch_id = b.id
WHERE s.position > %(position)s::bigint
ORDER BY s.position;

-- name: walk_batches
SELECT id, written_at, operations, transfers, digest
FROM ledger.batch
WHERE id >= %(since)s::bigint
ORDER BY id;

-- name: read_operation_columns
-- The texts that were hashed, batch by batch: an array's text is the literal it was sent as.
SELECT b.id, count(*) AS operations, bool_and(o.written_at = b.written_at) AS same_time,
  array_agg(o.owner_id ORDER BY o.id)::text,
  array_agg(o.id ORDER BY o.id)::text,
  array_agg(o.kind ORDER BY o.id)::text,
  array_agg(o.organisation_id ORDER BY o.id)::text,
  array_agg(o.outlet_id ORDER BY o.id)::text,
  array_agg(o.original_id ORDER BY o.id)::text,
  array_agg(o.window_id ORDER BY o.id)::text,
  array_agg(o.points ORDER BY o.id)::text,
  array_agg(o.cash ORDER BY o.id)::text,
  array_agg((extract(EPOCH FROM o.effective_at) * 1000000)::bigint ORDER BY o.id)::text,
  string_agg(o.data::text, E'\x1e' ORDER BY o.id)
FROM ledger.operation AS o
INNER JOIN ledger.batch AS b ON o.id >> 13 = b.id
WHERE
  o.id >= %(first)s::bigint << 13 AND o.id < (%(last)s::bigint + 1) << 13
  AND b.id BETWEEN %(first)s::bigint AND %(last)s::bigint
GROUP BY b.id;

-- name: read_transfer_columns
SELECT b.id, count(*) AS transfers, bool_and(t.written_at = b.written_at) AS same_time,
  array_agg(t.owner_id ORDER BY t.operation_id, t.n)::text,
  array_agg(t.operation_id ORDER BY t.operation_id, t.n)::text,
  array_agg(t.n ORDER BY t.operation_id, t.n)::text,
  array_agg(t.movement ORDER BY t.operation_id, t.n)::text,
  array_agg(t.from_owner ORDER BY t.operation_id, t.n)::text,
  array_agg(t.to_owner ORDER BY t.operation_id, t.n)::text,
  array_agg(t.amount ORDER BY t.operation_id, t.n)::text,
  array_agg(t.from_lot ORDER BY t.operation_id, t.n)::text,
  array_agg(t.to_lot ORDER BY t.operation_id, t.n)::text
FROM ledger.transfer AS t
INNER JOIN ledger.batch AS b ON t.operation_id >> 13 = b.id
WHERE
  t.operation_id >= %(first)s::bigint << 13
  AND t.operation_id < (%(last)s::bigint + 1) << 13
  AND b.id BETWEEN %(first)s::bigint AND %(last)s::bigint
GROUP BY b.id;
