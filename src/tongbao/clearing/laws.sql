-- Law 13: settlements. Queries return offending rows only; the parameters are those of the laws of
-- the ledger. An incremental run looks at settlements that are not finished or have moved money
-- since the point it starts from.

-- name: law_13_payments_equal_transfers
-- why: what a settlement says was paid is money that left or entered a bank account, and nothing
-- else did. 62 is paid in, 63 paid out.
WITH paid AS (
  SELECT p.operation_id, p.organisation_id,
    CASE WHEN l.amount < 0 THEN -p.amount ELSE p.amount END AS amount
  FROM clearing.payment AS p
  LEFT JOIN clearing.leg AS l
    ON p.settlement_id = l.settlement_id AND p.organisation_id = l.organisation_id
  WHERE p.operation_id >= %(since)s::bigint << 13
),

moved AS (
  SELECT operation_id, from_owner AS organisation_id,
    sum(CASE movement WHEN 62 THEN -amount ELSE amount END) AS amount
  FROM ledger.transfer
  WHERE operation_id >= %(since)s::bigint << 13 AND movement IN (62, 63)
  GROUP BY operation_id, from_owner
)

SELECT coalesce(p.operation_id, m.operation_id) AS operation_id,
  coalesce(p.organisation_id, m.organisation_id) AS organisation_id, p.amount AS paid,
  m.amount AS moved
FROM paid AS p
FULL JOIN moved AS m
  ON p.operation_id = m.operation_id AND p.organisation_id = m.organisation_id
WHERE p.amount IS DISTINCT FROM m.amount
ORDER BY operation_id, organisation_id
LIMIT %(limit)s;

-- name: law_13_legs_equal_payments
-- why: what is left of a leg is what may still be moved.
WITH touched AS (
  SELECT id FROM clearing.settlement
  WHERE NOT %(incremental)s::boolean OR finished_at IS NULL
  UNION
  SELECT settlement_id FROM clearing.payment WHERE operation_id >= %(since)s::bigint << 13
)

SELECT l.settlement_id, l.organisation_id, l.amount, l.paid,
  coalesce(p.paid, 0) AS sum_of_payments
FROM clearing.leg AS l
LEFT JOIN (
  SELECT settlement_id, organisation_id, sum(amount) AS paid
  FROM clearing.payment
  GROUP BY settlement_id, organisation_id
) AS p ON l.settlement_id = p.settlement_id AND l.organisation_id = p.organisation_id
WHERE
  l.settlement_id IN (SELECT id FROM touched)
  AND (l.paid <> coalesce(p.paid, 0) OR l.paid NOT BETWEEN 0 AND abs(l.amount))
ORDER BY l.settlement_id, l.organisation_id
LIMIT %(limit)s;

-- name: law_13_settlements_follow_their_legs
-- why: the sums are kept so that legs need not be read; a settlement is finished when they are.
WITH touched AS (
  SELECT id FROM clearing.settlement
  WHERE NOT %(incremental)s::boolean OR finished_at IS NULL
  UNION
  SELECT settlement_id FROM clearing.payment WHERE operation_id >= %(since)s::bigint << 13
),

summed AS (
  SELECT l.settlement_id, count(*) AS legs,
    count(*) FILTER (WHERE l.amount < 0) AS collections,
    count(*) FILTER (WHERE l.amount > 0) AS payouts,
    coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0), 0) AS to_collect,
    coalesce(sum(l.amount) FILTER (WHERE l.amount > 0), 0) AS to_pay,
    coalesce(sum(l.paid) FILTER (WHERE l.amount < 0), 0) AS paid_in,
    coalesce(sum(l.paid) FILTER (WHERE l.amount > 0), 0) AS paid_out,
    count(*) FILTER (WHERE l.state IN ('open', 'instructed', 'partly_paid', 'rejected'))
      AS unfinished,
    count(*) FILTER (WHERE l.state IN ('failed', 'dropped')) AS failed,
    bool_and(l.state = 'dropped') AS dropped,
    bool_or(l.state NOT IN ('open', 'dropped')) AS instructed
  FROM clearing.leg AS l
  WHERE l.settlement_id IN (SELECT id FROM touched)
  GROUP BY l.settlement_id
),

expected AS (
  SELECT s.id, coalesce(l.collections, 0) AS collections, coalesce(l.to_collect, 0) AS to_collect,
    coalesce(l.payouts, 0) AS payouts, coalesce(l.to_pay, 0) AS to_pay,
    coalesce(l.paid_in, 0) AS paid_in, coalesce(l.paid_out, 0) AS paid_out,
    coalesce(l.unfinished, 0) AS unfinished, coalesce(l.failed, 0) AS failed,
    CASE
      WHEN l.dropped AND s.state = 'rejected' AND s.approved_at IS NULL THEN 'rejected'
      WHEN coalesce(l.unfinished, 0) = 0 AND l.failed > 0 THEN 'failed'
      WHEN coalesce(l.unfinished, 0) = 0 THEN 'settled'
      WHEN l.paid_in + l.paid_out > 0 THEN 'partly_paid'
      WHEN l.instructed THEN 'instructed'
      WHEN s.approved_at IS NOT NULL THEN 'approved'
      ELSE 'proposed'
    END AS state
  FROM clearing.settlement AS s
  LEFT JOIN summed AS l ON s.id = l.settlement_id
  WHERE s.id IN (SELECT id FROM touched)
)

SELECT s.id AS settlement_id, s.state, e.state AS state_of_legs, s.to_collect,
  e.to_collect AS to_collect_of_legs, s.to_pay, e.to_pay AS to_pay_of_legs, s.paid_in,
  e.paid_in AS paid_in_of_legs, s.paid_out, e.paid_out AS paid_out_of_legs, s.unfinished,
  e.unfinished AS unfinished_legs, s.failed, e.failed AS failed_legs
FROM clearing.settlement AS s
INNER JOIN expected AS e ON s.id = e.id
WHERE
  (s.state, s.collections, s.to_collect, s.payouts, s.to_pay)
  <> (e.state, e.collections, e.to_collect, e.payouts, e.to_pay)
  OR (s.paid_in, s.paid_out, s.unfinished, s.failed)
  <> (e.paid_in, e.paid_out, e.unfinished, e.failed)
ORDER BY s.id
LIMIT %(limit)s;

-- name: law_13_windows_are_settled_in_order
-- why: a leg pays all windows up to one; an earlier one settled later would be paid twice.
SELECT l.settlement_id, l.organisation_id, l.through_window, s.through_window AS of_settlement,
  former.through_window AS settled_before
FROM clearing.leg AS l
LEFT JOIN clearing.settlement AS s ON l.settlement_id = s.id
LEFT JOIN ledger.clearing_window AS w ON l.through_window = w.id
LEFT JOIN LATERAL (
  SELECT max(f.through_window) AS through_window FROM clearing.leg AS f
  WHERE
    f.organisation_id = l.organisation_id AND f.settlement_id < l.settlement_id
    AND f.state <> 'dropped'
) AS former ON TRUE
WHERE
  l.state <> 'dropped'
  AND (NOT %(incremental)s::boolean OR s.finished_at IS NULL)
  AND (
    l.through_window IS DISTINCT FROM s.through_window OR w.closed_at IS NULL
    OR former.through_window > l.through_window
  )
ORDER BY l.settlement_id, l.organisation_id
LIMIT %(limit)s;

-- name: law_13_the_trail_ends_with_what_is
-- why: whoever asks who did it, when and why, finds every change of state.
WITH touched AS (
  SELECT id FROM clearing.settlement
  WHERE NOT %(incremental)s::boolean OR finished_at IS NULL
  UNION
  SELECT settlement_id FROM clearing.payment WHERE operation_id >= %(since)s::bigint << 13
),

last_step AS (
  SELECT DISTINCT ON (settlement_id, organisation_id) settlement_id, organisation_id, state, paid
  FROM clearing.settlement_event
  WHERE settlement_id IN (SELECT id FROM touched)
  ORDER BY settlement_id ASC, organisation_id ASC, id DESC
)

SELECT s.id AS settlement_id, NULL::bigint AS organisation_id, s.state, t.state AS state_in_trail
FROM clearing.settlement AS s
LEFT JOIN last_step AS t ON s.id = t.settlement_id AND t.organisation_id IS NULL
WHERE s.id IN (SELECT id FROM touched) AND s.state IS DISTINCT FROM t.state
UNION ALL
SELECT l.settlement_id, l.organisation_id, l.state, t.state AS state_in_trail
FROM clearing.leg AS l
INNER JOIN clearing.settlement AS s ON l.settlement_id = s.id
LEFT JOIN last_step AS t
  ON l.settlement_id = t.settlement_id AND l.organisation_id = t.organisation_id
WHERE
  l.settlement_id IN (SELECT id FROM touched) AND s.asked <> 'one step'
  AND CASE
    WHEN l.state = 'dropped' AND s.state = 'rejected' THEN t.state <> 'dropped'
    WHEN l.state = 'open' OR (l.state = 'instructed' AND l.attempt = 1) THEN t.state IS NOT NULL
    ELSE t.state IS DISTINCT FROM l.state OR t.paid <> l.paid
  END
ORDER BY settlement_id, organisation_id
LIMIT %(limit)s;
