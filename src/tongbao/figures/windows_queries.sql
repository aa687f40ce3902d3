-- name: windows_to_sum
-- The newest closed windows that are not summed yet.
SELECT w.id
FROM ledger.clearing_window AS w
LEFT JOIN figures.window_sum AS s ON w.id = s.window_id
WHERE w.closed_at IS NOT NULL AND s.window_id IS NULL
ORDER BY w.id DESC
LIMIT %(limit)s;

-- name: sum_window
-- Whoever sums the same window at the same time waits, and then finds it done.
INSERT INTO figures.window_sum (window_id, issued, redeemed, expired, claimed, pairs)
SELECT %(window)s::int, p.issued, p.redeemed, p.expired, c.claimed, c.pairs
FROM (
  SELECT
    coalesce(sum(t.amount) FILTER (
      WHERE m.name IN ('award', 'award_pending', 'adjust_up')
    ), 0) AS issued,
    coalesce(sum(CASE WHEN m.name = 'restore' THEN -t.amount ELSE t.amount END) FILTER (
      WHERE m.name IN ('redeem', 'capture', 'restore')
    ), 0) AS redeemed,
    coalesce(sum(t.amount) FILTER (WHERE m.name IN ('expire', 'forfeit')), 0) AS expired
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  WHERE t.window_id = %(window)s AND m.unit = 'PTS'
) AS p
CROSS JOIN (
  SELECT coalesce(sum(k.claimed - k.countered), 0) AS claimed, count(*) AS pairs
  FROM ledger.claim AS k
  WHERE k.window_id = %(window)s AND k.issuer_id <> k.redeemer_id
) AS c
ON CONFLICT DO NOTHING
RETURNING window_id;

-- name: sum_cohorts
-- Points given, redeemed and lost for good, by the month in which their lot was earned; what is
-- taken back was never given. Gifts, merges, holds and releases stay among members.
INSERT INTO figures.cohort_sum AS known (
  cohort, happened, given, redeemed, lost, redemptions, ends
)
SELECT m.cohort, m.happened,
  coalesce(sum(CASE
    WHEN m.name IN ('award', 'award_pending', 'adjust_up') THEN m.amount ELSE -m.amount
  END) FILTER (
    WHERE m.name IN (
      'award', 'award_pending', 'adjust_up', 'cancel', 'claw_back', 'adjust_down'
    )
  ), 0),
  coalesce(sum(CASE m.name WHEN 'restore' THEN -m.amount ELSE m.amount END) FILTER (
    WHERE m.name IN ('redeem', 'capture', 'restore')
  ), 0),
  coalesce(sum(m.amount) FILTER (WHERE m.name IN ('expire', 'forfeit', 'forfeit_pending')), 0),
  count(*) FILTER (WHERE m.name IN ('redeem', 'capture')),
  max(m.ends) FILTER (WHERE m.name IN ('award', 'award_pending', 'adjust_up', 'restore'))
FROM (
  SELECT v.name, t.amount,
    date_trunc('month', l.earned_at AT TIME ZONE %(zone)s)::date AS cohort,
    date_trunc('month', t.effective_at AT TIME ZONE %(zone)s)::date AS happened,
    coalesce(date_trunc('month', l.expires_at AT TIME ZONE %(zone)s)::date, '9999-12-01') AS ends
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS v ON t.movement = v.id
  INNER JOIN ledger.lot AS l
    ON
      l.owner_id = CASE
        WHEN v.name IN ('award', 'award_pending', 'adjust_up', 'restore') THEN t.to_owner
        ELSE t.from_owner
      END
      AND l.id = coalesce(t.to_lot, t.from_lot)
  WHERE
    t.window_id = %(window)s
    AND v.name IN (
      'award', 'award_pending', 'adjust_up', 'restore', 'cancel', 'claw_back', 'adjust_down',
      'redeem', 'capture', 'expire', 'forfeit', 'forfeit_pending'
    )
) AS m
GROUP BY m.cohort, m.happened
ON CONFLICT (cohort, happened) DO UPDATE
SET
  given = known.given + excluded.given,
  redeemed = known.redeemed + excluded.redeemed,
  lost = known.lost + excluded.lost,
  redemptions = known.redemptions + excluded.redemptions,
  ends = greatest(known.ends, excluded.ends);

-- name: newest_windows
SELECT w.id, w.opened_at, s.issued, s.redeemed, s.expired
FROM figures.window_sum AS s
INNER JOIN ledger.clearing_window AS w ON s.window_id = w.id
ORDER BY w.id DESC
LIMIT %(limit)s;

-- name: cohort_sums
SELECT cohort, happened, given, redeemed, lost, redemptions, ends
FROM figures.cohort_sum
ORDER BY cohort, happened;
