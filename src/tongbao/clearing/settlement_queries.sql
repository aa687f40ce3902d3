-- name: one_proposer
-- Who is due is decided by one at a time: two proposals at once would both find the same.
SELECT pg_advisory_xact_lock(%(lock)s);

-- name: settlement_like
SELECT id FROM clearing.settlement
WHERE
  business_date = %(business_date)s AND through_window = %(through)s AND asked = %(asked)s
  AND state NOT IN ('rejected', 'failed');

-- name: write_settlement
INSERT INTO clearing.settlement (
  business_date, through_window, asked, state, collections, to_collect, payouts, to_pay, skipped,
  paid_in, paid_out, unfinished, failed, proposed_by, proposed_at
)
VALUES (
  %(business_date)s, %(through)s, %(asked)s, 'proposed', 0, 0, 0, 0, 0, 0, 0, 0, 0, %(by)s, %(at)s
)
RETURNING id;

-- name: write_legs
-- Everybody who is due, in one statement: what each is owed is its balance less what windows after
-- the one settled moved, so that covers, and what was not paid before, are in it. Ordered by what
-- no index gives: who is due is known before the first leg is written, and each look for a former
-- leg does not step over those written by this statement.
WITH due AS (
  SELECT o.id AS organisation_id, a.balance - coalesce(later.net, 0) AS amount,
    CASE
      WHEN unfinished.organisation_id IS NOT NULL THEN 'unfinished'
      WHEN former.through_window > %(through)s THEN 'ahead'
      WHEN
        o.status = 'defaulted'
        AND (%(named)s::bigint[] IS NULL OR a.balance > coalesce(later.net, 0))
        THEN 'defaulted'
    END AS reason
  FROM alliance.organisation AS o
  INNER JOIN ledger.account AS a ON o.id = a.owner_id AND a.kind = 'clearing'
  LEFT JOIN (
    SELECT organisation_id, sum(net)::bigint AS net
    FROM ledger.window_movement
    WHERE window_id > %(through)s AND kind = 'clearing'
    GROUP BY organisation_id
  ) AS later ON o.id = later.organisation_id
  LEFT JOIN clearing.leg AS unfinished
    ON
      o.id = unfinished.organisation_id
      AND unfinished.state IN ('open', 'instructed', 'partly_paid', 'rejected')
  LEFT JOIN LATERAL (
    SELECT l.through_window FROM clearing.leg AS l
    WHERE l.organisation_id = o.id AND l.state <> 'dropped'
    ORDER BY l.through_window DESC
    LIMIT 1
  ) AS former ON TRUE
  LEFT JOIN LATERAL (
    SELECT c.cycle FROM alliance.contract AS c
    WHERE c.organisation_id = o.id AND c.valid_from <= %(at)s
    ORDER BY c.valid_from DESC
    LIMIT 1
  ) AS contract ON TRUE
  WHERE
    o.id = ANY(%(named)s::bigint[])
    OR (
      %(named)s::bigint[] IS NULL
      AND coalesce(contract.cycle, 'daily') = ANY(%(cycles)s::text[])
    )
),

leg AS (
  INSERT INTO clearing.leg (
    settlement_id, organisation_id, through_window, amount, paid, state, attempt
  )
  SELECT %(settlement)s, d.organisation_id, %(through)s, d.amount, 0, 'open', 1
  FROM due AS d
  WHERE d.reason IS NULL AND d.amount <> 0
  ORDER BY d.amount, d.organisation_id
  RETURNING amount
),

skipped AS (
  INSERT INTO clearing.skipped (settlement_id, organisation_id, reason)
  SELECT %(settlement)s, d.organisation_id, d.reason
  FROM due AS d
  WHERE d.reason IS NOT NULL AND d.amount <> 0
  RETURNING 1
),

made AS (
  SELECT count(*) FILTER (WHERE amount < 0) AS collections,
    coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS to_collect,
    count(*) FILTER (WHERE amount > 0) AS payouts,
    coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS to_pay,
    count(*) AS legs
  FROM leg
)

SELECT m.collections, m.to_collect::bigint, m.payouts, m.to_pay::bigint, m.legs,
  (SELECT count(*) FROM skipped) AS skipped
FROM made AS m;

-- name: complete_settlement
-- With nobody to pay there is nothing to approve.
UPDATE clearing.settlement SET
  collections = %(collections)s, to_collect = %(to_collect)s, payouts = %(payouts)s,
  to_pay = %(to_pay)s, skipped = %(skipped)s, unfinished = %(legs)s,
  state = CASE WHEN %(legs)s = 0 THEN 'settled' ELSE 'proposed' END,
  finished_at = CASE WHEN %(legs)s = 0 THEN %(at)s::timestamptz END
WHERE id = %(settlement)s;

-- name: first_unknown
SELECT v.id FROM unnest(%(ids)s::bigint[]) AS v (id)
WHERE NOT EXISTS (SELECT 1 FROM alliance.organisation AS o WHERE o.id = v.id)
ORDER BY v.id
LIMIT 1;

-- name: get_settlement
SELECT id, business_date, through_window, state, collections, to_collect, payouts, to_pay, skipped,
  paid_in, paid_out, unfinished, failed, proposed_by, proposed_at, approved_by, approved_at,
  instructed_at, finished_at
FROM clearing.settlement
WHERE id = %(id)s;

-- name: lock_settlements
-- Whoever changes a settlement or one of its legs comes alone; in the order of their ids.
SELECT id FROM clearing.settlement
WHERE id = ANY(%(ids)s::int[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: newest_settlements
SELECT id, business_date, through_window, state, collections, to_collect, payouts, to_pay, skipped,
  paid_in, paid_out, unfinished, failed, proposed_by, proposed_at, approved_by, approved_at,
  instructed_at, finished_at
FROM clearing.settlement
WHERE id < %(before)s AND (%(state)s::text IS NULL OR state = %(state)s)
ORDER BY id DESC
LIMIT %(limit)s;

-- name: settlements_of_window
SELECT id, business_date, through_window, state, collections, to_collect, payouts, to_pay, skipped,
  paid_in, paid_out, unfinished, failed, proposed_by, proposed_at, approved_by, approved_at,
  instructed_at, finished_at
FROM clearing.settlement
WHERE through_window = %(window)s
ORDER BY id;

-- name: some_legs_of_settlement
SELECT settlement_id, organisation_id, through_window, amount, paid, state, attempt
FROM clearing.leg
WHERE settlement_id = %(settlement)s AND organisation_id > %(after)s
ORDER BY organisation_id
LIMIT %(limit)s;

-- name: legs_of_settlement
SELECT settlement_id, organisation_id, through_window, amount, paid, state, attempt
FROM clearing.leg
WHERE settlement_id = %(settlement)s
ORDER BY organisation_id;

-- name: some_legs
SELECT l.settlement_id, l.organisation_id, l.through_window, l.amount, l.paid, l.state, l.attempt
FROM clearing.leg AS l
INNER JOIN unnest(%(settlements)s::int[], %(organisations)s::bigint[])
  AS v (settlement_id, organisation_id)
  ON l.settlement_id = v.settlement_id AND l.organisation_id = v.organisation_id;

-- name: legs_of_organisation
SELECT settlement_id, organisation_id, through_window, amount, paid, state, attempt
FROM clearing.leg
WHERE organisation_id = %(organisation)s AND settlement_id < %(before)s
ORDER BY settlement_id DESC
LIMIT %(limit)s;

-- name: skipped_of_settlement
SELECT organisation_id, reason FROM clearing.skipped
WHERE settlement_id = %(settlement)s
ORDER BY organisation_id;

-- name: moved_since_proposed
-- A cover, a shared loss or money that came in otherwise changes what an organisation is owed.
SELECT l.organisation_id
FROM clearing.leg AS l
INNER JOIN ledger.account AS a ON l.organisation_id = a.owner_id AND a.kind = 'clearing'
LEFT JOIN (
  SELECT organisation_id, sum(net)::bigint AS net
  FROM ledger.window_movement
  WHERE window_id > %(through)s AND kind = 'clearing'
  GROUP BY organisation_id
) AS later ON l.organisation_id = later.organisation_id
WHERE
  l.settlement_id = %(settlement)s AND l.state = 'open'
  AND l.amount <> a.balance - coalesce(later.net, 0)
ORDER BY l.organisation_id;

-- name: approve_settlement
UPDATE clearing.settlement SET state = 'approved', approved_by = %(by)s, approved_at = %(at)s
WHERE id = %(id)s;

-- name: reject_settlement
UPDATE clearing.settlement SET
  state = 'rejected', finished_at = %(at)s, failed = failed + unfinished, unfinished = 0
WHERE id = %(id)s;

-- name: drop_legs
UPDATE clearing.leg SET state = 'dropped' WHERE settlement_id = %(id)s;

-- name: instruct_settlement
UPDATE clearing.settlement SET state = 'instructed', instructed_at = %(at)s
WHERE id = %(id)s;

-- name: instruct_legs
UPDATE clearing.leg SET state = 'instructed'
WHERE settlement_id = %(id)s AND state = 'open';

-- name: change_legs
UPDATE clearing.leg AS l SET paid = v.paid, state = v.state, attempt = v.attempt
FROM unnest(
  %(settlements)s::int[], %(organisations)s::bigint[], %(paid)s::bigint[], %(states)s::text[],
  %(attempts)s::int[]
) AS v (settlement_id, organisation_id, paid, state, attempt)
WHERE l.settlement_id = v.settlement_id AND l.organisation_id = v.organisation_id;

-- name: advance_settlements
-- Differences to the sums, so that the legs of a large settlement are not read for each payment.
UPDATE clearing.settlement AS s SET
  paid_in = n.paid_in, paid_out = n.paid_out, unfinished = n.unfinished, failed = n.failed,
  state = n.state,
  finished_at = CASE WHEN n.unfinished = 0 THEN coalesce(s.finished_at, %(at)s::timestamptz) END
FROM (
  SELECT t.id, t.state AS former, t.paid_in + v.paid_in AS paid_in,
    t.paid_out + v.paid_out AS paid_out, t.unfinished - v.finished AS unfinished,
    t.failed + v.failed AS failed,
    CASE
      WHEN t.unfinished - v.finished > 0 AND t.paid_in + t.paid_out + v.paid_in + v.paid_out > 0
        THEN 'partly_paid'
      WHEN t.unfinished - v.finished > 0 AND t.state = 'partly_paid' THEN 'instructed'
      WHEN t.unfinished - v.finished > 0 THEN t.state
      WHEN t.failed + v.failed > 0 THEN 'failed'
      ELSE 'settled'
    END AS state
  FROM clearing.settlement AS t
  INNER JOIN unnest(
    %(ids)s::int[], %(paid_in)s::bigint[], %(paid_out)s::bigint[], %(finished)s::int[],
    %(failed)s::int[]
  ) AS v (id, paid_in, paid_out, finished, failed) ON t.id = v.id
) AS n
WHERE s.id = n.id
RETURNING s.id, n.former <> n.state;

-- name: known_payments
SELECT p.settlement_id, p.organisation_id, p.reference, p.amount
FROM clearing.payment AS p
INNER JOIN unnest(
  %(settlements)s::int[], %(organisations)s::bigint[],
  string_to_array(%(given)s, E'\x1e')
) AS v (settlement_id, organisation_id, reference)
  ON
    p.settlement_id = v.settlement_id AND p.organisation_id = v.organisation_id
    AND p.reference = v.reference;

-- name: write_payments
INSERT INTO clearing.payment (
  settlement_id, organisation_id, reference, amount, operation_id, booked_at
)
SELECT v.settlement_id, v.organisation_id, v.reference, v.amount, v.operation_id,
  %(at)s::timestamptz
FROM unnest(
  %(settlements)s::int[], %(organisations)s::bigint[],
  string_to_array(%(given)s, E'\x1e'), %(amounts)s::bigint[], %(operations)s::bigint[]
) AS v (settlement_id, organisation_id, reference, amount, operation_id);

-- name: payments_of_leg
SELECT reference, amount, operation_id, booked_at
FROM clearing.payment
WHERE settlement_id = %(settlement)s AND organisation_id = %(organisation)s
ORDER BY operation_id;

-- name: write_steps
INSERT INTO clearing.settlement_event (
  settlement_id, organisation_id, state, attempt, paid, done_by, reason, at
)
SELECT v.settlement_id, v.organisation_id, v.state, v.attempt, v.paid, %(by)s, v.reason,
  %(at)s::timestamptz
FROM unnest(
  %(settlements)s::int[], %(organisations)s::bigint[], %(states)s::text[], %(attempts)s::int[],
  %(paid)s::bigint[], %(reasons)s::text[]
) AS v (settlement_id, organisation_id, state, attempt, paid, reason);

-- name: steps_of_settlement
SELECT organisation_id, state, attempt, paid, done_by, reason, at
FROM clearing.settlement_event
WHERE
  settlement_id = %(settlement)s
  AND (%(organisation)s::bigint IS NULL OR organisation_id = %(organisation)s)
ORDER BY id
LIMIT %(limit)s;
