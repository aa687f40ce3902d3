-- name: family
-- A member and all memberships that live on in it, however many merges ago.
WITH RECURSIVE family AS (
  SELECT m.id FROM members.member AS m WHERE m.id = %(member)s
  UNION ALL
  SELECT m.id FROM members.member AS m
  INNER JOIN family ON m.merged_into = family.id
)

SELECT id FROM family ORDER BY id;

-- name: statement_lots
SELECT l.id, l.owner_id, l.issuer_id, o.code, o.name, l.kind, l.available, l.held, l.pending,
  l.reserve, l.earned_at, l.expires_at, l.release_at, l.scope::text
FROM ledger.lot AS l
INNER JOIN alliance.organisation AS o ON l.issuer_id = o.id
WHERE l.open AND l.owner_id = ANY(%(members)s::bigint[])
ORDER BY l.expires_at NULLS LAST, l.earned_at, l.id
LIMIT %(limit)s;

-- name: statement_holds
SELECT h.id, o.code, o.name, h.amount, h.remaining, h.expires_at
FROM ledger.hold AS h
INNER JOIN alliance.organisation AS o ON h.organisation_id = o.id
WHERE h.remaining > 0 AND h.owner_id = ANY(%(members)s::bigint[])
ORDER BY h.id
LIMIT %(limit)s;

-- name: statement_owing
SELECT o.code, o.name, w.amount
FROM ledger.owing AS w
INNER JOIN alliance.organisation AS o ON w.organisation_id = o.id
WHERE w.amount > 0 AND w.owner_id = ANY(%(members)s::bigint[])
ORDER BY o.code
LIMIT %(limit)s;

-- name: statement_history
-- The newest operations that concern these members: their own, those that made a lot of theirs
-- (a gift is its giver's operation; a lot's id is its operation's, shifted), and what followed
-- those. What each account of theirs gained or lost by an operation is summed by kind.
WITH family AS (
  SELECT unnest(%(members)s::bigint[]) AS id
),

received AS (
  SELECT DISTINCT l.id >> 10 AS id FROM ledger.lot AS l
  INNER JOIN family AS f ON l.owner_id = f.id
),

concerned AS (
  SELECT p.owner_id, p.id FROM ledger.operation AS p
  INNER JOIN family AS f ON p.owner_id = f.id
  UNION
  SELECT p.owner_id, p.id FROM ledger.operation AS p
  INNER JOIN received AS r ON p.id = r.id
  UNION
  SELECT p.owner_id, p.id FROM ledger.operation AS p
  INNER JOIN ledger.operation AS g ON p.owner_id = g.owner_id AND p.original_id = g.id
  INNER JOIN received AS r ON g.id = r.id
),

newest AS (
  SELECT owner_id, id FROM concerned
  ORDER BY id DESC
  LIMIT %(limit)s
)

SELECT p.id, p.kind, p.owner_id, o.code, o.name, t.code AS outlet, p.original_id, p.points, p.cash,
  p.written_at, p.effective_at, s.wallet, s.held, s.pending, s.owing
FROM newest AS n
INNER JOIN ledger.operation AS p ON n.owner_id = p.owner_id AND n.id = p.id
LEFT JOIN alliance.organisation AS o ON p.organisation_id = o.id
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
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
      v.owner_id = p.owner_id AND v.operation_id = p.id
      AND v.to_owner = ANY(%(members)s::bigint[])
    UNION ALL
    SELECT m.from_kind AS kind, -v.amount FROM ledger.transfer AS v
    INNER JOIN ledger.movement AS m ON v.movement = m.id
    WHERE
      v.owner_id = p.owner_id AND v.operation_id = p.id
      AND v.from_owner = ANY(%(members)s::bigint[])
  ) AS c
) AS s
ORDER BY p.id DESC;

-- name: balances_of
SELECT kind, sum(balance)::bigint FROM ledger.account
WHERE owner_id = ANY(%(members)s::bigint[])
GROUP BY kind;

-- name: knows_member
-- Whether an organisation has enrolled the membership, or one that lives on in it, or has ever
-- dealt with it.
WITH RECURSIVE family AS (
  SELECT m.id, m.enrolled_by FROM members.member AS m WHERE m.id = %(member)s
  UNION ALL
  SELECT m.id, m.enrolled_by FROM members.member AS m
  INNER JOIN family ON m.merged_into = family.id
)

SELECT EXISTS (
  SELECT FROM family AS f WHERE f.enrolled_by = %(organisation)s
) OR EXISTS (
  SELECT FROM ledger.operation AS p
  INNER JOIN family AS f ON p.owner_id = f.id
  WHERE p.organisation_id = %(organisation)s
) AS known;

-- name: balances_for
-- What each of several askers may see of a member: nothing of one it has neither enrolled nor dealt
-- with. Organisation 0 stands for who may see everybody.
WITH RECURSIVE family AS (
  SELECT a.n, a.organisation, m.id, m.enrolled_by
  FROM
    unnest(%(members)s::bigint[], %(organisations)s::bigint[])
      WITH ORDINALITY AS a (member, organisation, n)
  INNER JOIN members.member AS m ON a.member = m.id
  UNION ALL
  SELECT f.n, f.organisation, m.id, m.enrolled_by
  FROM members.member AS m
  INNER JOIN family AS f ON m.merged_into = f.id
),

known AS (
  SELECT f.n FROM family AS f
  WHERE
    CASE
      WHEN f.organisation = 0 OR f.enrolled_by = f.organisation THEN TRUE
      ELSE EXISTS (
        SELECT FROM ledger.operation AS p
        WHERE p.owner_id = f.id AND p.organisation_id = f.organisation
      )
    END
  GROUP BY f.n
)

SELECT k.n, c.kind, sum(c.balance)::bigint
FROM known AS k
INNER JOIN family AS f ON k.n = f.n
LEFT JOIN ledger.account AS c ON f.id = c.owner_id
GROUP BY k.n, c.kind;

-- name: balances_at
-- As they were: all that was written, or took effect, up to a moment. A gift is its giver's
-- operation, found by the lot that it made; what followed a gift follows it.
WITH family AS (
  SELECT unnest(%(members)s::bigint[]) AS id
),

received AS (
  SELECT DISTINCT l.id >> 10 AS id FROM ledger.lot AS l
  INNER JOIN family AS f ON l.owner_id = f.id
),

concerned AS (
  SELECT p.owner_id, p.id FROM ledger.operation AS p
  INNER JOIN family AS f ON p.owner_id = f.id
  UNION
  SELECT p.owner_id, p.id FROM ledger.operation AS p
  INNER JOIN received AS r ON p.id = r.id
  UNION
  SELECT p.owner_id, p.id FROM ledger.operation AS p
  INNER JOIN ledger.operation AS g ON p.owner_id = g.owner_id AND p.original_id = g.id
  INNER JOIN received AS r ON g.id = r.id
),

moved AS (
  SELECT v.from_owner, v.to_owner, v.amount, m.from_kind, m.to_kind
  FROM concerned AS c
  INNER JOIN ledger.transfer AS v ON c.id = v.operation_id AND c.owner_id = v.owner_id
  INNER JOIN ledger.movement AS m ON v.movement = m.id
  WHERE CASE WHEN %(effective)s THEN v.effective_at ELSE v.written_at END <= %(at)s
)

SELECT b.kind, sum(b.amount)::bigint
FROM (
  SELECT x.to_kind AS kind, x.amount FROM moved AS x
  WHERE x.to_owner = ANY(%(members)s::bigint[])
  UNION ALL
  SELECT x.from_kind AS kind, -x.amount FROM moved AS x
  WHERE x.from_owner = ANY(%(members)s::bigint[])
) AS b
GROUP BY b.kind;

-- name: lots_page
-- Open lots in spend order, from the place after the last one shown.
SELECT l.id, l.owner_id, l.issuer_id, o.code, o.name, l.kind, l.available, l.held, l.pending,
  l.reserve, l.earned_at, l.expires_at, l.release_at, l.scope::text
FROM ledger.lot AS l
INNER JOIN alliance.organisation AS o ON l.issuer_id = o.id
WHERE
  l.open AND l.owner_id = ANY(%(members)s::bigint[])
  AND (coalesce(l.expires_at, 'infinity'), l.earned_at, l.id)
  > (%(expires)s::timestamptz, %(earned)s::timestamptz, %(lot)s::bigint)
ORDER BY coalesce(l.expires_at, 'infinity'), l.earned_at, l.id
LIMIT %(limit)s;
