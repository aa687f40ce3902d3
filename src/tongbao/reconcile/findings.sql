-- What differs, from the tables that matching.sql fills; and both sides' sums.

-- name: find_lines
-- Each line of the till that differs, by the first thing that is wrong with it. A sale that the
-- till has reversed itself and that never came here is left to its reversal.
INSERT INTO found (
  code, kind, n, label, outlet, operation, till_amount, till_points, here_amount, here_points,
  here_at, note
)
SELECT v.code, t.kind, t.n, t.label, coalesce(t.outlet, h.outlet), h.id, t.amount, t.points,
  h.amount AS here_amount, CASE WHEN t.kind = 'award' THEN h.earned ELSE h.points END, h.at,
  CASE v.code
    WHEN 'other-day' THEN coalesce(
      nullif(t.day, %(day)s), (h.at AT TIME ZONE %(zone)s - %(shift)s::interval)::date
    )::text
    WHEN 'refused-here' THEN k.refused
    WHEN 'kind-differs' THEN 'here it is of the kind ' || h.kind
    WHEN 'other-outlet' THEN (
      SELECT 'here it is of outlet ' || a.code FROM alliance.outlet AS a WHERE a.id = h.outlet
    )
    WHEN 'unposted-here' THEN 'operation ' || h.id
    WHEN 'less-at-till' THEN v.earned
    WHEN 'more-at-till' THEN v.earned
  END
FROM (
  SELECT l.*, p.id AS paired,
    row_number() OVER (PARTITION BY p.id ORDER BY l.n) AS times,
    row_number() OVER (
      PARTITION BY l.side, l.operation, l.key, l.receipt, l.outlet, l.amount, l.points
      ORDER BY l.n
    ) AS alike
  FROM till AS l
  LEFT JOIN pair AS p ON l.n = p.n
  WHERE l.side IN ('s', 'f')
) AS t
LEFT JOIN known AS k ON t.n = k.n
LEFT JOIN here AS h ON t.paired = h.id
LEFT JOIN undone AS u ON h.id = u.id
LEFT JOIN (SELECT DISTINCT x.id FROM undoing AS x) AS x ON h.id = x.id
LEFT JOIN (
  SELECT DISTINCT coalesce(y.key, y.receipt_key, y.receipt) AS name FROM till AS y
  WHERE y.side = 'v'
) AS y ON h.id IS NULL AND t.side = 's' AND coalesce(t.key, t.receipt_key, t.receipt) = y.name
CROSS JOIN LATERAL (
  SELECT CASE WHEN t.kind = 'award' THEN h.earned ELSE h.points END AS points
) AS w
CROSS JOIN LATERAL (
  SELECT
    CASE
      WHEN t.day <> %(day)s THEN 'other-day'
      WHEN h.id IS NULL AND y.name IS NOT NULL THEN NULL
      WHEN h.id IS NULL AND t.alike > 1 THEN 'duplicate-at-till'
      WHEN h.id IS NULL AND k.refused = 'reversed' THEN 'reversed-here'
      WHEN h.id IS NULL AND k.refused IS NOT NULL THEN 'refused-here'
      WHEN h.id IS NULL THEN 'missing-here'
      WHEN t.times > 1 THEN 'duplicate-at-till'
      WHEN u.in_day AND x.id IS NULL THEN 'reversed-here'
      WHEN h.unposted THEN 'unposted-here'
      WHEN h.at < %(begins)s OR h.at >= %(ends)s THEN 'other-day'
      WHEN t.outlet <> h.outlet THEN 'other-outlet'
      WHEN
        t.side <> h.side
        OR (t.kind = 'award') <> (h.kind = 'award') AND t.kind IN ('award', 'purchase')
        THEN 'kind-differs'
      WHEN t.amount < h.amount THEN 'less-at-till'
      WHEN t.amount > h.amount THEN 'more-at-till'
      WHEN t.points < w.points THEN 'less-at-till'
      WHEN t.points > w.points THEN 'more-at-till'
      WHEN t.earned < h.earned THEN 'less-at-till'
      WHEN t.earned > h.earned THEN 'more-at-till'
    END AS code,
    CASE
      WHEN t.earned <> h.earned
        THEN 'earned (fen): ' || t.earned || ' at the till, ' || h.earned || ' here'
    END AS earned
) AS v
WHERE v.code IS NOT NULL;

-- name: find_unreadable
INSERT INTO found (code, kind, n, label, note)
SELECT 'unreadable', t.kind, t.n, t.label, t.note FROM till AS t WHERE t.side = 'x';

-- name: find_here_only
-- What the till does not list. Reversed here and not listed there is the same on both sides.
INSERT INTO found (
  code, kind, label, outlet, operation, here_amount, here_points, here_at
)
SELECT 'missing-at-till', h.kind, coalesce(h.reference, h.id::text), h.outlet, h.id, h.amount,
  CASE WHEN h.kind = 'award' THEN h.earned ELSE h.points END, h.at
FROM here AS h
WHERE
  h.in_day AND h.side <> 'v' AND NOT h.unposted
  AND NOT EXISTS (SELECT FROM pair AS p WHERE p.id = h.id)
  AND NOT EXISTS (SELECT FROM undone AS u WHERE u.id = h.id)
  AND NOT EXISTS (SELECT FROM undoing AS x WHERE x.id = h.id)
UNION ALL
SELECT 'missing-reversal-at-till', h.kind, coalesce(h.reference, h.original::text), h.outlet, h.id,
  h.amount, h.points, h.at
FROM here AS h
WHERE
  h.in_day AND h.side = 'v'
  AND NOT EXISTS (SELECT FROM undoing AS x WHERE x.id = h.original)
  AND NOT EXISTS (SELECT FROM here AS o WHERE o.id = h.original AND o.in_day);

-- name: find_reversals
INSERT INTO found (code, kind, n, label, outlet, operation, till_amount, till_points)
SELECT 'missing-reversal-here', t.kind, t.n, t.label, t.outlet, x.id, t.amount, t.points
FROM undoing AS x
INNER JOIN till AS t ON x.n = t.n
WHERE NOT x.settled;

-- name: copy_found
COPY pg_temp.found FROM STDIN;

-- name: count_found
SELECT f.code, count(*), count(DISTINCT f.n) FROM found AS f GROUP BY f.code ORDER BY f.code;

-- name: write_differences
INSERT INTO reconcile.difference (
  reconciliation_id, n, code, action, kind, line, label, outlet_id, operation_id, till_amount,
  till_points, here_amount, here_points, here_at, note
)
SELECT %(id)s, row_number() OVER (ORDER BY f.n NULLS LAST, f.operation, f.label, f.code),
  f.code, a.action, f.kind, f.n, f.label, f.outlet, f.operation, f.till_amount, f.till_points,
  f.here_amount, f.here_points, f.here_at, f.note
FROM found AS f
INNER JOIN unnest(%(codes)s::text[], %(actions)s::text[]) AS a (code, action) ON f.code = a.code
ORDER BY f.n NULLS LAST, f.operation, f.label, f.code
LIMIT %(limit)s;

-- name: write_line_totals
INSERT INTO reconcile.total (
  reconciliation_id, outlet_id, subject, here_count, here_points, here_cash, till_count,
  till_points, till_cash
)
SELECT %(id)s, outlet, subject, coalesce(a.count, 0), coalesce(a.points, 0), coalesce(a.cash, 0),
  coalesce(b.count, 0), CASE WHEN b.count IS NULL THEN 0 ELSE b.points END,
  CASE WHEN b.count IS NULL THEN 0 ELSE b.cash END
FROM (
  SELECT coalesce(h.outlet, 0) AS outlet, s.subject, count(*) AS count,
    sum(CASE WHEN s.subject = 'credit' THEN h.earned ELSE h.points END)::bigint AS points,
    sum(h.amount - CASE WHEN s.subject = 'credit' THEN 0 ELSE h.points END)::bigint AS cash
  FROM here AS h
  CROSS JOIN LATERAL (
    SELECT CASE h.kind
      WHEN 'award' THEN 'credit' WHEN 'refund' THEN 'refund' WHEN 'reversal' THEN 'reversal'
      ELSE 'debit'
    END AS subject
  ) AS s
  WHERE h.in_day AND NOT h.unposted
  GROUP BY coalesce(h.outlet, 0), s.subject
) AS a
FULL JOIN (
  SELECT coalesce(t.outlet, h.outlet, 0) AS outlet, s.subject, count(*) AS count,
    CASE WHEN count(t.points) = count(*) THEN sum(t.points)::bigint END AS points,
    CASE
      WHEN s.subject = 'credit' AND count(t.amount) = count(*) THEN sum(t.amount)::bigint
      WHEN count(t.amount) = count(*) AND count(t.points) = count(*)
        THEN sum(t.amount - t.points)::bigint
    END AS cash
  FROM till AS t
  LEFT JOIN pair AS p ON t.n = p.n
  LEFT JOIN here AS h ON p.id = h.id
  CROSS JOIN LATERAL (
    SELECT CASE
      WHEN t.kind = 'refund' THEN 'refund'
      WHEN t.kind = 'reversal' THEN 'reversal'
      WHEN t.kind = 'award' OR t.kind = 'sale' AND h.kind = 'award' THEN 'credit'
      WHEN t.kind = 'sale' AND h.id IS NULL AND coalesce(t.points, 0) = 0 THEN 'credit'
      ELSE 'debit'
    END AS subject
  ) AS s
  WHERE t.side <> 'x' AND (t.day IS NULL OR t.day = %(day)s)
  GROUP BY coalesce(t.outlet, h.outlet, 0), s.subject
) AS b USING (outlet, subject);

-- name: totals_here
-- Of a file of totals: the same sums, by outlet, without what was reversed on the same day, and
-- what that was. Nothing of the till is needed for it.
SELECT coalesce(h.outlet, 0) AS outlet, s.subject, count(*),
  sum(CASE WHEN s.subject = 'credit' THEN h.earned ELSE h.points END)::bigint,
  sum(h.amount - CASE WHEN s.subject = 'credit' THEN 0 ELSE h.points END)::bigint,
  count(u.id),
  coalesce(sum(
    CASE WHEN s.subject = 'credit' THEN h.earned ELSE h.points END
  ) FILTER (WHERE u.id IS NOT NULL), 0)::bigint,
  coalesce(sum(
    h.amount - CASE WHEN s.subject = 'credit' THEN 0 ELSE h.points END
  ) FILTER (WHERE u.id IS NOT NULL), 0)::bigint
FROM here AS h
LEFT JOIN undone AS u ON h.id = u.id AND u.in_day
CROSS JOIN LATERAL (
  SELECT CASE h.kind
    WHEN 'award' THEN 'credit' WHEN 'refund' THEN 'refund' WHEN 'reversal' THEN 'reversal'
    ELSE 'debit'
  END AS subject
) AS s
WHERE h.in_day AND NOT h.unposted
GROUP BY coalesce(h.outlet, 0), s.subject
ORDER BY coalesce(h.outlet, 0), s.subject;

-- name: write_totals
INSERT INTO reconcile.total (
  reconciliation_id, outlet_id, subject, here_count, here_points, here_cash, till_count,
  till_points, till_cash
)
SELECT %(id)s, v.outlet, v.subject, v.here_count, v.here_points, v.here_cash, v.till_count,
  v.till_points, v.till_cash
FROM unnest(
  %(outlets)s::bigint[], %(subjects)s::text[], %(here_counts)s::bigint[],
  %(here_points)s::bigint[], %(here_cash)s::bigint[], %(till_counts)s::bigint[],
  %(till_points)s::bigint[], %(till_cash)s::bigint[]
) AS v (
  outlet, subject, here_count, here_points, here_cash, till_count, till_points, till_cash
);
