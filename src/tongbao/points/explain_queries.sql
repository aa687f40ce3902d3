-- name: explained_operation
SELECT p.id, p.kind, p.owner_id, p.organisation_id, o.code AS organisation, t.code AS outlet,
  p.original_id, p.window_id, w.closed_at AS window_closed_at, p.points, p.cash, p.written_at,
  p.effective_at, p.data::text
FROM ledger.operation AS p
LEFT JOIN alliance.organisation AS o ON p.organisation_id = o.id
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
LEFT JOIN ledger.clearing_window AS w ON p.window_id = w.id
WHERE p.id = %(id)s;

-- name: explained_transfers
-- A code is an organisation's; members have none.
SELECT v.n, m.name AS movement, m.unit, m.meaning, v.from_owner, a.code AS from_code, m.from_kind,
  v.to_owner, b.code AS to_code, m.to_kind, v.amount, v.from_lot, v.to_lot
FROM ledger.transfer AS v
INNER JOIN ledger.movement AS m ON v.movement = m.id
LEFT JOIN alliance.organisation AS a ON v.from_owner = a.id
LEFT JOIN alliance.organisation AS b ON v.to_owner = b.id
WHERE v.owner_id = %(owner)s AND v.operation_id = %(id)s
ORDER BY v.n;

-- name: explained_lots
-- A lot that is taken from was the sender's; one that is added to is the receiver's. What a
-- reserve pays stands for a lot whose owner the transfer of its points names.
WITH touched AS (
  SELECT v.from_owner AS owner_id, v.from_lot AS id, -v.amount AS points
  FROM ledger.transfer AS v
  INNER JOIN ledger.movement AS m ON v.movement = m.id
  WHERE v.owner_id = %(owner)s AND v.operation_id = %(id)s AND m.unit = 'PTS'
    AND v.from_lot IS NOT NULL
  UNION ALL
  SELECT v.to_owner AS owner_id, v.to_lot AS id, v.amount AS points
  FROM ledger.transfer AS v
  INNER JOIN ledger.movement AS m ON v.movement = m.id
  WHERE v.owner_id = %(owner)s AND v.operation_id = %(id)s AND m.unit = 'PTS'
    AND v.to_lot IS NOT NULL
),

backing AS (
  SELECT coalesce(v.from_lot, v.to_lot) AS id,
    sum(CASE WHEN v.to_lot IS NULL THEN -v.amount ELSE v.amount END)::bigint AS reserve
  FROM ledger.transfer AS v
  INNER JOIN ledger.movement AS m ON v.movement = m.id
  WHERE v.owner_id = %(owner)s AND v.operation_id = %(id)s AND m.unit = 'CNY'
    AND (v.from_lot IS NOT NULL OR v.to_lot IS NOT NULL)
  GROUP BY coalesce(v.from_lot, v.to_lot)
)

SELECT l.id, l.owner_id, l.issuer_id, o.code AS issuer, o.name AS issuer_name, l.kind, l.earned_at,
  l.expires_at, sum(t.points)::bigint AS points, coalesce(b.reserve, 0) AS reserve,
  l.available + l.held + l.pending AS remaining
FROM touched AS t
INNER JOIN ledger.lot AS l ON t.owner_id = l.owner_id AND t.id = l.id
INNER JOIN alliance.organisation AS o ON l.issuer_id = o.id
LEFT JOIN backing AS b ON l.id = b.id
GROUP BY l.owner_id, l.id, o.code, o.name, b.reserve
ORDER BY sum(t.points), l.expires_at NULLS LAST, l.earned_at, l.id;

-- name: explained_relatives
-- The operation it follows, and those that follow it (after a merge under the survivor).
SELECT p.id, p.kind, coalesce(p.id = %(original)s, FALSE) AS before, p.points, p.cash,
  p.effective_at
FROM ledger.operation AS p
WHERE
  p.id = %(original)s
  OR (
    p.original_id = %(id)s AND p.owner_id IN (
      SELECT coalesce(m.merged_into, m.id) FROM members.member AS m WHERE m.id = %(owner)s
      UNION
      SELECT %(owner)s
    )
  )
ORDER BY p.id;

-- name: explained_record
SELECT o.scope, g.code AS caller, o.key, o.refused, encode(o.fingerprint, 'hex') AS fingerprint,
  convert_from(o.answer, 'UTF8') AS answer, o.written_at
FROM kernel.once AS o
LEFT JOIN alliance.organisation AS g ON o.scope = g.id
WHERE o.operation_id = %(id)s;

-- name: explained_batch
SELECT b.id, b.written_at, b.operations, b.transfers, encode(b.digest, 'hex') AS digest, s.position,
  encode(s.digest, 'hex') AS seal, s.sealed_at
FROM ledger.batch AS b
LEFT JOIN ledger.seal AS s ON b.id = s.batch_id
WHERE b.id = %(batch)s;

-- name: sale_to_take_back
SELECT p.kind, p.data::text FROM ledger.operation AS p WHERE p.id = %(id)s;

-- name: taken_back_of
-- What undid an operation, also under the memberships that its member has lived on as.
WITH RECURSIVE life AS (
  SELECT p.owner_id AS id FROM ledger.operation AS p WHERE p.id = %(id)s
  UNION
  SELECT m.merged_into FROM life AS l
  INNER JOIN members.member AS m ON l.id = m.id
  WHERE m.merged_into IS NOT NULL
)

SELECT p.kind, p.data::text
FROM ledger.operation AS p
WHERE
  p.owner_id IN (SELECT l.id FROM life AS l) AND p.original_id = %(id)s
  AND p.kind IN ('refund', 'reversal', 'cancel_pending')
ORDER BY p.id;
