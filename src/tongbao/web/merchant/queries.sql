-- name: newcomers
-- Those that were summed, and those since. Members are masked; a subquery of its own does so only
-- for the rows that are shown, unless it is searched.
SELECT v.operation_id, v.foreign_points, v.sales, p.effective_at, coalesce(t.name, '') AS outlet,
  CASE
    WHEN v.foreign_points > 0 THEN 'points'
    WHEN v.enrolled_by <> %(organisation)s THEN 'enrolled'
    ELSE 'none'
  END AS way,
  CASE
    WHEN v.foreign_points > 0 OR v.enrolled_by <> %(organisation)s THEN 'yes'
    ELSE 'no'
  END AS brought,
  CASE WHEN v.enrolled_by <> %(organisation)s THEN o.name END AS enrolled_by,
  coalesce((
    SELECT string_agg('****' || d.hint, ', ' ORDER BY d.kind)
    FROM members.identity AS d
    WHERE d.member_id = v.member_id AND d.issuer_id IN (0, %(organisation)s)
  ), '–') AS known_by
FROM (
  SELECT c.member_id, c.operation_id, c.foreign_points, c.sales, c.enrolled_by
  FROM figures.newcomer AS c
  WHERE c.organisation_id = %(organisation)s
  UNION ALL
  SELECT n.owner_id, n.id, n.foreign_points, n.sales, n.enrolled_by
  FROM (
    SELECT DISTINCT ON (d.owner_id) d.owner_id, d.id, d.foreign_points, d.sales, m.enrolled_by
    FROM figures.done AS d
    INNER JOIN members.member AS m ON d.owner_id = m.id
    WHERE
      d.organisation_id = %(organisation)s AND d.id > %(after)s
      AND d.xid >= %(summed)s::text::xid8
      AND d.bills > 0
    ORDER BY d.owner_id, d.id
  ) AS n
  WHERE NOT EXISTS (
    SELECT FROM figures.newcomer AS k
    WHERE k.organisation_id = %(organisation)s AND k.member_id = n.owner_id
  )
) AS v
INNER JOIN ledger.operation AS p ON v.operation_id = p.id
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
LEFT JOIN alliance.organisation AS o ON v.enrolled_by = o.id;

-- name: operations
-- What the organisation's tills did, read from its newest end; of one outlet or one member alone
-- where it is given. Members are masked. A reference is the receipt of what was done at an outlet,
-- and otherwise names the operation itself, as that of a payment does. What neither gives nor
-- spends points, as a hold, a gift or an expiry, has moved them otherwise. Cash is what the
-- organisation got; of kinds in paid_in the ledger keeps what it paid. The coalesce of the outlet
-- tells the planner nothing: it would take the organisation's only outlet for a few rows, and read
-- and sort all.
SELECT p.id, p.kind, p.effective_at, coalesce(t.name, '') AS outlet,
  nullif(CASE WHEN p.kind = ANY(%(paid_in)s::text[]) THEN -p.cash ELSE p.cash END, 0) AS cash,
  p.data ->> 'reference' AS reference,
  CASE WHEN p.outlet_id IS NOT NULL THEN p.data ->> 'reference' END AS receipt,
  CASE WHEN p.outlet_id IS NULL THEN p.data ->> 'reference' END AS payment,
  to_char((p.points + p.cash) / 100.0, 'FM999999999990.00') AS sum,
  CASE WHEN p.points = 0 THEN 'no' ELSE 'yes' END AS with_points,
  coalesce((
    SELECT string_agg('****' || n.hint, ', ' ORDER BY n.kind)
    FROM members.identity AS n
    WHERE n.member_id = p.owner_id AND n.issuer_id IN (0, %(organisation)s)
  ), '–') AS known_by,
  figures.otherwise(p.kind, g.kind, p.points) AS otherwise,
  CASE
    WHEN figures.otherwise(p.kind, g.kind, p.points) <> 0 THEN concat_ws('-', p.kind, g.kind)
  END AS way
FROM ledger.operation AS p
LEFT JOIN ledger.operation AS g ON p.kind = 'reversal' AND p.original_id = g.id
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
WHERE
  p.organisation_id = %(organisation)s
  AND coalesce(%(outlet)s::bigint IS NULL OR p.outlet_id = %(outlet)s, FALSE)
  AND (%(member)s::bigint IS NULL OR p.owner_id = %(member)s);

-- name: numbers_of_operations
-- The numbers that the overview adds up: what is taken back is negative.
SELECT d.id, nullif(d.sales, 0) AS bill, nullif(d.accepted, 0) AS points,
  nullif(d.issued, 0) AS given
FROM figures.done AS d
WHERE d.organisation_id = %(organisation)s;

-- name: exception_items
-- What concerns the organisation; what only its name is on belongs to the operator. Many items of a
-- kind differ by the receipt or the operation that they are about.
SELECT e.id, e.kind, e.subject, e.state, e.raised_at, coalesce(e.assigned_to, '') AS assigned_to,
  coalesce(e.facts ->> 'label', e.facts ->> 'operation', '') AS about
FROM desk.exception_item AS e
WHERE e.organisation_id = %(organisation)s;

-- name: whose_operation
SELECT p.organisation_id FROM ledger.operation AS p WHERE p.id = %(id)s;

-- name: known_by
-- What a member shows to this organisation: the ends of what it is known by here.
SELECT coalesce(string_agg('****' || d.hint, ', ' ORDER BY d.kind), '–')
FROM members.identity AS d
WHERE d.member_id = %(member)s AND d.issuer_id IN (0, %(organisation)s);

-- name: outlet_of
SELECT t.id, t.name
FROM ledger.operation AS p
INNER JOIN alliance.outlet AS t ON p.outlet_id = t.id
WHERE p.id = %(id)s;
