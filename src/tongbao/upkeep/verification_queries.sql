-- name: ask
-- Nothing where one is asked for and has not ended.
INSERT INTO upkeep.verification (origin, incremental, state, asked_by, asked_at)
VALUES ('person', %(incremental)s, 'waiting', %(by)s, %(at)s)
ON CONFLICT (incremental) WHERE state IN ('waiting', 'running') DO NOTHING;

-- name: asked
SELECT id FROM upkeep.verification
WHERE incremental = %(incremental)s AND state IN ('waiting', 'running');

-- name: search_queue
-- The triggers of the queue's tables name no schema; until the transaction ends.
SELECT set_config('search_path', 'procrastinate', TRUE);

-- name: queue_job
-- The one that waits is enough. A worker is told of it at once.
INSERT INTO procrastinate.procrastinate_jobs (queue_name, task_name, queueing_lock, args)
VALUES (
  %(queue)s, %(job)s::text, %(job)s::text,
  jsonb_build_object('timestamp', extract(EPOCH FROM %(at)s::timestamptz)::bigint)
)
ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING;

-- name: take
-- Whoever takes one runs the job alone: one that is running is of a worker that was killed in it.
UPDATE upkeep.verification SET state = 'running', began_at = %(at)s
WHERE
  id = (
    SELECT min(v.id) FROM upkeep.verification AS v WHERE v.state IN ('waiting', 'running')
  )
RETURNING id, incremental;

-- name: end_one
UPDATE upkeep.verification
SET
  state = %(state)s, ended_at = %(at)s, since = %(since)s, position = %(position)s,
  unsealed = %(unsealed)s, laws = %(laws)s::json, error = %(error)s
WHERE id = %(id)s;

-- name: write_ended
INSERT INTO upkeep.verification (
  origin, incremental, state, asked_at, began_at, ended_at, since, position, unsealed, laws, error
)
VALUES (
  %(origin)s, %(incremental)s, %(state)s, %(began)s, %(began)s, %(at)s, %(since)s, %(position)s,
  %(unsealed)s, %(laws)s::json, %(error)s
);

-- name: verifications
-- The newest first; before an id, to go on.
SELECT
  id, origin, incremental, state, asked_by, asked_at, began_at, ended_at, since, position,
  unsealed, laws::text AS laws, error
FROM upkeep.verification
WHERE id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: verification
SELECT
  id, origin, incremental, state, asked_by, asked_at, began_at, ended_at, since, position,
  unsealed, laws::text AS laws, error
FROM upkeep.verification
WHERE id = %(id)s;

-- name: forget
-- What was found wrong, and what somebody has asked for, is kept.
DELETE FROM upkeep.verification
WHERE origin = 'schedule' AND state = 'holds' AND ended_at < %(before)s;
