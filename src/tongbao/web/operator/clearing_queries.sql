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

-- name: legs
-- Of one settlement: who pays, and who is paid.
SELECT l.organisation_id AS id, l.settlement_id, o.name, o.code, l.amount, l.paid, l.state,
  l.attempt, CASE WHEN l.amount < 0 THEN 'pay' ELSE 'paid' END AS way,
  'TB' || l.settlement_id || '-' || l.organisation_id || '-' || l.attempt AS end_to_end_id
FROM clearing.leg AS l
INNER JOIN alliance.organisation AS o ON l.organisation_id = o.id
WHERE l.settlement_id = %(settlement)s;

-- name: nets
-- How each position moved in one window, and what was set aside for points and taken in fees.
SELECT m.organisation_id AS id, o.name, o.code,
  coalesce(sum(m.net) FILTER (WHERE m.kind = 'clearing'), 0)::bigint AS clearing,
  coalesce(sum(m.net) FILTER (WHERE m.kind = 'reserve'), 0)::bigint AS reserve,
  coalesce(sum(m.net) FILTER (WHERE m.kind = 'fees'), 0)::bigint AS fees
FROM ledger.window_movement AS m
INNER JOIN alliance.organisation AS o ON m.organisation_id = o.id
WHERE m.window_id = %(window)s
GROUP BY m.organisation_id, o.name, o.code;

-- name: exception_items
-- The subject tells an item from others of its kind, and is made of ids; people read what it is
-- about: a receipt, a payment or an operation.
SELECT e.id, e.kind, e.subject, e.state, e.raised_at, coalesce(e.assigned_to, '') AS assigned_to,
  coalesce(o.name, '') AS organisation, e.organisation_id,
  coalesce(e.facts ->> 'label', e.facts ->> 'payment', v.operation, '') AS about, v.operation
FROM desk.exception_item AS e
LEFT JOIN alliance.organisation AS o ON e.organisation_id = o.id
CROSS JOIN LATERAL (
  SELECT CASE WHEN e.kind = 'advice' THEN e.subject ELSE e.facts ->> 'operation' END AS operation
) AS v;

-- name: colleagues
-- Who of the operator's people may work on exception items.
SELECT s.login, s.name
FROM access.staff AS s
WHERE s.role IN ('admin', 'settlement') AND NOT s.disabled
ORDER BY s.name, s.login;
