-- name: cohorts
-- What left and came home to issuers, by the month in which the lot was earned. Gifts, merges,
-- holds and releases stay among members and are left out; a gifted slice keeps its age. The
-- transfer names the issuer and the member, so one join finds the lot. A page begins after a place
-- in the order, and is of few issuers, so that the lots of the others are not looked for.
SELECT m.issuer_id, date_trunc('month', l.earned_at AT TIME ZONE %(zone)s)::date AS cohort,
  coalesce(sum(m.amount) FILTER (WHERE m.movement IN (1, 2, 15)), 0)::bigint AS issued,
  coalesce(sum(CASE m.movement WHEN 9 THEN -m.amount ELSE m.amount END)
    FILTER (WHERE m.movement IN (5, 8, 9)), 0)::bigint AS redeemed,
  coalesce(sum(m.amount) FILTER (WHERE m.movement = 14), 0)::bigint AS expired,
  coalesce(sum(m.amount) FILTER (WHERE m.movement IN (21, 22)), 0)::bigint AS forfeited,
  coalesce(sum(m.amount) FILTER (WHERE m.movement IN (4, 10, 16)), 0)::bigint AS clawed_back
FROM (
  SELECT t.movement, t.amount,
    CASE WHEN t.movement IN (1, 2, 9, 15) THEN t.from_owner ELSE t.to_owner END AS issuer_id,
    CASE WHEN t.movement IN (1, 2, 9, 15) THEN t.to_owner ELSE t.from_owner END AS member_id,
    coalesce(t.to_lot, t.from_lot) AS lot_id
  FROM ledger.transfer AS t
  WHERE
    t.movement IN (1, 2, 4, 5, 8, 9, 10, 14, 15, 16, 21, 22)
    AND t.effective_at < %(before)s::timestamptz
    AND t.operation_id <= %(position)s::bigint
) AS m
INNER JOIN ledger.lot AS l ON m.member_id = l.owner_id AND m.lot_id = l.id
WHERE
  (%(issuers)s::bigint[] IS NULL OR m.issuer_id = ANY(%(issuers)s::bigint[]))
  AND (m.issuer_id, date_trunc('month', l.earned_at AT TIME ZONE %(zone)s)::date)
  > (%(after)s::bigint, %(month)s::date)
GROUP BY m.issuer_id, cohort
ORDER BY m.issuer_id, cohort
LIMIT %(limit)s::bigint;

-- name: circulation
-- What the ledger says each issuer owes.
SELECT owner_id, -balance FROM ledger.account
WHERE kind = 'issued' AND (%(issuer)s::bigint IS NULL OR owner_id = %(issuer)s::bigint);

-- name: circulation_after
-- The same of a page: accounts are found by their owners, for there are as many wallets as members.
SELECT o.id, -a.balance
FROM alliance.organisation AS o
INNER JOIN ledger.account AS a ON o.id = a.owner_id AND a.kind = 'issued'
WHERE o.id > %(after)s AND (%(issuer)s::bigint IS NULL OR o.id = %(issuer)s::bigint)
ORDER BY o.id
LIMIT %(limit)s;

-- name: last_position
-- Every operation written so far has a position up to this one, every later one beyond it.
SELECT coalesce(max(id), 0) << 13 | 8191 FROM ledger.batch;

-- name: triangle
-- The same movements, by the month in which they happened as well: net points given, redeemed
-- and lost, and how many redemptions there were (evidence, not money). Rows of the whole alliance
-- (no issuer) come first, so that one pass serves both; a lot's last day bounds how long its
-- points can still be spent.
SELECT m.issuer_id, m.cohort, m.happened,
  coalesce(sum(CASE WHEN m.movement IN (1, 2, 15) THEN m.amount ELSE -m.amount END)
    FILTER (WHERE m.movement IN (1, 2, 4, 10, 15, 16)), 0)::bigint AS given,
  coalesce(sum(CASE m.movement WHEN 9 THEN -m.amount ELSE m.amount END)
    FILTER (WHERE m.movement IN (5, 8, 9)), 0)::bigint AS redeemed,
  coalesce(sum(m.amount) FILTER (WHERE m.movement IN (14, 21, 22)), 0)::bigint AS lost,
  count(*) FILTER (WHERE m.movement IN (5, 8)) AS redemptions,
  max(m.ends) FILTER (WHERE m.movement IN (1, 2, 9, 15)) AS ends
FROM (
  SELECT t.movement, t.amount,
    CASE WHEN t.movement IN (1, 2, 9, 15) THEN t.from_owner ELSE t.to_owner END AS issuer_id,
    date_trunc('month', l.earned_at AT TIME ZONE %(zone)s)::date AS cohort,
    date_trunc('month', t.effective_at AT TIME ZONE %(zone)s)::date AS happened,
    coalesce(date_trunc('month', l.expires_at AT TIME ZONE %(zone)s)::date, '9999-12-01') AS ends
  FROM ledger.transfer AS t
  INNER JOIN ledger.lot AS l
    ON
      l.owner_id = CASE WHEN t.movement IN (1, 2, 9, 15) THEN t.to_owner ELSE t.from_owner END
      AND l.id = coalesce(t.to_lot, t.from_lot)
  WHERE
    t.movement IN (1, 2, 4, 5, 8, 9, 10, 14, 15, 16, 21, 22)
    AND t.effective_at < %(before)s::timestamptz
    AND t.operation_id <= %(position)s::bigint
) AS m
GROUP BY GROUPING SETS ((m.cohort, m.happened), (m.issuer_id, m.cohort, m.happened))
ORDER BY m.issuer_id ASC NULLS FIRST, m.cohort ASC, m.happened ASC;

-- name: write_estimate
INSERT INTO liability.estimate (through, method, position, reason, made_by, made_at)
VALUES (%(through)s, %(method)s, %(position)s, %(reason)s, %(by)s, %(at)s)
RETURNING id;

-- name: write_lines
INSERT INTO liability.estimate_line (
  estimate_id, issuer_id, cohort, rate, given, redeemed, lost, age, developed, credibility, basis
)
SELECT %(estimate)s::bigint, n.*
FROM unnest(
  %(issuers)s::bigint[], %(cohorts)s::date[], %(rates)s::int[], %(given)s::bigint[],
  %(redeemed)s::bigint[], %(lost)s::bigint[], %(ages)s::int[], %(developed)s::int[],
  %(credibility)s::int[], %(bases)s::text[]
) AS n;

-- name: write_approval
INSERT INTO liability.approval (estimate_id, proposal_id, approved_by, approved_at)
VALUES (%(estimate)s, %(proposal)s, %(by)s, %(at)s);

-- name: estimates
-- Newest first, with the decision of the second person.
SELECT e.id, e.through, e.method, e.position, e.reason, e.made_by, e.made_at,
  p.id AS proposal_id, p.state, p.decided_by, p.decided_at,
  l.cohorts, l.given, l.expected
FROM liability.estimate AS e
INNER JOIN desk.proposal AS p
  ON p.kind = 'liability-estimate' AND (p.terms ->> 'estimate')::bigint = e.id
CROSS JOIN LATERAL (
  SELECT count(*) AS cohorts, coalesce(sum(n.given), 0)::bigint AS given,
    coalesce(sum(round(n.given::numeric * n.rate / 1000000)), 0)::bigint AS expected
  FROM liability.estimate_line AS n
  WHERE n.estimate_id = e.id
) AS l
WHERE (%(id)s::bigint IS NULL OR e.id = %(id)s::bigint) AND e.id < %(before)s
ORDER BY e.id DESC
LIMIT %(limit)s;

-- name: lines_of_estimate
SELECT issuer_id, cohort, rate, given, redeemed, lost, age, developed, credibility, basis
FROM liability.estimate_line
WHERE estimate_id = %(estimate)s
ORDER BY issuer_id, cohort
LIMIT %(limit)s;

-- name: lock_periods
-- Periods are closed one after the other; the key is this package's own.
SELECT pg_advisory_xact_lock(%(key)s);

-- name: periods
SELECT month, begins_at, ends_at, position, cohorts, changed, allocated, recognised, revenue,
  closed_by, closed_at
FROM liability.period
WHERE %(month)s::date IS NULL OR month = %(month)s::date
ORDER BY month DESC
LIMIT %(limit)s;

-- name: standing
-- Every cohort as it is at the end of a period, with what its points were sold for, the row
-- that the last close wrote for it, and the newest approved estimate that looks no further. One
-- pass over the journal: an issue names its operation, whose cash is the price of the sale.
WITH flow AS (
  SELECT m.issuer_id, date_trunc('month', l.earned_at AT TIME ZONE %(zone)s)::date AS cohort,
    coalesce(sum(m.amount) FILTER (WHERE m.movement IN (1, 2, 15)), 0)::bigint AS issued,
    coalesce(sum(CASE m.movement WHEN 9 THEN -m.amount ELSE m.amount END)
      FILTER (WHERE m.movement IN (5, 8, 9)), 0)::bigint AS redeemed,
    coalesce(sum(m.amount) FILTER (WHERE m.movement IN (14, 21, 22)), 0)::bigint AS lost,
    coalesce(sum(m.amount) FILTER (WHERE m.movement IN (4, 10, 16)), 0)::bigint AS clawed_back,
    coalesce(sum(o.cash), 0)::bigint AS price,
    coalesce(sum(m.amount) FILTER (WHERE o.cash > 0), 0)::bigint AS priced
  FROM (
    SELECT t.movement, t.amount, t.operation_id, t.owner_id,
      CASE WHEN t.movement IN (1, 2, 9, 15) THEN t.from_owner ELSE t.to_owner END AS issuer_id,
      CASE WHEN t.movement IN (1, 2, 9, 15) THEN t.to_owner ELSE t.from_owner END AS member_id,
      coalesce(t.to_lot, t.from_lot) AS lot_id
    FROM ledger.transfer AS t
    WHERE
      t.movement IN (1, 2, 4, 5, 8, 9, 10, 14, 15, 16, 21, 22)
      AND t.effective_at < %(before)s::timestamptz
      AND t.operation_id <= %(position)s::bigint
  ) AS m
  INNER JOIN ledger.lot AS l ON m.member_id = l.owner_id AND m.lot_id = l.id
  LEFT JOIN ledger.operation AS o
    ON m.movement IN (1, 2) AND m.owner_id = o.owner_id AND m.operation_id = o.id
  GROUP BY m.issuer_id, cohort
),

last_row AS (
  SELECT DISTINCT ON (issuer_id, cohort) issuer_id, cohort, issued, redeemed, lost, clawed_back,
    price, priced, first_rate, estimate_id, rate, allocated, recognised
  FROM liability.revenue
  ORDER BY issuer_id ASC, cohort ASC, month DESC
),

chosen AS (
  SELECT DISTINCT ON (n.issuer_id, n.cohort) n.issuer_id, n.cohort, n.rate, n.estimate_id
  FROM liability.estimate_line AS n
  INNER JOIN liability.estimate AS e ON n.estimate_id = e.id
  INNER JOIN liability.approval AS a ON e.id = a.estimate_id
  WHERE e.through <= %(month)s::date
  ORDER BY n.issuer_id ASC, n.cohort ASC, a.approved_at DESC, e.id DESC
)

SELECT f.issuer_id, f.cohort, f.issued, f.redeemed, f.lost, f.clawed_back, f.price, f.priced,
  c.rate, c.estimate_id, b.issued IS NOT NULL AS known,
  b.issued IS NULL OR f.issued <> b.issued OR f.redeemed <> b.redeemed OR f.lost <> b.lost
  OR f.clawed_back <> b.clawed_back OR f.price <> b.price OR f.priced <> b.priced
  OR coalesce(c.estimate_id, 0) <> coalesce(b.estimate_id, 0) AS changed,
  b.first_rate, coalesce(b.recognised, 0) AS recognised
FROM flow AS f
LEFT JOIN last_row AS b ON f.issuer_id = b.issuer_id AND f.cohort = b.cohort
LEFT JOIN chosen AS c ON f.issuer_id = c.issuer_id AND f.cohort = c.cohort
ORDER BY f.issuer_id, f.cohort;

-- name: write_revenue
INSERT INTO liability.revenue (
  issuer_id, cohort, month, issued, redeemed, lost, clawed_back, outstanding, price, priced,
  first_rate, estimate_id, rate, expected, allocated, recognised, revenue
)
SELECT n.issuer_id, n.cohort, %(month)s::date, n.issued, n.redeemed, n.lost, n.clawed_back,
  n.outstanding, n.price, n.priced, n.first_rate, n.estimate_id, n.rate, n.expected, n.allocated,
  n.recognised, n.revenue
FROM unnest(
  %(issuer_id)s::bigint[], %(cohort)s::date[], %(issued)s::bigint[], %(redeemed)s::bigint[],
  %(lost)s::bigint[], %(clawed_back)s::bigint[], %(outstanding)s::bigint[], %(price)s::bigint[],
  %(priced)s::bigint[], %(first_rate)s::int[], %(estimate_id)s::bigint[], %(rate)s::int[],
  %(expected)s::bigint[], %(allocated)s::bigint[], %(recognised)s::bigint[],
  %(revenue)s::bigint[]
) AS n (
  issuer_id, cohort, issued, redeemed, lost, clawed_back, outstanding, price, priced, first_rate,
  estimate_id, rate, expected, allocated, recognised, revenue
);

-- name: write_period
INSERT INTO liability.period (
  month, begins_at, ends_at, position, cohorts, changed, allocated, recognised, revenue,
  closed_by, closed_at
)
VALUES (
  %(month)s, %(begins_at)s, %(ends_at)s, %(position)s, %(cohorts)s, %(changed)s, %(allocated)s,
  %(recognised)s, %(revenue)s, %(closed_by)s, %(closed_at)s
);

-- name: cohort_rows
-- Where each cohort of an issuer stood when a period was closed: its newest row up to then.
SELECT DISTINCT ON (r.issuer_id, r.cohort)
  r.issuer_id, r.cohort, r.month, r.issued, r.redeemed, r.lost, r.clawed_back, r.outstanding,
  r.price, r.priced, r.first_rate, r.estimate_id, r.rate, r.expected, r.allocated, r.recognised,
  CASE WHEN r.month = %(month)s::date THEN r.revenue ELSE 0 END AS revenue
FROM liability.revenue AS r
WHERE r.issuer_id = %(issuer)s AND r.month <= %(month)s::date
ORDER BY r.issuer_id ASC, r.cohort ASC, r.month DESC;

-- name: roll_forward
-- What each issuer had deferred before a period and after it, and what it recognised in it.
WITH then_row AS (
  SELECT DISTINCT ON (issuer_id, cohort) issuer_id, allocated - recognised AS deferred
  FROM liability.revenue
  WHERE
    month < %(month)s::date AND (%(issuer)s::bigint IS NULL OR issuer_id = %(issuer)s::bigint)
  ORDER BY issuer_id ASC, cohort ASC, month DESC
),

now_row AS (
  SELECT DISTINCT ON (issuer_id, cohort) issuer_id, allocated - recognised AS deferred,
    CASE WHEN month = %(month)s::date THEN revenue ELSE 0 END AS revenue
  FROM liability.revenue
  WHERE
    month <= %(month)s::date AND (%(issuer)s::bigint IS NULL OR issuer_id = %(issuer)s::bigint)
  ORDER BY issuer_id ASC, cohort ASC, month DESC
),

opening AS (
  SELECT issuer_id, sum(deferred)::bigint AS deferred FROM then_row GROUP BY issuer_id
)

SELECT n.issuer_id, coalesce(o.deferred, 0) AS opening, sum(n.revenue)::bigint AS revenue,
  sum(n.deferred)::bigint AS closing
FROM now_row AS n
LEFT JOIN opening AS o ON n.issuer_id = o.issuer_id
GROUP BY n.issuer_id, o.deferred
ORDER BY n.issuer_id
LIMIT %(limit)s;
