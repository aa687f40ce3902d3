-- name: begin_summing
INSERT INTO figures.summed (organisation_id, window_id, xid)
VALUES (%(organisation)s, 0, '0')
ON CONFLICT DO NOTHING;

-- name: lock_summed
-- One at a time for an organisation: whoever waits finds nothing left to add.
SELECT xid::text::bigint FROM figures.summed
WHERE organisation_id = %(organisation)s
FOR UPDATE;

-- name: summed
SELECT window_id, xid::text::bigint FROM figures.summed WHERE organisation_id = %(organisation)s;

-- name: behind
-- Organisations whose closed windows nobody has summed to the last.
SELECT o.id
FROM alliance.organisation AS o
LEFT JOIN figures.summed AS s ON o.id = s.organisation_id
WHERE
  o.role <> 'operator'
  AND o.id > %(after)s
  AND coalesce(s.window_id, 0) < (
    SELECT coalesce(max(w.id), 0) FROM ledger.clearing_window AS w WHERE w.closed_at IS NOT NULL
  )
ORDER BY o.id
LIMIT %(limit)s;

-- name: ended
-- Whatever began before it has ended, and writes no more.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint;

-- name: first_not_summed
-- The first batch of those since, and how many there are; a batch may have ended later than one
-- with a larger id. Looked up by transaction: by id it would read all batches that are older.
WITH later AS MATERIALIZED (
  SELECT b.id FROM ledger.batch AS b
  WHERE b.xid >= %(summed)s::text::xid8
)

SELECT coalesce(min(v.id), 1::bigint << 49), count(*) FROM later AS v;

-- name: has_more
-- Whether more operations than a few wait to be summed.
SELECT count(*) > %(few)s FROM (
  SELECT FROM ledger.operation AS p
  WHERE p.organisation_id = %(organisation)s AND p.id > %(after)s
  ORDER BY p.id
  LIMIT %(few)s + 1
) AS v;

-- name: newest_closed
SELECT coalesce(max(w.id), 0) FROM ledger.clearing_window AS w WHERE w.closed_at IS NOT NULL;

-- name: open_window
SELECT w.opened_at FROM ledger.clearing_window AS w WHERE w.closed_at IS NULL;

-- name: add_days
-- A sale may belong to a day that was summed before: it is added to that.
INSERT INTO figures.day AS known (
  organisation_id, day, outlet_id, sales, bills, issued, accepted, foreign_points, with_points
)
SELECT d.organisation_id, (d.effective_at AT TIME ZONE %(zone)s + %(shift)s)::date,
  coalesce(d.outlet_id, 0), sum(d.sales), sum(d.bills), sum(d.issued), sum(d.accepted),
  sum(d.foreign_points), sum(d.with_points)
FROM figures.done AS d
WHERE
  d.organisation_id = %(organisation)s AND d.id > %(after)s
  AND d.xid >= %(summed)s::text::xid8 AND d.xid < %(through)s::text::xid8
GROUP BY d.organisation_id, (d.effective_at AT TIME ZONE %(zone)s + %(shift)s)::date,
  coalesce(d.outlet_id, 0)
ON CONFLICT (organisation_id, day, outlet_id) DO UPDATE
SET
  sales = known.sales + excluded.sales,
  bills = known.bills + excluded.bills,
  issued = known.issued + excluded.issued,
  accepted = known.accepted + excluded.accepted,
  foreign_points = known.foreign_points + excluded.foreign_points,
  with_points = known.with_points + excluded.with_points;

-- name: add_newcomers
-- The first bill is that with the least id, whichever of two was summed first.
INSERT INTO figures.newcomer AS known (
  organisation_id, member_id, operation_id, outlet_id, day, sales, foreign_points, enrolled_by
)
SELECT DISTINCT ON (d.owner_id) d.organisation_id, d.owner_id, d.id, coalesce(d.outlet_id, 0),
  (d.effective_at AT TIME ZONE %(zone)s + %(shift)s)::date, d.sales, d.foreign_points, m.enrolled_by
FROM figures.done AS d
INNER JOIN members.member AS m ON d.owner_id = m.id
WHERE
  d.organisation_id = %(organisation)s AND d.id > %(after)s
  AND d.xid >= %(summed)s::text::xid8 AND d.xid < %(through)s::text::xid8 AND d.bills > 0
ORDER BY d.owner_id, d.id
ON CONFLICT (organisation_id, member_id) DO UPDATE
SET
  operation_id = excluded.operation_id,
  outlet_id = excluded.outlet_id,
  day = excluded.day,
  sales = excluded.sales,
  foreign_points = excluded.foreign_points,
  enrolled_by = excluded.enrolled_by
WHERE excluded.operation_id < known.operation_id;

-- name: note_summed
-- A closed window is summed to its end unless one of its batches was written by a transaction that
-- a longer one has kept from being summed.
UPDATE figures.summed
SET xid = %(through)s::text::xid8,
  window_id = CASE
    WHEN EXISTS (
      SELECT FROM ledger.batch AS b
      CROSS JOIN LATERAL (
        SELECT p.window_id FROM ledger.operation AS p
        WHERE p.id >= b.id << 13 AND p.id < (b.id + 1) << 13
        ORDER BY p.id
        LIMIT 1
      ) AS f
      WHERE b.xid >= %(through)s::text::xid8 AND f.window_id <= %(window)s
    ) THEN window_id
    ELSE %(window)s
  END
WHERE organisation_id = %(organisation)s;

-- name: days
-- What was summed, and what has come since.
SELECT v.day, sum(v.sales)::bigint AS sales, sum(v.bills)::bigint AS bills,
  sum(v.issued)::bigint AS issued, sum(v.accepted)::bigint AS accepted,
  sum(v.foreign_points)::bigint AS foreign_points, sum(v.with_points)::bigint AS with_points
FROM (
  SELECT d.day, d.sales, d.bills, d.issued, d.accepted, d.foreign_points, d.with_points
  FROM figures.day AS d
  WHERE d.organisation_id = %(organisation)s AND d.day BETWEEN %(first)s AND %(last)s
  UNION ALL
  SELECT (n.effective_at AT TIME ZONE %(zone)s + %(shift)s)::date AS day, n.sales, n.bills,
    n.issued, n.accepted, n.foreign_points, n.with_points
  FROM figures.done AS n
  WHERE
    n.organisation_id = %(organisation)s AND n.id > %(after)s
    AND n.xid >= %(summed)s::text::xid8
) AS v
WHERE v.day BETWEEN %(first)s AND %(last)s
GROUP BY v.day
ORDER BY v.day;

-- name: last_day
-- The newest day on which anything was done, summed or not.
SELECT greatest(
  (
    SELECT d.day FROM figures.day AS d
    WHERE d.organisation_id = %(organisation)s
    ORDER BY d.day DESC
    LIMIT 1
  ),
  (
    SELECT max((p.effective_at AT TIME ZONE %(zone)s + %(shift)s)::date)
    FROM ledger.operation AS p
    INNER JOIN ledger.batch AS b ON p.id >> 13 = b.id
    WHERE
      p.organisation_id = %(organisation)s AND p.id > %(after)s AND p.outlet_id IS NOT NULL
      AND b.xid >= %(summed)s::text::xid8
  )
);

-- name: brought
-- Newcomers by day whose first bill was paid with points of others, or whom others registered.
SELECT v.day, count(*) AS newcomers,
  count(*) FILTER (
    WHERE v.foreign_points > 0 OR v.enrolled_by <> %(organisation)s
  ) AS brought,
  count(*) FILTER (WHERE v.foreign_points > 0) AS with_points
FROM (
  SELECT c.day, c.foreign_points, c.enrolled_by
  FROM figures.newcomer AS c
  WHERE c.organisation_id = %(organisation)s AND c.day BETWEEN %(first)s AND %(last)s
  UNION ALL
  SELECT n.day, n.foreign_points, n.enrolled_by
  FROM (
    SELECT DISTINCT ON (d.owner_id) d.owner_id,
      (d.effective_at AT TIME ZONE %(zone)s + %(shift)s)::date AS day, d.foreign_points,
      m.enrolled_by
    FROM figures.done AS d
    INNER JOIN members.member AS m ON d.owner_id = m.id
    WHERE
      d.organisation_id = %(organisation)s AND d.id > %(after)s
      AND d.xid >= %(summed)s::text::xid8 AND d.bills > 0
    ORDER BY d.owner_id, d.id
  ) AS n
  WHERE NOT EXISTS (
    SELECT FROM figures.newcomer AS k
    WHERE k.organisation_id = %(organisation)s AND k.member_id = n.owner_id
  )
) AS v
WHERE v.day BETWEEN %(first)s AND %(last)s
GROUP BY v.day;
