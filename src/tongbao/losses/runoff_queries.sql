-- name: money
-- What every organisation has with the operator, and how it stands.
SELECT a.owner_id, a.kind, a.balance
FROM ledger.account AS a
WHERE
  a.balance <> 0
  AND a.kind IN (
    'reserve', 'prepaid', 'collateral', 'clearing', 'guarantee', 'first_loss', 'fees',
    'breakage', 'bank'
  )
ORDER BY a.owner_id, a.kind;

-- name: stock_by_age
-- Points in circulation by issuer and age in whole months of the business calendar.
SELECT v.issuer_id, v.age, sum(v.points)::bigint AS points
FROM (
  SELECT t.issuer_id, t.available + t.held + t.pending AS points,
    least(%(oldest)s, greatest(0, m.now - extract(YEAR FROM e.earned_on)::int * 12
    - extract(MONTH FROM e.earned_on)::int)) AS age
  FROM ledger.lot AS t
  CROSS JOIN LATERAL (SELECT t.earned_at AT TIME ZONE %(zone)s AS earned_on) AS e
  CROSS JOIN (
    SELECT extract(YEAR FROM n.today)::int * 12 + extract(MONTH FROM n.today)::int AS now
    FROM (SELECT %(at)s::timestamptz AT TIME ZONE %(zone)s AS today) AS n
  ) AS m
  WHERE t.open
) AS v
GROUP BY v.issuer_id, v.age
ORDER BY v.issuer_id, v.age;

-- name: redemption_by_age
-- What became of points by the month they were earned in and their age then. What a refund gives
-- back was not spent after all. Reads the whole journal of points: asked once for a report.
SELECT v.cohort, v.age,
  coalesce(sum(v.amount) FILTER (WHERE v.movement IN (1, 2, 15)), 0)::bigint AS issued,
  coalesce(sum(CASE v.movement WHEN 9 THEN -v.amount ELSE v.amount END)
    FILTER (WHERE v.movement IN (5, 8, 9)), 0)::bigint AS redeemed,
  coalesce(sum(v.amount) FILTER (WHERE v.movement IN (4, 10, 14, 16, 21, 22)), 0)::bigint AS gone
FROM (
  SELECT t.movement, t.amount, m.now - e.month AS cohort,
    least(%(oldest)s, greatest(0, w.month - e.month)) AS age
  FROM ledger.transfer AS t
  INNER JOIN ledger.lot AS l
    ON
      coalesce(t.to_lot, t.from_lot) = l.id
      AND CASE WHEN t.to_lot IS NULL THEN t.from_owner ELSE t.to_owner END = l.owner_id
  CROSS JOIN LATERAL (
    SELECT extract(YEAR FROM l.earned_at AT TIME ZONE %(zone)s)::int * 12
      + extract(MONTH FROM l.earned_at AT TIME ZONE %(zone)s)::int AS month
  ) AS e
  CROSS JOIN LATERAL (
    SELECT extract(YEAR FROM t.effective_at AT TIME ZONE %(zone)s)::int * 12
      + extract(MONTH FROM t.effective_at AT TIME ZONE %(zone)s)::int AS month
  ) AS w
  CROSS JOIN (
    SELECT extract(YEAR FROM n.today)::int * 12 + extract(MONTH FROM n.today)::int AS now
    FROM (SELECT %(at)s::timestamptz AT TIME ZONE %(zone)s AS today) AS n
  ) AS m
  WHERE t.movement IN (1, 2, 4, 5, 8, 9, 10, 14, 15, 16, 21, 22)
) AS v
GROUP BY v.cohort, v.age
ORDER BY v.cohort, v.age;
