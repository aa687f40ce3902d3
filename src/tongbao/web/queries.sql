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
