-- name: windows
-- How much is claimed in each, refunds taken off, between how many pairs: as it was summed, or, of
-- a window that is not summed yet, from its claims.
SELECT w.id, w.opened_at, w.closed_at,
  CASE WHEN w.closed_at IS NULL THEN 'open' ELSE 'closed' END AS state,
  coalesce(s.claimed, n.claimed) AS claimed, coalesce(s.pairs, n.pairs) AS pairs
FROM ledger.clearing_window AS w
LEFT JOIN figures.window_sum AS s ON w.id = s.window_id
LEFT JOIN LATERAL (
  SELECT coalesce(sum(c.claimed - c.countered), 0)::bigint AS claimed, count(*) AS pairs
  FROM ledger.claim AS c
  WHERE c.window_id = w.id AND s.window_id IS NULL AND c.issuer_id <> c.redeemer_id
) AS n ON TRUE;

-- name: settlements
SELECT s.id, s.business_date, s.through_window, s.state, s.collections, s.to_collect, s.payouts,
  s.to_pay, s.paid_in, s.paid_out, s.proposed_by, s.proposed_at, s.approved_by
FROM clearing.settlement AS s;

-- name: exception_items
SELECT e.id, e.kind, e.subject, e.state, e.raised_at, coalesce(e.assigned_to, '') AS assigned_to,
  coalesce(o.name, '') AS organisation, e.organisation_id
FROM desk.exception_item AS e
LEFT JOIN alliance.organisation AS o ON e.organisation_id = o.id;

-- name: colleagues
-- Who of the operator's people may work on exception items.
SELECT s.login
FROM access.staff AS s
WHERE s.role IN ('admin', 'settlement') AND NOT s.disabled
ORDER BY s.login;
