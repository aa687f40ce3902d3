-- name: reader_lags
-- How old the oldest event is that a reader has not read and could read; nothing: it has read all.
SELECT r.name, extract(EPOCH FROM now() - (
  SELECT v.at FROM events.event AS v
  WHERE (v.xid, v.id) > (r.xid, r.id) AND v.xid < pg_snapshot_xmin(pg_current_snapshot())
  ORDER BY v.xid, v.id
  LIMIT 1
))::float8 AS seconds
FROM events.reader AS r;

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
FROM worker.job;

-- name: unsealed
SELECT count(*) FROM ledger.unsealed;
