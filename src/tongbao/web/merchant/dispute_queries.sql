-- name: disputes
-- From the organisation's side: who the other is, and what is due next.
SELECT d.id, d.kind, d.amount, d.state, d.reason, d.reference, d.opened_by, d.opened_at, d.upheld,
  o.name AS other,
  CASE WHEN d.creditor_id = %(organisation)s THEN 'mine' ELSE 'theirs' END AS side,
  CASE WHEN d.decided_at IS NULL THEN coalesce(d.decide_by, d.answer_by) END AS due
FROM reconcile.dispute AS d
INNER JOIN alliance.organisation AS o
  ON CASE WHEN d.creditor_id = %(organisation)s THEN d.debtor_id ELSE d.creditor_id END = o.id
WHERE %(organisation)s IN (d.creditor_id, d.debtor_id);

-- name: disputes_to_answer
-- The most urgent ones, and how many there are.
SELECT d.id, d.answer_by, d.amount, count(*) OVER () AS waiting
FROM reconcile.dispute AS d
WHERE d.debtor_id = %(organisation)s AND d.state = 'open'
ORDER BY d.answer_by, d.id
LIMIT %(limit)s;
