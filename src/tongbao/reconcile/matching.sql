-- Comparing in the database: the till's lines in one temporary table, the ledger's operations in
-- another, and joins of whole tables between them. They go with the transaction.
-- s: a sale or an award, f: a refund, v: a reversal.

-- name: drop_tables
DROP TABLE IF EXISTS pg_temp.till, pg_temp.known, pg_temp.here, pg_temp.undone,
pg_temp.pair, pg_temp.undoing, pg_temp.found;

-- name: make_tables
CREATE TEMP TABLE till (
  n bigint, kind text, side text, operation bigint, key text COLLATE "C",
  receipt_key text COLLATE "C", receipt text COLLATE "C", outlet bigint,
  amount bigint, points bigint, earned bigint, day date, label text, note text
) ON COMMIT DROP;
CREATE TEMP TABLE known (
  n bigint, operation bigint, refused text
) ON COMMIT DROP;
CREATE TEMP TABLE here (
  id bigint, owner bigint, kind text, side text, outlet bigint, original bigint, at timestamptz,
  amount bigint, points bigint, earned bigint, reference text COLLATE "C", unposted boolean,
  in_day boolean
) ON COMMIT DROP;
CREATE TEMP TABLE undone (
  id bigint, by bigint, in_day boolean
) ON COMMIT DROP;
CREATE TEMP TABLE pair (n bigint, id bigint) ON COMMIT DROP;
CREATE TEMP TABLE undoing (n bigint, id bigint, settled boolean) ON COMMIT DROP;
CREATE TEMP TABLE found (
  code text, kind text, n bigint, label text, outlet bigint, operation bigint,
  till_amount bigint, till_points bigint, here_amount bigint, here_points bigint,
  here_at timestamptz, note text
) ON COMMIT DROP;

-- name: copy_till
COPY pg_temp.till FROM STDIN;

-- name: analyze
ANALYZE pg_temp.till, pg_temp.known, pg_temp.here, pg_temp.undone, pg_temp.pair,
pg_temp.undoing;

-- name: analyze_till
ANALYZE pg_temp.till;

-- name: fill_known
-- What the keys of the lines were used for: an operation, or a refusal, which is remembered, too.
INSERT INTO known (n, operation, refused)
SELECT t.n, coalesce(t.operation, CASE WHEN NOT o.refused THEN o.operation_id END),
  CASE
    WHEN t.operation IS NULL AND o.refused
      THEN coalesce(convert_from(o.answer, 'UTF8')::json #>> '{refusal,code}', 'refused')
  END
FROM till AS t
LEFT JOIN kernel.once AS o
  ON t.operation IS NULL
    AND o.scope = %(organisation)s AND coalesce(t.key, t.receipt_key) = o.key
WHERE t.side <> 'x' AND (t.operation IS NOT NULL OR o.refused IS NOT NULL);

-- name: fill_here
-- The day's own operations. What moved nothing (a reversal repeated, or before its original) is
-- nothing that a till could list.
INSERT INTO here (
  id, owner, kind, side, outlet, original, at, amount, points, earned, reference, unposted, in_day
)
SELECT p.id, p.owner_id, p.kind,
  CASE p.kind WHEN 'refund' THEN 'f' WHEN 'reversal' THEN 'v' ELSE 's' END,
  p.outlet_id, p.original_id, p.effective_at,
  CASE
    WHEN p.kind IN ('refund', 'reversal') THEN (
      SELECT coalesce(sum((l.value ->> 1)::bigint), 0)
      FROM json_array_elements(coalesce(p.data -> 'lines', '[]')) AS l
    )
    ELSE p.points + p.cash
  END,
  CASE
    WHEN p.kind IN ('refund', 'reversal') AND p.points = 0 AND p.cash = 0
      THEN coalesce((p.data ->> 'clawed')::bigint, 0)
    ELSE p.points
  END,
  coalesce((p.data ->> 'earned')::bigint, 0), p.data ->> 'reference',
  p.kind = 'advice' AND p.data ->> 'reason' IS NOT NULL, TRUE
FROM ledger.operation AS p
WHERE
  p.organisation_id = %(organisation)s
  AND p.id >= %(first)s
  AND p.effective_at >= %(begins)s
  AND p.effective_at < %(ends)s
  AND p.kind IN ('award', 'purchase', 'capture', 'advice', 'refund', 'reversal')
  AND (%(outlet)s::bigint IS NULL OR p.outlet_id = %(outlet)s)
  AND NOT (p.kind = 'reversal' AND p.data -> 'lines' IS NULL);

-- name: fill_elsewhere
-- What the till names and the day does not have: of another day, or another outlet.
INSERT INTO here (
  id, owner, kind, side, outlet, original, at, amount, points, earned, reference, unposted, in_day
)
SELECT p.id, p.owner_id, p.kind,
  CASE p.kind WHEN 'refund' THEN 'f' WHEN 'reversal' THEN 'v' ELSE 's' END,
  p.outlet_id, p.original_id, p.effective_at,
  CASE
    WHEN p.kind IN ('refund', 'reversal') THEN (
      SELECT coalesce(sum((l.value ->> 1)::bigint), 0)
      FROM json_array_elements(coalesce(p.data -> 'lines', '[]')) AS l
    )
    ELSE p.points + p.cash
  END,
  CASE
    WHEN p.kind IN ('refund', 'reversal') AND p.points = 0 AND p.cash = 0
      THEN coalesce((p.data ->> 'clawed')::bigint, 0)
    ELSE p.points
  END,
  coalesce((p.data ->> 'earned')::bigint, 0), p.data ->> 'reference',
  p.kind = 'advice' AND p.data ->> 'reason' IS NOT NULL, FALSE
FROM (
  SELECT DISTINCT k.operation AS id FROM known AS k
  WHERE k.operation IS NOT NULL AND NOT EXISTS (SELECT FROM here AS h WHERE h.id = k.operation)
) AS named
INNER JOIN ledger.operation AS p ON named.id = p.id
WHERE
  p.organisation_id = %(organisation)s
  AND p.kind IN ('award', 'purchase', 'capture', 'advice', 'refund', 'reversal');

-- name: fill_undone
-- What was reversed since the day began; the first reversal counts, the others moved nothing.
INSERT INTO undone (id, by, in_day)
SELECT p.original_id, min(p.id),
  bool_or(p.effective_at >= %(begins)s AND p.effective_at < %(ends)s)
FROM ledger.operation AS p
WHERE
  p.organisation_id = %(organisation)s AND p.id >= %(first)s
  AND p.kind = 'reversal' AND p.original_id IS NOT NULL
GROUP BY p.original_id;

-- name: fill_pair
-- Of the lines that are no reversals: what they name, if it is of this organisation.
INSERT INTO pair (n, id)
SELECT t.n, h.id
FROM till AS t
INNER JOIN known AS k ON t.n = k.n
INNER JOIN here AS h ON k.operation = h.id
WHERE t.side IN ('s', 'f') AND h.side <> 'v';

-- name: fill_pair_by_reference
-- What is left goes by the receipt that the till gave when it posted under a key of its own; the
-- one of the same amount first.
INSERT INTO pair (n, id)
SELECT a.n, b.id
FROM (
  SELECT t.n, t.receipt, t.side,
    CASE WHEN %(by_outlet)s::boolean THEN t.outlet ELSE 0 END AS outlet,
    row_number() OVER (
      PARTITION BY t.receipt, t.side, CASE WHEN %(by_outlet)s::boolean THEN t.outlet END
      ORDER BY t.amount, t.points, t.n
    ) AS place
  FROM till AS t
  WHERE
    t.side IN ('s', 'f') AND t.receipt IS NOT NULL
    AND NOT EXISTS (SELECT FROM known AS k WHERE k.n = t.n)
) AS a
INNER JOIN (
  SELECT h.id, h.reference, h.side,
    CASE WHEN %(by_outlet)s::boolean THEN h.outlet ELSE 0 END AS outlet,
    row_number() OVER (
      PARTITION BY h.reference, h.side, CASE WHEN %(by_outlet)s::boolean THEN h.outlet END
      ORDER BY h.amount, h.points, h.id
    ) AS place
  FROM here AS h
  WHERE
    h.in_day AND h.side <> 'v' AND h.reference IS NOT NULL
    AND NOT EXISTS (SELECT FROM pair AS p WHERE p.id = h.id)
) AS b
  ON a.receipt = b.reference AND a.side = b.side AND a.outlet = b.outlet AND a.place = b.place;

-- name: fill_undoing
-- A till's reversal names what it reverses, or itself. settled: nothing is left to do about it,
-- for here it was reversed, or will never be posted, or it is no sale (a hold).
INSERT INTO undoing (n, id, settled)
SELECT t.n, o.id, u.id IS NOT NULL OR k.refused IS NOT NULL OR coalesce(h.side = 'v', FALSE)
  OR (t.operation IS NULL AND k.operation IS NOT NULL AND h.id IS NULL)
FROM till AS t
LEFT JOIN known AS k ON t.n = k.n
LEFT JOIN here AS h ON k.operation = h.id
LEFT JOIN (
  SELECT r.reference, CASE WHEN %(by_outlet)s::boolean THEN r.outlet ELSE 0 END AS outlet,
    min(r.id) AS id
  FROM here AS r
  WHERE r.in_day AND r.side = 's' AND r.reference IS NOT NULL
  GROUP BY r.reference, CASE WHEN %(by_outlet)s::boolean THEN r.outlet ELSE 0 END
) AS r
  ON k.n IS NULL AND t.receipt = r.reference
    AND CASE WHEN %(by_outlet)s::boolean THEN t.outlet ELSE 0 END = r.outlet
CROSS JOIN LATERAL (
  SELECT CASE WHEN h.side = 'v' THEN h.original ELSE coalesce(h.id, r.id) END AS id
) AS o
LEFT JOIN undone AS u ON o.id = u.id
WHERE t.side = 'v';
