-- name: lock_job
-- Of the session, so that it ends with the connection of a killed worker and not before.
SELECT pg_try_advisory_lock(%(lock)s, hashtext(%(name)s));

-- name: unlock_job
SELECT pg_advisory_unlock(%(lock)s, hashtext(%(name)s));

-- name: begin_job
INSERT INTO upkeep.job (name, began_at) VALUES (%(name)s, %(at)s)
ON CONFLICT (name) DO UPDATE SET began_at = excluded.began_at, ended_at = NULL;

-- name: end_job
UPDATE upkeep.job
SET runs = runs + 1, ended_at = %(at)s, facts = %(facts)s::json, failures_in_row = 0
WHERE name = %(name)s;

-- name: fail_job
UPDATE upkeep.job
SET
  runs = runs + 1, ended_at = %(at)s, facts = NULL, failures = failures + 1,
  failures_in_row = failures_in_row + 1, failed_at = %(at)s, error = %(error)s
WHERE name = %(name)s;

-- name: read_jobs
SELECT
  name, runs, began_at, ended_at, facts::text AS facts, failures, failures_in_row, failed_at,
  error
FROM upkeep.job;

-- name: read_queue
-- A worker says that it lives every ten seconds.
SELECT
  (
    SELECT count(*) FROM procrastinate.procrastinate_workers
    WHERE last_heartbeat > now() - interval '30 seconds'
  ) AS workers,
  count(*) FILTER (WHERE status = 'todo') AS waiting,
  count(*) FILTER (WHERE status = 'doing') AS running
FROM procrastinate.procrastinate_jobs
WHERE status IN ('todo', 'doing');

-- name: forget_lost_jobs
-- What a killed worker had taken from the queue stays there as being done. Its next run is queued
-- by time like every other, so this one is only in the way.
DELETE FROM procrastinate.procrastinate_jobs AS j
WHERE
  j.status = 'doing'
  AND NOT EXISTS (
    SELECT 1 FROM procrastinate.procrastinate_workers AS w
    WHERE j.worker_id = w.id AND w.last_heartbeat > now() - interval '5 minutes'
  );
