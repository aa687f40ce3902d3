-- name: keys
-- Newest first; a key that ends soon is still good.
SELECT k.id, k.name, k.role, k.created_by, k.created_at, k.expires_at, k.last_used_at,
  cardinality(k.scopes) AS scopes,
  CASE
    WHEN k.revoked_at IS NOT NULL THEN 'revoked'
    WHEN k.expires_at <= now() THEN 'expired'
    ELSE 'active'
  END AS state,
  CASE WHEN k.signing_required THEN 'required' WHEN k.signing IS NULL THEN 'no' ELSE 'optional'
  END AS signs
FROM access.api_key AS k
WHERE k.organisation_id = %(organisation)s;

-- name: webhooks
SELECT e.id, e.name, e.url, e.state, e.created_at, e.reached_at, e.failures_in_row
FROM webhooks.endpoint AS e
WHERE e.organisation_id = %(organisation)s AND e.state <> 'deleted';

-- name: deliveries
-- What one endpoint was sent, or is to be sent: the log of the last thirty days.
SELECT d.event_id, 'evt_' || d.xid::text || '_' || d.event_id::text AS event, d.type,
  d.type AS code, d.state, d.attempts, d.queued_at, d.ended_at, d.next_at
FROM webhooks.delivery AS d
WHERE d.endpoint_id = %(webhook)s;

-- name: replays
-- What was asked to be sent again, the newest first, and how much of it is queued.
SELECT r.since, r.asked_by, r.asked_at, r.queued, r.done_at
FROM webhooks.replay AS r
WHERE r.endpoint_id = %(webhook)s
ORDER BY r.id DESC
LIMIT %(limit)s;
