-- name: pictured_organisations
-- Who gave how much, whose points were spent, and who was paid with points; refunds taken off.
WITH moved AS (
  SELECT t.from_owner AS id,
    CASE WHEN m.name IN ('award', 'award_pending', 'adjust_up') THEN t.amount ELSE 0 END AS issued,
    CASE WHEN m.name = 'restore' THEN -t.amount ELSE 0 END AS spent,
    0 AS expired
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  WHERE m.name IN ('award', 'award_pending', 'adjust_up', 'restore')
  UNION ALL
  SELECT t.to_owner AS id, 0 AS issued,
    CASE WHEN m.name IN ('redeem', 'capture') THEN t.amount ELSE 0 END AS spent,
    CASE WHEN m.name IN ('expire', 'forfeit') THEN t.amount ELSE 0 END AS expired
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  WHERE m.name IN ('redeem', 'capture', 'expire', 'forfeit')
),

summed AS (
  SELECT id, sum(issued)::bigint AS issued, sum(spent)::bigint AS spent,
    sum(expired)::bigint AS expired
  FROM moved
  GROUP BY id
),

accepted AS (
  SELECT organisation_id AS id,
    sum(CASE WHEN kind IN ('refund', 'reversal') THEN -points ELSE points END)::bigint AS accepted
  FROM ledger.operation
  WHERE kind IN ('purchase', 'capture', 'advice', 'refund', 'reversal')
  GROUP BY organisation_id
),

held AS (
  SELECT owner_id AS id,
    -max(balance) FILTER (WHERE kind = 'issued') AS circulation,
    max(balance) FILTER (WHERE kind = 'clearing') AS clearing,
    max(balance) FILTER (WHERE kind = 'reserve') AS reserve,
    max(balance) FILTER (WHERE kind = 'collateral') AS collateral
  FROM ledger.account
  GROUP BY owner_id
)

SELECT o.id, o.code, o.name, o.status, coalesce(s.issued, 0) AS issued,
  coalesce(s.spent, 0) AS spent, coalesce(s.expired, 0) AS expired,
  coalesce(a.accepted, 0) AS accepted, h.circulation, h.clearing, h.reserve, h.collateral
FROM alliance.organisation AS o
INNER JOIN held AS h ON o.id = h.id
LEFT JOIN summed AS s ON o.id = s.id
LEFT JOIN accepted AS a ON o.id = a.id
WHERE o.role <> 'operator'
ORDER BY coalesce(s.issued, 0) DESC, o.id ASC;

-- name: pictured_claims
-- Who owes whom over all windows, refunds taken off.
SELECT i.code AS issuer, r.code AS redeemer, sum(c.claimed - c.countered)::bigint AS amount
FROM ledger.claim AS c
INNER JOIN alliance.organisation AS i ON c.issuer_id = i.id
INNER JOIN alliance.organisation AS r ON c.redeemer_id = r.id
WHERE c.issuer_id <> c.redeemer_id
GROUP BY i.code, r.code
ORDER BY sum(c.claimed - c.countered) DESC, i.code ASC, r.code ASC;

-- name: pictured_sizes
SELECT
  (SELECT count(*) FROM alliance.organisation) AS organisations,
  (SELECT count(*) FROM alliance.outlet) AS outlets,
  (SELECT count(*) FROM alliance.site) AS sites,
  (SELECT count(*) FROM alliance.format) AS formats,
  (SELECT count(*) FROM members.member) AS members,
  (SELECT count(*) FROM ledger.operation) AS operations,
  (SELECT count(*) FROM ledger.transfer) AS transfers,
  (SELECT count(*) FROM ledger.lot) AS lots,
  (SELECT count(*) FROM ledger.batch) AS batches,
  (SELECT count(*) FROM ledger.seal) AS seals;

-- name: sold_on
-- The sales and refunds of an outlet on a day, as its till would list them: of those that it does
-- not know to be paid with points no points.
SELECT p.id, p.kind,
  coalesce(d.sales, 0) AS bill, CASE WHEN p.kind = 'purchase' THEN p.points END AS points
FROM ledger.operation AS p
INNER JOIN figures.done AS d ON p.id = d.id
WHERE
  p.outlet_id = %(outlet)s AND p.kind IN ('award', 'purchase', 'refund')
  AND (p.effective_at AT TIME ZONE %(zone)s)::date = %(day)s
ORDER BY p.id;
