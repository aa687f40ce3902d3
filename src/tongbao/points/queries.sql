-- name: operator
SELECT id FROM alliance.organisation WHERE role = 'operator';

-- name: start
-- After the fence: the window read here stays open until commit.
-- What the connection knows of the alliance is good while the version is the same.
SELECT nextval('ledger.batch_id') AS batch_id, w.id AS window_id, o.id AS operator_id,
  (SELECT v.last_value FROM alliance.version AS v) AS version
FROM (SELECT 1 AS one) AS one
LEFT JOIN ledger.clearing_window AS w ON w.closed_at IS NULL
LEFT JOIN alliance.organisation AS o ON o.role = 'operator';

-- name: owners_of_operations
-- Whose accounts to lock for operations named by id: the member's, and of each membership it has
-- lived on as, the last being the holder now; of a gift also the receiver's, in the same way.
WITH RECURSIVE named AS (
  SELECT p.id, p.owner_id, p.organisation_id, p.outlet_id, (
      SELECT max(t.to_owner) FROM ledger.transfer AS t
      WHERE
        p.kind = 'gift' AND t.owner_id = p.owner_id AND t.operation_id = p.id AND t.movement = 13
    ) AS receiver_id
  FROM ledger.operation AS p
  WHERE p.id = ANY(%(operations)s::bigint[])
),

life AS (
  SELECT DISTINCT v.member_id AS begun_as, v.member_id, 0 AS step
  FROM named AS n
  CROSS JOIN LATERAL (VALUES (n.owner_id), (n.receiver_id)) AS v (member_id)
  WHERE v.member_id IS NOT NULL
  UNION ALL
  SELECT l.begun_as, m.merged_into, l.step + 1
  FROM life AS l
  INNER JOIN members.member AS m ON l.member_id = m.id
  WHERE m.merged_into IS NOT NULL
)

SELECT p.id, p.owner_id, (
    SELECT array_agg(l.member_id ORDER BY l.step) FROM life AS l WHERE l.begun_as = p.owner_id
  ) AS life, p.organisation_id, p.outlet_id, (
    SELECT array_agg(l.member_id ORDER BY l.step) FROM life AS l WHERE l.begun_as = p.receiver_id
  ) AS receivers, (
    SELECT o.id FROM alliance.organisation AS o WHERE o.role = 'operator'
  ) AS operator_id
FROM named AS p;

-- name: parties
-- The organisations that named operations moved something of: what undoes them moves it back.
-- Members among them do no harm: they have no bound and no contract. OFFSET 0 keeps the planner
-- from joining the whole journal, whose size it misjudges for an array it does not know.
SELECT DISTINCT p.id, v.owner_id
FROM ledger.operation AS p
CROSS JOIN LATERAL (
  SELECT t.from_owner, t.to_owner
  FROM ledger.transfer AS t
  WHERE t.owner_id = p.owner_id AND t.operation_id = p.id
  ORDER BY t.n
  OFFSET 0
) AS t
CROSS JOIN LATERAL (VALUES (t.from_owner), (t.to_owner)) AS v (owner_id)
WHERE p.id = ANY(%(operations)s::bigint[]);

-- name: operations_of_keys
-- Which operation a key stands for; a refused one stands for none.
SELECT o.scope, o.key, CASE WHEN o.refused THEN 0 ELSE o.operation_id END AS operation_id
FROM kernel.once AS o
INNER JOIN unnest(%(scopes)s::bigint[], string_to_array(%(keys)s, E'\x1e')) AS v (scope, key)
  ON o.scope = v.scope AND o.key = v.key;

-- name: proposals
SELECT id, member_id, organisation_id, points, reason, proposed_by, state
FROM points.adjustment
WHERE id = ANY(%(proposals)s::bigint[]);

-- name: quotes
-- After the locks: whoever used one of them for the same member has committed by now.
SELECT id, member_id, outlet_id, amount, points, terms::text, expires_at, used_by
FROM points.quote
WHERE member_id = ANY(%(members)s::bigint[]) AND id = ANY(%(quotes)s::bigint[]);

-- name: use_quotes
UPDATE points.quote AS q SET used_by = v.operation_id
FROM unnest(%(members)s::bigint[], %(quotes)s::bigint[], %(operations)s::bigint[])
  AS v (member_id, id, operation_id)
WHERE q.member_id = v.member_id AND q.id = v.id;

-- name: members
SELECT m.id, m.status, m.spend_locked, m.merged_into, (
    SELECT l.day_points FROM points.own_limit AS l WHERE l.member_id = m.id
  ) AS own_limit
FROM members.member AS m
WHERE m.id = ANY(%(members)s::bigint[]);

-- name: accounts
-- In a statement of its own after the wallets are locked: a held or owing account that somebody
-- has just opened is seen.
SELECT owner_id, kind, balance
FROM ledger.account
WHERE owner_id = ANY(%(owners)s::bigint[]);

-- name: claims
-- Asked only when large amounts may move: claims back and forth grow though balances do not.
SELECT issuer_id, redeemer_id, claimed + countered AS gross
FROM ledger.claim
WHERE issuer_id = ANY(%(issuers)s::bigint[]) AND window_id = %(window)s;

-- name: once
-- After the locks: whoever used the same key for the same member has committed by now.
SELECT o.scope, o.key, o.operation_id, o.fingerprint, o.answer
FROM kernel.once AS o
INNER JOIN unnest(%(scopes)s::bigint[], string_to_array(%(keys)s, E'\x1e')) AS v (scope, key)
  ON o.scope = v.scope AND o.key = v.key;

-- name: open_lots
SELECT owner_id, id, issuer_id, kind, available, held, pending, reserve,
  earned_at, expires_at, release_at, scope::text
FROM ledger.lot
WHERE open AND owner_id = ANY(%(owners)s::bigint[]);

-- name: lots_by_id
-- Lots that earlier operations used up; a refund may bring them back.
SELECT l.owner_id, l.id, l.issuer_id, l.kind, l.available, l.held, l.pending, l.reserve,
  l.earned_at, l.expires_at, l.release_at, l.scope::text
FROM ledger.lot AS l
INNER JOIN (
  SELECT t.owner_id, t.from_lot AS id
  FROM ledger.transfer AS t
  INNER JOIN unnest(%(owners)s::bigint[], %(operations)s::bigint[]) AS v (owner_id, id)
    ON t.owner_id = v.owner_id AND t.operation_id = v.id
  WHERE t.from_lot IS NOT NULL
  UNION
  SELECT t.to_owner AS owner_id, t.to_lot AS id
  FROM ledger.transfer AS t
  INNER JOIN unnest(%(owners)s::bigint[], %(operations)s::bigint[]) AS v (owner_id, id)
    ON t.owner_id = v.owner_id AND t.operation_id = v.id
  WHERE t.to_lot IS NOT NULL
) AS used ON l.owner_id = used.owner_id AND l.id = used.id;

-- name: moved_lots
-- Where lots of merged memberships went, so that what followed them is found again. Few are
-- merged: OFFSET 0 keeps the planner from reading the journal to find them.
SELECT t.from_lot, t.to_lot
FROM members.member AS m
CROSS JOIN LATERAL (
  SELECT x.from_lot, x.to_lot
  FROM ledger.operation AS p
  INNER JOIN ledger.transfer AS x ON p.owner_id = x.owner_id AND p.id = x.operation_id
  WHERE p.owner_id = m.id AND p.kind = 'merge' AND x.movement IN (17, 18, 19)
  ORDER BY x.operation_id, x.n
  OFFSET 0
) AS t
WHERE m.merged_into = ANY(%(members)s::bigint[]);

-- name: owing
SELECT owner_id, organisation_id, amount
FROM ledger.owing
WHERE amount > 0 AND owner_id = ANY(%(owners)s::bigint[]);

-- name: holds
SELECT owner_id, id, organisation_id, outlet_id, amount, lots, slices, expires_at
FROM ledger.hold
WHERE remaining > 0 AND owner_id = ANY(%(owners)s::bigint[]);

-- name: holds_by_id
-- Also those with nothing left: a repeated void is told so, not that there is no hold.
SELECT owner_id, id, organisation_id, outlet_id, amount, lots, slices, expires_at
FROM ledger.hold
WHERE owner_id = ANY(%(owners)s::bigint[]) AND id = ANY(%(holds)s::bigint[]);

-- name: originals
SELECT p.id, p.kind, p.owner_id, p.organisation_id, p.outlet_id, p.points, p.cash,
  p.effective_at, p.data::text
FROM ledger.operation AS p
INNER JOIN unnest(%(owners)s::bigint[], %(operations)s::bigint[]) AS v (owner_id, id)
  ON p.owner_id = v.owner_id AND p.id = v.id;

-- name: followers
-- What has been undone of them so far; a merged member's refunds stand under the survivor.
SELECT p.original_id, p.id, p.kind, p.data::text
FROM ledger.operation AS p
WHERE
  p.owner_id = ANY(%(holders)s::bigint[])
  AND p.original_id = ANY(%(operations)s::bigint[])
  AND p.kind IN ('refund', 'reversal', 'cancel_pending')
ORDER BY p.id;

-- name: captures
-- What has taken points of these holds and was not reversed: captures, and advice that was posted.
SELECT p.id, p.original_id
FROM ledger.operation AS p
WHERE
  p.owner_id = ANY(%(holders)s::bigint[])
  AND p.original_id = ANY(%(holds)s::bigint[])
  AND (p.kind = 'capture' OR (p.kind = 'advice' AND p.points > 0))
  AND NOT EXISTS (
    SELECT FROM ledger.operation AS r
    WHERE
      r.owner_id = ANY(%(holders)s::bigint[]) AND r.original_id = p.id AND r.kind = 'reversal'
  );

-- name: transfers
-- Of the operations named and of those that undid something of them; looked up one by one in the
-- journal's key, which OFFSET 0 makes sure of.
SELECT t.operation_id, t.movement, t.from_owner, t.to_owner, t.amount, t.from_lot, t.to_lot
FROM (
  SELECT v.owner_id, v.id
  FROM unnest(%(owners)s::bigint[], %(operations)s::bigint[]) AS v (owner_id, id)
  UNION
  SELECT p.owner_id, p.id
  FROM ledger.operation AS p
  WHERE
    p.owner_id = ANY(%(holders)s::bigint[])
    AND p.original_id = ANY(%(operations)s::bigint[])
    AND p.kind IN ('refund', 'reversal', 'cancel_pending')
) AS named
CROSS JOIN LATERAL (
  SELECT x.operation_id, x.n, x.movement, x.from_owner, x.to_owner, x.amount, x.from_lot, x.to_lot
  FROM ledger.transfer AS x
  WHERE x.owner_id = named.owner_id AND x.operation_id = named.id
  ORDER BY x.n
  OFFSET 0
) AS t
ORDER BY t.operation_id, t.n;

-- name: write_proposals
INSERT INTO points.adjustment (
  id, member_id, organisation_id, points, reason, proposed_by, proposed_at, state
)
VALUES (%(id)s, %(member)s, %(organisation)s, %(points)s, %(reason)s, %(by)s, %(at)s, 'proposed');

-- name: decide_proposal
UPDATE points.adjustment SET state = %(state)s, decided_by = %(by)s, decided_at = %(at)s
WHERE id = %(id)s AND state = 'proposed';
