-- name: set_pin
INSERT INTO till.pin (member_id, hash, set_at) VALUES (%(member)s, %(hash)s, %(at)s)
ON CONFLICT (member_id) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at;

-- name: get_pin
SELECT hash FROM till.pin WHERE member_id = %(member)s;

-- name: phones_of
-- As their keyed hashes.
SELECT value FROM members.identity WHERE member_id = %(member)s AND kind = 'phone'
ORDER BY value;

-- name: lock_watch
-- Two who look at once take turns: the second one reads where the first has come to.
SELECT pg_advisory_xact_lock(7407029);

-- name: own_members
-- Staff who are members themselves, as till and member name them.
SELECT DISTINCT v.organisation_id, v.staff, v.member_id
FROM unnest(%(organisations)s::bigint[], %(staff)s::text[], %(members)s::bigint[])
  AS v (organisation_id, staff, member_id)
INNER JOIN access.staff AS s
  ON
    v.organisation_id = s.organisation_id AND v.member_id = s.member_id
    AND v.staff IN (s.login, s.name);

-- name: add_tallies
INSERT INTO till.tally AS t (organisation_id, pattern, day, member_id, who, count, points)
SELECT v.organisation_id, v.pattern, v.day, v.member_id, v.who, v.count, v.points
FROM unnest(
  %(organisations)s::bigint[], %(patterns)s::text[], %(days)s::date[], %(members)s::bigint[],
  %(who)s::text[], %(counts)s::bigint[], %(points)s::bigint[]
) AS v (organisation_id, pattern, day, member_id, who, count, points)
ON CONFLICT (organisation_id, pattern, day, member_id, who) DO UPDATE
  SET count = t.count + excluded.count, points = t.points + excluded.points
RETURNING organisation_id, pattern, day, member_id, who, count, points;

-- name: forget_tallies
DELETE FROM till.tally WHERE day < %(before)s;

-- name: lock_sleepers
-- Members with points, a page of them; those who have done nothing since the horizon are locked.
WITH page AS (
  SELECT m.id, m.enrolled_at
  FROM members.member AS m
  INNER JOIN ledger.account AS a ON m.id = a.owner_id AND a.kind = 'wallet'
  WHERE m.id > %(above)s AND m.status = 'active' AND NOT m.spend_locked AND a.balance > 0
  ORDER BY m.id
  LIMIT %(limit)s
),

seen AS (
  SELECT p.id, greatest(p.enrolled_at, (
      SELECT w.at FROM points.awake AS w WHERE w.member_id = p.id
    ), (
      SELECT o.written_at FROM ledger.operation AS o
      WHERE
        o.owner_id = p.id
        AND o.kind IN ('award', 'purchase', 'hold', 'capture', 'advice', 'refund', 'gift')
      ORDER BY o.id DESC
      LIMIT 1
    )) <= %(horizon)s AS sleeps
  FROM page AS p
),

locked AS (
  UPDATE members.member AS m SET spend_locked = TRUE
  FROM seen AS s
  WHERE m.id = s.id AND s.sleeps
  RETURNING m.id
)

SELECT s.id, l.id IS NOT NULL AS slept
FROM seen AS s
LEFT JOIN locked AS l ON s.id = l.id;
