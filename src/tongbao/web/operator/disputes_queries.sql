-- name: disputes
-- With what is waited for next: the answer, then the decision.
SELECT d.id, d.kind, d.reason, c.name AS creditor, b.name AS debtor, d.amount, d.state,
  d.opened_at, CASE WHEN d.decided_at IS NULL THEN coalesce(d.decide_by, d.answer_by) END AS due
FROM reconcile.dispute AS d
INNER JOIN alliance.organisation AS c ON d.creditor_id = c.id
INNER JOIN alliance.organisation AS b ON d.debtor_id = b.id;
