-- name: arm_key
UPDATE access.api_key SET signing = %(secret)s, signing_required = %(required)s
WHERE id = %(id)s;

-- name: use_nonces
-- Those that come back were new; the others were here before, in this process or in another.
INSERT INTO access.nonce (key_id, nonce, expires_at)
SELECT n.key_id, n.nonce, n.expires_at
FROM unnest(%(keys)s::bigint[], %(nonces)s::text[], %(expire)s::timestamptz[])
  AS n (key_id, nonce, expires_at)
ORDER BY n.key_id, n.nonce
ON CONFLICT DO NOTHING
RETURNING key_id, nonce;

-- name: forget_nonces
DELETE FROM access.nonce WHERE expires_at <= %(at)s;
