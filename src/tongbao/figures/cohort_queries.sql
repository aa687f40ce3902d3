-- name: begin_cohorts
INSERT INTO figures.cohorts_summed (window_id) VALUES (0) ON CONFLICT DO NOTHING;

-- name: lock_cohorts
-- One at a time: whoever waits finds nothing left to add.
SELECT window_id FROM figures.cohorts_summed FOR UPDATE;

-- name: cohorts_through
SELECT w.id, w.closed_at
FROM figures.cohorts_summed AS s
INNER JOIN ledger.clearing_window AS w ON s.window_id = w.id;

-- name: windows_to_sum
SELECT w.id FROM ledger.clearing_window AS w
WHERE w.closed_at IS NOT NULL AND w.id > %(after)s
ORDER BY w.id
LIMIT %(limit)s;

-- name: add_cohorts
-- One pass over the transfers of a window, for all issuers: the transfer names the issuer and the
-- member, so one join finds the lot and the month in which it was earned. Gifts, merges, holds
-- and releases stay among members.
INSERT INTO figures.cohort AS known (issuer_id, cohort, week, given, redeemed, lost)
SELECT m.issuer_id, m.cohort, m.week,
  coalesce(sum(CASE WHEN m.movement IN (1, 2, 15) THEN m.amount ELSE -m.amount END)
    FILTER (WHERE m.movement IN (1, 2, 4, 10, 15, 16)), 0),
  coalesce(sum(CASE m.movement WHEN 9 THEN -m.amount ELSE m.amount END)
    FILTER (WHERE m.movement IN (5, 8, 9)), 0),
  coalesce(sum(m.amount) FILTER (WHERE m.movement IN (14, 21, 22)), 0)
FROM (
  SELECT t.movement, t.amount,
    CASE WHEN t.movement IN (1, 2, 9, 15) THEN t.from_owner ELSE t.to_owner END AS issuer_id,
    date_trunc('month', l.earned_at AT TIME ZONE %(zone)s)::date AS cohort,
    date_trunc('week', t.effective_at AT TIME ZONE %(zone)s)::date AS week
  FROM ledger.transfer AS t
  INNER JOIN ledger.lot AS l
    ON
      l.owner_id = CASE WHEN t.movement IN (1, 2, 9, 15) THEN t.to_owner ELSE t.from_owner END
      AND l.id = coalesce(t.to_lot, t.from_lot)
  WHERE
    t.movement IN (1, 2, 4, 5, 8, 9, 10, 14, 15, 16, 21, 22)
    AND t.window_id = %(window)s
) AS m
GROUP BY m.issuer_id, m.cohort, m.week
ON CONFLICT (issuer_id, cohort, week) DO UPDATE
SET
  given = known.given + excluded.given,
  redeemed = known.redeemed + excluded.redeemed,
  lost = known.lost + excluded.lost;

-- name: note_cohorts
UPDATE figures.cohorts_summed SET window_id = %(window)s;

-- name: flows
SELECT c.cohort, c.week, c.given, c.redeemed, c.lost
FROM figures.cohort AS c
WHERE c.issuer_id = %(issuer)s
ORDER BY c.cohort, c.week;
