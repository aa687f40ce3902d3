-- Whether operations of a kind give or spend points, or take such back: what figures add up.
CREATE FUNCTION figures.counts(kind text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT kind IN (
    'award', 'purchase', 'capture', 'advice', 'refund', 'reversal', 'cancel_pending',
    'decide_adjustment'
  )
$$;

-- How many points an operation has moved otherwise, fen: negative where its member has less to
-- spend by it. undone: the kind of what a reversal has called off.
CREATE FUNCTION figures.otherwise(kind text, undone text, points bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN kind IN ('hold', 'gift', 'expire_lots', 'merge', 'close') THEN -nullif(points, 0)
    WHEN kind IN ('void', 'expire_hold', 'release_pending') THEN nullif(points, 0)
    WHEN kind = 'reversal' AND undone IN ('hold', 'gift') THEN nullif(points, 0)
  END
$$;

-- The same operations as before, named in one place.
CREATE OR REPLACE VIEW figures.done AS
SELECT p.organisation_id, p.id, p.window_id, p.outlet_id, p.owner_id, p.kind, p.effective_at,
  s.amount AS sales, s.bills,
  coalesce((p.data ->> 'earned')::bigint, 0) - coalesce((p.data ->> 'clawed')::bigint, 0)
    + CASE WHEN p.kind = 'decide_adjustment' THEN p.points ELSE 0 END AS issued,
  s.points AS accepted, f.points AS foreign_points,
  CASE WHEN s.points = 0 THEN 0 ELSE s.amount END AS with_points, h.xid
FROM ledger.operation AS p
LEFT JOIN ledger.batch AS h ON p.id >> 13 = h.id
LEFT JOIN LATERAL (
  SELECT sum((l.line ->> 1)::bigint)::bigint AS amount,
    sum((l.line ->> 2)::bigint)::bigint AS points
  FROM json_array_elements(p.data -> 'lines') AS l (line)
  WHERE p.kind IN ('advice', 'refund', 'reversal', 'cancel_pending')
) AS n ON TRUE
LEFT JOIN ledger.operation AS g
  ON p.original_id = g.id AND p.kind IN ('refund', 'reversal', 'cancel_pending')
CROSS JOIN LATERAL (
  SELECT
    CASE
      WHEN p.kind IN ('award', 'purchase', 'capture') THEN p.points + p.cash
      WHEN p.kind = 'advice' THEN coalesce(n.amount, 0)
      WHEN g.kind = 'award' AND g.cash = 0 THEN 0
      ELSE -coalesce(n.amount, 0)
    END AS amount,
    CASE
      WHEN p.kind IN ('award', 'purchase', 'capture') THEN p.points
      WHEN p.kind = 'advice' THEN coalesce(n.points, 0)
      ELSE -coalesce(n.points, 0)
    END AS points,
    CASE
      WHEN p.kind IN ('award', 'purchase', 'capture') THEN 1
      WHEN p.kind = 'advice' AND n.amount IS NOT NULL THEN 1
      ELSE 0
    END AS bills
) AS s
CROSS JOIN LATERAL (
  SELECT coalesce(sum(CASE
    WHEN m.name = 'restore' AND t.from_owner <> p.organisation_id THEN -t.amount
    WHEN m.name <> 'restore' AND t.to_owner <> p.organisation_id THEN t.amount
  END), 0)::bigint AS points
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  WHERE
    t.operation_id = p.id AND t.owner_id = p.owner_id AND s.points <> 0
    AND m.name IN ('redeem', 'capture', 'restore')
) AS f
WHERE figures.counts(p.kind);
