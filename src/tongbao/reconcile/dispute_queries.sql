-- name: life_of
-- Whom an operation is with now: the member it was with, and each membership that one lived on as.
WITH RECURSIVE life AS (
  SELECT p.owner_id AS id FROM ledger.operation AS p WHERE p.id = %(operation)s
  UNION
  SELECT m.merged_into FROM life AS l
  INNER JOIN members.member AS m ON l.id = m.id
  WHERE m.merged_into IS NOT NULL
)

SELECT id FROM life ORDER BY id;

-- name: disputed_operation
SELECT owner_id, effective_at FROM ledger.operation WHERE id = %(operation)s;

-- name: worth
-- What is left of an operation's claim between two organisations, and of the fees it cost the
-- creditor, after what refunds and reversals gave back. 40 and 41 are claims, 42 counter-claims,
-- 46 to 49 fees and fees given back.
SELECT
  abs(coalesce(sum(
    CASE WHEN t.from_owner = %(creditor)s THEN t.amount ELSE -t.amount END
  ) FILTER (WHERE t.movement IN (40, 41, 42) AND v.theirs), 0))::bigint AS claim,
  coalesce(sum(
    CASE t.movement WHEN 46 THEN t.amount WHEN 47 THEN -t.amount END
  ) FILTER (WHERE v.mine), 0)::bigint AS acceptance_fee,
  coalesce(sum(
    CASE t.movement WHEN 48 THEN t.amount WHEN 49 THEN -t.amount END
  ) FILTER (WHERE v.mine), 0)::bigint AS issue_fee
FROM (
  SELECT %(operation)s::bigint AS id
  UNION
  SELECT p.id FROM ledger.operation AS p
  WHERE
    p.owner_id = ANY(%(life)s::bigint[]) AND p.original_id = %(operation)s
    AND p.kind IN ('refund', 'reversal')
) AS o
INNER JOIN ledger.transfer AS t ON o.id = t.operation_id
CROSS JOIN LATERAL (
  SELECT
    t.from_owner IN (%(creditor)s, %(debtor)s) AND t.to_owner IN (%(creditor)s, %(debtor)s)
    AND t.from_owner <> t.to_owner AS theirs,
    %(creditor)s IN (t.from_owner, t.to_owner) AS mine
) AS v;

-- name: open_dispute
-- Once for each subject, whoever comes first.
INSERT INTO reconcile.dispute (
  kind, creditor_id, debtor_id, subject, owner_id, operation_id, reference, amount, most, reason,
  evidence, opened_by, opened_at, answer_by
)
VALUES (
  %(kind)s, %(creditor)s, %(debtor)s, %(subject)s, %(owner)s, %(operation)s, %(reference)s,
  %(amount)s, %(most)s, %(reason)s, %(evidence)s, %(by)s, %(at)s, %(answer_by)s
)
ON CONFLICT (subject) DO NOTHING
RETURNING id;

-- name: find_dispute
SELECT id, state FROM reconcile.dispute WHERE subject = %(subject)s;

-- name: lock_dispute
-- In a statement of its own: whoever waited for the lock reads afterwards what was done.
SELECT id FROM reconcile.dispute WHERE id = %(id)s FOR UPDATE;

-- name: get_dispute
SELECT id, kind, creditor_id, debtor_id, owner_id, operation_id, reference, amount, most, reason,
  evidence, state, opened_by, opened_at, answer_by, answered_by, answered_at, answer, decide_by,
  proposal_id, decided_at, upheld, decision_reason, entry_id
FROM reconcile.dispute
WHERE id = %(id)s;

-- name: list_disputes
-- Oldest first: it has waited longest.
SELECT id, kind, creditor_id, debtor_id, owner_id, operation_id, reference, amount, most, reason,
  evidence, state, opened_by, opened_at, answer_by, answered_by, answered_at, answer, decide_by,
  proposal_id, decided_at, upheld, decision_reason, entry_id
FROM reconcile.dispute
WHERE
  id > %(after)s
  AND (%(decided)s::boolean OR decided_at IS NULL)
  AND (
    %(organisation)s::bigint IS NULL
    OR creditor_id = %(organisation)s OR debtor_id = %(organisation)s
  )
  AND (
    %(due)s::timestamptz IS NULL
    OR decided_at IS NULL AND coalesce(decide_by, answer_by) < %(due)s
  )
ORDER BY id
LIMIT %(limit)s;

-- name: answer_dispute
UPDATE reconcile.dispute
SET
  state = %(state)s, answered_by = %(by)s, answered_at = %(at)s, answer = %(answer)s,
  decide_by = %(decide_by)s
WHERE id = %(id)s;

-- name: note_proposal
UPDATE reconcile.dispute
SET proposal_id = %(proposal)s, decide_by = coalesce(decide_by, %(decide_by)s)
WHERE id = %(id)s;

-- name: decide_dispute
UPDATE reconcile.dispute
SET
  state = %(state)s, decided_at = %(at)s, upheld = %(upheld)s, decision_reason = %(reason)s,
  entry_id = %(entry)s
WHERE id = %(id)s;

-- name: claims_with
-- With whom an organisation has claims by an operation, either way round.
SELECT DISTINCT
  CASE WHEN t.from_owner = %(organisation)s THEN t.to_owner ELSE t.from_owner END AS id
FROM ledger.transfer AS t
WHERE
  t.operation_id = %(operation)s AND t.movement IN (40, 41, 42)
  AND %(organisation)s IN (t.from_owner, t.to_owner) AND t.from_owner <> t.to_owner
ORDER BY id;
