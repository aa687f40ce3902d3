-- name: member_history
-- Operations that concern a member, newest or oldest first: those of the memberships that live on
-- in it, those that gave it a lot (a gift is its giver's), and what followed these. Only what moved
-- something of the member's is shown: a proposal, or a note, is nothing that happened to it.
WITH RECURSIVE family AS (
  SELECT m.id FROM members.member AS m WHERE m.id = %(member)s
  UNION ALL
  SELECT m.id FROM members.member AS m
  INNER JOIN family ON m.merged_into = family.id
),

own AS (
  SELECT p.owner_id, p.id FROM ledger.operation AS p
  INNER JOIN family AS f ON p.owner_id = f.id
),

received AS (
  SELECT l.id >> 10 AS id FROM ledger.lot AS l
  INNER JOIN family AS f ON l.owner_id = f.id
  EXCEPT
  SELECT n.id FROM own AS n
),

concerned AS (
  SELECT n.owner_id, n.id FROM own AS n
  UNION ALL
  SELECT p.owner_id, p.id FROM ledger.operation AS p
  INNER JOIN received AS r ON p.id = r.id
),

named AS (
  SELECT p.id, c.place, p.kind, p.owner_id, p.points, p.cash, p.effective_at, p.original_id,
    p.data ->> 'reference' AS reference, o.name AS organisation, o.role, t.name AS outlet
  -- In their order before anything is read of them, so that no more are read than are shown. The
  -- place is never the bare id: PostgreSQL would not see that what is sorted by that is in order.
  FROM (
    SELECT n.owner_id, n.id, n.id * CASE WHEN %(oldest)s THEN 1 ELSE -1 END AS place
    FROM concerned AS n
    WHERE n.id < %(before)s AND n.id > %(beyond)s
    ORDER BY place OFFSET 0
  ) AS c
  INNER JOIN ledger.operation AS p ON c.owner_id = p.owner_id AND c.id = p.id
  LEFT JOIN alliance.organisation AS o ON p.organisation_id = o.id
  LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
  WHERE
    p.effective_at >= %(since)s AND p.effective_at < %(until)s
    AND (%(wanted)s::bigint IS NULL OR p.id = %(wanted)s)
    AND (
      %(search)s::text IS NULL OR o.name ILIKE %(search)s OR t.name ILIKE %(search)s
      OR p.data ->> 'reference' ILIKE %(search)s
    )
)

SELECT n.id, n.kind, n.owner_id = ANY(SELECT f.id FROM family AS f) AS own, n.points, n.cash,
  n.effective_at, n.original_id, n.reference, n.organisation, n.outlet,
  n.role = 'operator' AS by_alliance, s.wallet, s.held, s.pending, s.owing
FROM named AS n
CROSS JOIN LATERAL (
  SELECT
    coalesce(sum(c.amount) FILTER (WHERE c.kind = 'wallet'), 0)::bigint AS wallet,
    coalesce(sum(c.amount) FILTER (WHERE c.kind = 'held'), 0)::bigint AS held,
    coalesce(sum(c.amount) FILTER (WHERE c.kind = 'pending'), 0)::bigint AS pending,
    coalesce(-sum(c.amount) FILTER (WHERE c.kind = 'owing'), 0)::bigint AS owing
  FROM (
    SELECT m.to_kind AS kind, v.amount FROM ledger.transfer AS v
    INNER JOIN ledger.movement AS m ON v.movement = m.id
    WHERE
      v.owner_id = n.owner_id AND v.operation_id = n.id
      AND v.to_owner = ANY(SELECT f.id FROM family AS f)
    UNION ALL
    SELECT m.from_kind AS kind, -v.amount FROM ledger.transfer AS v
    INNER JOIN ledger.movement AS m ON v.movement = m.id
    WHERE
      v.owner_id = n.owner_id AND v.operation_id = n.id
      AND v.from_owner = ANY(SELECT f.id FROM family AS f)
  ) AS c
) AS s
WHERE n.kind IN ('purchase', 'capture', 'advice')
  OR s.wallet <> 0 OR s.held <> 0 OR s.pending <> 0 OR s.owing <> 0
ORDER BY n.place
LIMIT %(limit)s;

-- name: member_family
WITH RECURSIVE family AS (
  SELECT m.id FROM members.member AS m WHERE m.id = %(member)s
  UNION ALL
  SELECT m.id FROM members.member AS m
  INNER JOIN family ON m.merged_into = family.id
)

SELECT id FROM family;

-- name: member_points
-- Open lots, each part of them by the state that it is in: a lot may be in several.
SELECT l.id * 4 + s.place AS id, l.id >> 10 AS operation, o.code, o.name AS issuer, s.state,
  s.points, l.earned_at, coalesce(l.expires_at, '9999-01-01 00:00:00+00') AS ends,
  CASE WHEN s.state = 'pending' THEN l.release_at END AS release_at, l.scope IS NOT NULL AS limited
FROM ledger.lot AS l
INNER JOIN alliance.organisation AS o ON l.issuer_id = o.id
CROSS JOIN LATERAL (
  VALUES (0, 'available', l.available), (1, 'pending', l.pending), (2, 'held', l.held)
) AS s (place, state, points)
WHERE l.open AND l.owner_id = ANY(%(members)s::bigint[]) AND s.points > 0;

-- name: member_issuers
-- Whose points a member has, the most first; `ends`: when the first of them that may be spent end.
SELECT o.code, o.name, sum(l.available)::bigint AS points, sum(l.pending)::bigint AS pending,
  sum(l.held)::bigint AS held, min(l.expires_at) FILTER (WHERE l.available > 0) AS ends
FROM ledger.lot AS l
INNER JOIN alliance.organisation AS o ON l.issuer_id = o.id
WHERE l.open AND l.owner_id = ANY(%(members)s::bigint[])
GROUP BY o.id
HAVING sum(l.available + l.pending + l.held) > 0
ORDER BY sum(l.available) DESC, o.name;

-- name: member_ends
-- What may be spent and ends, by the day of its end, soonest first.
SELECT (l.expires_at AT TIME ZONE %(zone)s)::date AS day, sum(l.available)::bigint AS points
FROM ledger.lot AS l
WHERE
  l.open AND l.available > 0 AND l.expires_at IS NOT NULL
  AND l.owner_id = ANY(%(members)s::bigint[])
GROUP BY day
ORDER BY day
LIMIT %(limit)s;

-- name: outlets_near
-- Open outlets of active merchants; the first four digits of a region are its city.
SELECT t.id, t.name, o.name AS organisation, s.name AS site, s.region,
  left(s.region, 4) AS city, t.format AS kind, f.name AS what
FROM alliance.outlet AS t
INNER JOIN alliance.organisation AS o ON t.organisation_id = o.id
INNER JOIN alliance.site AS s ON t.site_id = s.id
INNER JOIN alliance.format AS f ON t.format = f.code
WHERE t.open AND o.status = 'active';

-- name: cities_with_outlets
SELECT left(s.region, 4) AS city, count(*) AS outlets
FROM alliance.outlet AS t
INNER JOIN alliance.site AS s ON t.site_id = s.id
INNER JOIN alliance.organisation AS o ON t.organisation_id = o.id
WHERE t.open AND o.status = 'active'
GROUP BY left(s.region, 4)
ORDER BY count(*) DESC, left(s.region, 4)
LIMIT 400;

-- name: formats_with_outlets
SELECT f.code, f.name
FROM alliance.format AS f
WHERE EXISTS (SELECT FROM alliance.outlet AS t WHERE t.format = f.code AND t.open)
ORDER BY f.name;

-- name: dealt_with
-- The organisations that a member has dealt with, the newest first, after those that it lets know
-- something; and how many there are.
SELECT o.id, o.name, count(*) OVER () AS many
FROM alliance.organisation AS o
LEFT JOIN (
  SELECT p.organisation_id, max(p.id) AS newest
  FROM ledger.operation AS p
  WHERE p.owner_id = ANY(%(members)s::bigint[])
  GROUP BY p.organisation_id
) AS k ON o.id = k.organisation_id
WHERE
  o.role <> 'operator' AND (k.newest IS NOT NULL OR o.id = ANY(%(given)s::bigint[]))
  AND o.name ILIKE %(pattern)s
ORDER BY o.id = ANY(%(given)s::bigint[]) DESC, k.newest DESC NULLS LAST, o.id ASC
LIMIT %(limit)s;
