-- name: insert_endpoint
INSERT INTO webhooks.endpoint (
  organisation_id, url, types, name, created_by, created_at, changed_at
)
VALUES (%(organisation)s, %(url)s, %(types)s::text[], %(name)s, %(by)s, %(at)s, %(at)s)
RETURNING id;

-- name: get_endpoint
SELECT e.id, e.organisation_id, e.url, e.types, e.name, e.state, e.version, e.created_by,
  e.created_at, e.changed_at, e.reached_at, e.failures_in_row, e.failing_since, e.paused_until,
  e.disabled_because
FROM webhooks.endpoint AS e
WHERE
  e.id = %(id)s AND e.state <> 'deleted'
  AND (%(organisation)s::bigint IS NULL OR e.organisation_id = %(organisation)s);

-- name: lock_endpoint
-- In a statement of its own: whoever waited for the lock reads afterwards what was changed.
SELECT id FROM webhooks.endpoint WHERE id = %(id)s FOR UPDATE;

-- name: list_endpoints
SELECT e.id, e.organisation_id, e.url, e.types, e.name, e.state, e.version, e.created_by,
  e.created_at, e.changed_at, e.reached_at, e.failures_in_row, e.failing_since, e.paused_until,
  e.disabled_because
FROM webhooks.endpoint AS e
WHERE
  e.state <> 'deleted' AND e.id > %(after)s
  AND (%(organisation)s::bigint IS NULL OR e.organisation_id = %(organisation)s)
ORDER BY e.id
LIMIT %(limit)s;

-- name: count_endpoints
SELECT count(*) FROM webhooks.endpoint
WHERE organisation_id = %(organisation)s AND state <> 'deleted';

-- name: change_endpoint
UPDATE webhooks.endpoint
SET
  url = %(url)s, types = %(types)s::text[], name = %(name)s, changed_at = %(at)s,
  version = version + 1
WHERE id = %(id)s;

-- name: enable_endpoint
-- It begins with a clean record, or one failure more would disable it again.
UPDATE webhooks.endpoint
SET
  state = 'active', disabled_because = NULL, failing_since = NULL, failures_in_row = 0,
  paused_until = NULL, changed_at = %(at)s, version = version + 1
WHERE id = %(id)s;

-- name: disable_endpoint
UPDATE webhooks.endpoint
SET state = 'disabled', disabled_because = %(because)s, changed_at = %(at)s, version = version + 1
WHERE id = %(id)s AND state = 'active';

-- name: delete_endpoint
UPDATE webhooks.endpoint
SET state = 'deleted', changed_at = %(at)s, version = version + 1
WHERE id = %(id)s;

-- name: forget_secrets
DELETE FROM webhooks.secret WHERE endpoint_id = %(id)s;

-- name: forget_waiting
DELETE FROM webhooks.delivery WHERE endpoint_id = %(id)s AND state = 'waiting';

-- name: newest_generation
SELECT coalesce(max(generation), 0) FROM webhooks.secret WHERE endpoint_id = %(id)s;

-- name: insert_secret
INSERT INTO webhooks.secret (endpoint_id, generation, sealed, created_at)
VALUES (%(id)s, %(generation)s, %(sealed)s, %(at)s);

-- name: end_secrets
-- Those before it stay good for a while; what was ended before is not made longer.
UPDATE webhooks.secret SET expires_at = %(expires_at)s
WHERE
  endpoint_id = %(id)s AND generation < %(generation)s
  AND (expires_at IS NULL OR expires_at > %(expires_at)s);

-- name: valid_secrets
SELECT generation, sealed FROM webhooks.secret
WHERE endpoint_id = %(id)s AND (expires_at IS NULL OR expires_at > %(at)s)
ORDER BY generation DESC
LIMIT %(limit)s;

-- name: active_endpoints
-- All that may be told anything, with whether their organisation is the operator.
SELECT e.id, e.organisation_id, e.types, o.role = 'operator' AS operator
FROM webhooks.endpoint AS e
INNER JOIN alliance.organisation AS o ON e.organisation_id = o.id
WHERE e.state = 'active'
ORDER BY e.id;

-- name: queue_deliveries
-- What was sent before is sent once more: a replay, or a page that is read again.
INSERT INTO webhooks.delivery (endpoint_id, xid, event_id, type, next_at, queued_at)
SELECT
  v.endpoint_id, v.xid::text::xid8, v.event_id, v.type, %(at)s AS next_at, %(at)s AS queued_at
FROM unnest(
  %(endpoints)s::bigint[], %(xids)s::bigint[], %(events)s::bigint[], %(types)s::text[]
) AS v (endpoint_id, xid, event_id, type)
ON CONFLICT (endpoint_id, xid, event_id) DO UPDATE
  SET
    state = 'waiting', attempts = 0, next_at = excluded.next_at, queued_at = excluded.queued_at,
    ended_at = NULL;

-- name: boundary
-- Nothing will be written below it any more.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint;

-- name: due_endpoints
-- One row for each that has something to send now.
SELECT e.id FROM webhooks.endpoint AS e
WHERE
  e.state = 'active' AND (e.paused_until IS NULL OR e.paused_until <= %(at)s)
  AND EXISTS (
    SELECT 1 FROM webhooks.delivery AS d
    WHERE d.endpoint_id = e.id AND d.state = 'waiting' AND d.next_at <= %(at)s
  )
ORDER BY e.id;

-- name: queue_jobs
-- One waiting job for each endpoint is enough; who works on one already is asked again after it.
INSERT INTO procrastinate.procrastinate_jobs (queue_name, task_name, queueing_lock, args)
SELECT
  %(queue)s, %(task)s::text, %(task)s::text || ' ' || v.id, jsonb_build_object('endpoint', v.id)
FROM unnest(%(endpoints)s::bigint[]) AS v (id)
ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING;

-- name: lock_sending
-- Of the session, so that it ends with the connection of a killed worker and not before.
SELECT pg_try_advisory_lock(%(lock)s, %(endpoint)s::bigint::int);

-- name: due_deliveries
-- In the order of the stream, each with its event.
SELECT d.xid::text::bigint, d.event_id, d.attempts, v.owner_id, v.type, v.at, v.effective_at,
  v.data::text
FROM webhooks.delivery AS d
INNER JOIN events.event AS v ON d.xid = v.xid AND d.event_id = v.id
WHERE d.endpoint_id = %(endpoint)s AND d.state = 'waiting' AND d.next_at <= %(at)s
ORDER BY d.xid, d.event_id
LIMIT %(limit)s;

-- name: write_attempt
INSERT INTO webhooks.attempt (endpoint_id, xid, event_id, at, status, milliseconds, error)
VALUES (
  %(endpoint)s, %(xid)s::text::xid8, %(event)s, %(at)s, %(status)s, %(milliseconds)s, %(error)s
)
ON CONFLICT (endpoint_id, xid, event_id, at) DO NOTHING;

-- name: note_delivery
UPDATE webhooks.delivery
SET
  state = %(state)s, attempts = attempts + 1, next_at = %(next_at)s,
  ended_at = %(ended_at)s::timestamptz
WHERE endpoint_id = %(endpoint)s AND xid = %(xid)s::text::xid8 AND event_id = %(event)s;

-- name: note_reached
UPDATE webhooks.endpoint
SET reached_at = %(at)s, failures_in_row = 0, failing_since = NULL, paused_until = NULL
WHERE id = %(id)s;

-- name: note_failure
UPDATE webhooks.endpoint
SET failures_in_row = failures_in_row + 1, failing_since = coalesce(failing_since, %(at)s)
WHERE id = %(id)s
RETURNING failures_in_row, failing_since;

-- name: pause
UPDATE webhooks.endpoint SET paused_until = %(until)s WHERE id = %(id)s;

-- name: list_deliveries
-- Newest first: what went wrong lately is what one looks for.
SELECT d.xid::text::bigint, d.event_id, d.type, d.state, d.attempts, d.next_at, d.queued_at,
  d.ended_at
FROM webhooks.delivery AS d
WHERE
  d.endpoint_id = %(endpoint)s
  AND (d.xid, d.event_id) < (%(xid)s::text::xid8, %(event)s)
  AND (%(state)s::text IS NULL OR d.state = %(state)s)
ORDER BY d.xid DESC, d.event_id DESC
LIMIT %(limit)s;

-- name: get_delivery
SELECT d.xid::text::bigint, d.event_id, d.type, d.state, d.attempts, d.next_at, d.queued_at,
  d.ended_at
FROM webhooks.delivery AS d
WHERE d.endpoint_id = %(endpoint)s AND d.xid = %(xid)s::text::xid8 AND d.event_id = %(event)s;

-- name: list_attempts
SELECT a.at, a.status, a.milliseconds, a.error FROM webhooks.attempt AS a
WHERE a.endpoint_id = %(endpoint)s AND a.xid = %(xid)s::text::xid8 AND a.event_id = %(event)s
ORDER BY a.at DESC
LIMIT %(limit)s;

-- name: insert_replay
INSERT INTO webhooks.replay (endpoint_id, since, asked_by, asked_at, xid, event_id)
VALUES (%(endpoint)s, %(since)s, %(by)s, %(at)s, %(xid)s::text::xid8, %(event)s)
RETURNING id;

-- name: same_replay
SELECT r.id FROM webhooks.replay AS r
WHERE r.done_at IS NULL AND r.endpoint_id = %(endpoint)s AND r.since = %(since)s;

-- name: open_replays
SELECT r.id, r.endpoint_id, r.since, r.xid::text::bigint, r.event_id FROM webhooks.replay AS r
WHERE r.done_at IS NULL
ORDER BY r.id
FOR UPDATE SKIP LOCKED;

-- name: move_replay
UPDATE webhooks.replay
SET xid = %(xid)s::text::xid8, event_id = %(event)s, queued = queued + %(queued)s,
  done_at = %(done_at)s
WHERE id = %(id)s;

-- name: forget_ended
-- What was given up or delivered long ago, a part at a time.
DELETE FROM webhooks.delivery AS d
USING (
  SELECT endpoint_id, xid, event_id FROM webhooks.delivery
  WHERE ended_at < %(before)s
  ORDER BY ended_at
  LIMIT %(limit)s
) AS old
WHERE (d.endpoint_id, d.xid, d.event_id) = (old.endpoint_id, old.xid, old.event_id);

-- name: forget_attempts
DELETE FROM webhooks.attempt WHERE at < %(before)s;

-- name: count_waiting
SELECT count(*), min(queued_at) FROM webhooks.delivery WHERE state = 'waiting';
