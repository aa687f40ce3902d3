-- name: begin_form
-- Waits for whoever sends the same form at this moment, and finds what they have done.
INSERT INTO web.form (sender, key, sent_at)
VALUES (%(sender)s, %(key)s, %(at)s)
ON CONFLICT DO NOTHING;

-- name: where_form_led
SELECT led_to FROM web.form WHERE sender = %(sender)s AND key = %(key)s;

-- name: end_form
UPDATE web.form SET led_to = %(to)s WHERE sender = %(sender)s AND key = %(key)s;

-- name: forget_forms
-- Nobody sends a form of last week again. A few at a time, by whoever sends the next one.
DELETE FROM web.form
WHERE (sender, key) IN (
  SELECT sender, key
  FROM web.form
  WHERE sent_at < %(at)s::timestamptz - interval '7 days'
  ORDER BY sent_at
  LIMIT 20
  FOR UPDATE SKIP LOCKED
);

-- name: known_members
-- What each shows: the end of a phone, else of a card, else of another id; to an organisation only
-- of what is known to all, or was given by it.
SELECT DISTINCT ON (n.member_id) n.member_id, '…' || n.hint AS shown
FROM members.identity AS n
WHERE
  n.member_id = ANY(%(members)s::bigint[])
  AND (%(organisation)s::bigint IS NULL OR n.issuer_id IN (0, %(organisation)s))
ORDER BY n.member_id, array_position(ARRAY['phone', 'card', 'external'], n.kind), n.hint;

-- name: organisations_like
-- The one whose code it is comes first.
SELECT o.code, o.name FROM alliance.organisation AS o
WHERE o.status <> 'closed' AND (o.code ILIKE %(pattern)s OR o.name ILIKE %(pattern)s)
ORDER BY o.code = %(typed)s DESC, o.name ASC, o.id ASC
LIMIT %(limit)s;

-- name: names_of
SELECT o.id, o.name FROM alliance.organisation AS o
WHERE o.id = ANY(%(organisations)s::bigint[]);
