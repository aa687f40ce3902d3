-- name: try_key
-- Whoever asks with a key that is being worked on is told so; nobody queues behind it.
SELECT pg_try_advisory_xact_lock(%(lock)s);

-- name: kept
SELECT fingerprint, answer FROM kernel.once
WHERE scope = %(scope)s AND key = %(key)s;

-- name: keep
-- Operation 0: what was done is no operation of the journal.
INSERT INTO kernel.once (scope, key, operation_id, refused, fingerprint, answer, written_at)
VALUES (%(scope)s, %(key)s, 0, %(refused)s, %(fingerprint)s, %(answer)s, %(at)s)
ON CONFLICT DO NOTHING;
