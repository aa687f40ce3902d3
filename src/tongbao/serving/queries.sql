-- name: stream_lag
-- How long a transaction holds the stream up: what was written after it is not read yet.
SELECT coalesce(extract(EPOCH FROM now() - min(xact_start)), 0)::float8
FROM pg_stat_activity
WHERE backend_xid IS NOT NULL OR backend_xmin IS NOT NULL;

-- name: webhook_states
SELECT state, count(*) FROM webhooks.endpoint WHERE state <> 'deleted' GROUP BY state;

-- name: webhook_queue
SELECT count(*), coalesce(extract(EPOCH FROM now() - min(queued_at)), 0)::float8
FROM webhooks.delivery
WHERE state = 'waiting';

-- name: open_items
SELECT kind, count(*) FROM desk.exception_item WHERE state = 'open' GROUP BY kind;

-- name: failing_jobs
SELECT name, failures_in_row, coalesce(extract(EPOCH FROM now() - ended_at), 0)::float8
FROM upkeep.job;

-- name: unsealed
SELECT count(*) FROM ledger.unsealed;
