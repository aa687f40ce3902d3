-- name: make_quote
INSERT INTO points.quote (
  member_id, organisation_id, outlet_id, amount, points, terms, made_at, expires_at
)
VALUES (
  %(member)s, %(organisation)s, %(outlet)s, %(amount)s, %(points)s, %(terms)s::json, %(at)s,
  %(expires_at)s
)
RETURNING id;

-- name: forget_quotes
-- Those that nobody used; what was used stands behind its purchase.
DELETE FROM points.quote
WHERE member_id = %(member)s AND used_by IS NULL AND expires_at < %(before)s;
