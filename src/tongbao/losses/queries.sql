-- name: list_members
-- Who takes part in the guarantee fund: whoever has contributed, or was given a cap or a share to
-- contribute, that ruled at the time asked for. The operator's part is the first loss.
SELECT o.id, coalesce(c.required, 0) AS required,
  coalesce(c.cap, greatest(a.balance, 0)) AS cap, a.balance AS contributed
FROM ledger.account AS a
INNER JOIN alliance.organisation AS o ON a.owner_id = o.id
LEFT JOIN LATERAL (
  SELECT v.required, v.cap FROM losses.cap AS v
  WHERE v.organisation_id = a.owner_id AND v.decided_at <= %(ruled_at)s
  ORDER BY v.id DESC
  LIMIT 1
) AS c ON TRUE
WHERE
  a.kind = 'guarantee' AND o.role <> 'operator' AND o.status = ANY(%(statuses)s::text[])
  AND (a.balance > 0 OR c.cap > 0 OR c.required > 0)
ORDER BY o.id;

-- name: get_member
SELECT o.id, coalesce(c.required, 0) AS required,
  coalesce(c.cap, a.balance) AS cap, a.balance AS contributed
FROM ledger.account AS a
INNER JOIN alliance.organisation AS o ON a.owner_id = o.id
LEFT JOIN LATERAL (
  SELECT v.required, v.cap FROM losses.cap AS v
  WHERE v.organisation_id = a.owner_id
  ORDER BY v.id DESC
  LIMIT 1
) AS c ON TRUE
WHERE a.owner_id = %(organisation)s AND a.kind = 'guarantee';

-- name: write_caps
INSERT INTO losses.cap (organisation_id, required, cap, proposal_id, decided_at)
SELECT v.organisation_id, v.required, v.cap, %(proposal)s, %(at)s
FROM unnest(%(organisations)s::bigint[], %(required)s::bigint[], %(caps)s::bigint[])
  AS v (organisation_id, required, cap)
ORDER BY v.organisation_id;

-- name: exposures_of_all
-- What each active organisation could leave unpaid if it failed now: what it owes, and its points
-- in circulation as far as no reserve, block, collateral or claim of its own stands behind them.
SELECT v.id, v.exposure
FROM (
  SELECT o.id,
    (-sum(a.balance) FILTER (
      WHERE a.kind IN ('clearing', 'reserve', 'prepaid', 'collateral', 'issued')
    ))::bigint AS exposure
  FROM alliance.organisation AS o
  INNER JOIN ledger.account AS a ON o.id = a.owner_id
  WHERE o.status = 'active' AND o.role <> 'operator'
  GROUP BY o.id
) AS v
ORDER BY v.id;

-- name: first_unsettled
-- The windows that the debt of today comes from: back to the newest one before which nothing was
-- left to pay. carried is what was owed to it then.
SELECT v.window_id, v.carried::bigint
FROM (
  SELECT window_id,
    %(clearing)s::bigint - sum(net) OVER (ORDER BY window_id DESC) AS carried
  FROM ledger.window_movement
  WHERE organisation_id = %(organisation)s AND kind = 'clearing'
) AS v
WHERE v.carried >= 0
ORDER BY v.window_id DESC
LIMIT 1;

-- name: owed_by_pair
-- What it owes each other organisation on balance (negative: is owed). The claims that its reserve
-- has paid are no debt; only who has a reserve has any, so only then are transfers read.
SELECT p.other_id, sum(p.owes)::bigint AS owes, o.status IN ('active', 'suspended') AS solvent
FROM (
  SELECT redeemer_id AS other_id, claimed - countered AS owes
  FROM ledger.claim
  WHERE issuer_id = %(organisation)s AND window_id >= %(since)s
  UNION ALL
  SELECT issuer_id, countered - claimed
  FROM ledger.claim
  WHERE redeemer_id = %(organisation)s AND window_id >= %(since)s
  UNION ALL
  SELECT to_owner, -amount
  FROM ledger.transfer
  WHERE
    window_id >= %(since)s AND movement = 41 AND from_owner = %(organisation)s
    AND EXISTS (
      SELECT 1 FROM ledger.window_movement
      WHERE
        organisation_id = %(organisation)s AND kind = 'reserve' AND window_id >= %(since)s
    )
) AS p
INNER JOIN alliance.organisation AS o ON p.other_id = o.id
GROUP BY p.other_id, o.status
ORDER BY p.other_id;

-- name: last_run
SELECT run, window_id FROM losses.run WHERE default_id = %(default_id)s
ORDER BY run DESC
LIMIT 1;

-- name: standing_of
SELECT organisation_id, owes FROM losses.standing
WHERE default_id = %(default_id)s AND run = %(run)s;

-- name: write_standing
INSERT INTO losses.standing (default_id, run, organisation_id, owes)
SELECT %(default_id)s, %(run)s, v.organisation_id, v.owes
FROM unnest(%(organisations)s::bigint[], %(owes)s::bigint[]) AS v (organisation_id, owes);

-- name: borne_with_caps
-- What members have borne of a default under their caps, repayments taken off.
SELECT b.organisation_id, sum(b.amount)::bigint AS amount
FROM (
  SELECT step, organisation_id, amount FROM losses.share WHERE default_id = %(default_id)s
  UNION ALL
  SELECT step, organisation_id, -amount FROM losses.repayment WHERE default_id = %(default_id)s
) AS b
WHERE b.step IN ('guarantee', 'mutual')
GROUP BY b.organisation_id;

-- name: outstanding
-- What others than the defaulter have borne and were not repaid. Who has closed its accounts gets
-- nothing back.
SELECT b.step, b.organisation_id, sum(b.amount)::bigint AS amount
FROM (
  SELECT step, organisation_id, amount FROM losses.share WHERE default_id = %(default_id)s
  UNION ALL
  SELECT step, organisation_id, -amount FROM losses.repayment WHERE default_id = %(default_id)s
) AS b
INNER JOIN alliance.organisation AS o ON b.organisation_id = o.id
WHERE
  b.step NOT IN ('own_credits', 'own_block', 'collateral', 'own_guarantee')
  AND o.status <> 'closed'
GROUP BY b.step, b.organisation_id
HAVING sum(b.amount) > 0
ORDER BY b.organisation_id;

-- name: unfinished_leg
-- A debtor's, or a creditor's that the bank was not told of: what it was told to pay it may pay.
SELECT settlement_id FROM clearing.leg
WHERE
  organisation_id = %(organisation)s
  AND (
    (amount < 0 AND state IN ('open', 'instructed', 'partly_paid', 'rejected'))
    OR (amount > 0 AND state IN ('open', 'rejected'))
  );

-- name: write_default
INSERT INTO losses.declaration (organisation_id, reason, declared_by, approved_by, declared_at)
VALUES (%(organisation)s, %(reason)s, %(declared_by)s, %(approved_by)s, %(at)s)
RETURNING id;

-- name: get_default
SELECT id, organisation_id, reason, declared_by, approved_by, declared_at, lifted_by, lifted_at
FROM losses.declaration
WHERE id = %(id)s;

-- name: find_open_default
SELECT id, organisation_id, reason, declared_by, approved_by, declared_at, lifted_by, lifted_at
FROM losses.declaration
WHERE organisation_id = %(organisation)s AND lifted_at IS NULL;

-- name: list_defaults
SELECT id, organisation_id, reason, declared_by, approved_by, declared_at, lifted_by, lifted_at
FROM losses.declaration
WHERE
  (%(organisation)s::bigint IS NULL OR organisation_id = %(organisation)s)
  AND (NOT %(open)s OR lifted_at IS NULL)
  AND id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: lift_default
UPDATE losses.declaration SET lifted_by = %(by)s, lifted_at = %(at)s WHERE id = %(id)s;

-- name: next_run
SELECT count(*)::int + 1 FROM losses.run WHERE default_id = %(default_id)s;

-- name: write_run
INSERT INTO losses.run (
  default_id, run, operation_id, window_id, owed, loss, done_by, done_at
)
VALUES (
  %(default_id)s, %(run)s, %(operation_id)s, %(window_id)s, %(owed)s, %(loss)s, %(by)s, %(at)s
);

-- name: write_shares
INSERT INTO losses.share (default_id, run, step, organisation_id, amount)
SELECT %(default_id)s, %(run)s, v.step, v.organisation_id, v.amount
FROM unnest(%(steps)s::text[], %(organisations)s::bigint[], %(amounts)s::bigint[])
  AS v (step, organisation_id, amount);

-- name: runs_of
SELECT default_id, run, operation_id, window_id, owed, loss, done_by AS by, done_at AS at
FROM losses.run
WHERE default_id = %(default_id)s
ORDER BY run;

-- name: shares_of
SELECT run, step, organisation_id, amount FROM losses.share WHERE default_id = %(default_id)s
ORDER BY run, organisation_id;

-- name: find_recovery
SELECT recovery FROM losses.recovery
WHERE default_id = %(default_id)s AND reference = %(reference)s;

-- name: next_recovery
SELECT count(*)::int + 1 FROM losses.recovery WHERE default_id = %(default_id)s;

-- name: write_recovery
INSERT INTO losses.recovery (
  default_id, recovery, operation_id, reference, paid_in, done_by, done_at
)
VALUES (
  %(default_id)s, %(recovery)s, %(operation_id)s, %(reference)s, %(paid_in)s, %(by)s, %(at)s
);

-- name: write_repayments
INSERT INTO losses.repayment (default_id, recovery, step, organisation_id, amount)
SELECT %(default_id)s, %(recovery)s, v.step, v.organisation_id, v.amount
FROM unnest(%(steps)s::text[], %(organisations)s::bigint[], %(amounts)s::bigint[])
  AS v (step, organisation_id, amount);

-- name: recoveries_of
SELECT default_id, recovery, operation_id, reference, paid_in, done_by AS by, done_at AS at
FROM losses.recovery
WHERE default_id = %(default_id)s
ORDER BY recovery;

-- name: repayments_of
SELECT recovery, step, organisation_id, amount FROM losses.repayment
WHERE default_id = %(default_id)s
ORDER BY recovery, organisation_id;
