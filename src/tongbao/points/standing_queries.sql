-- name: circulation
-- What remains of an issuer's points, by the state they are in; every member's lots are read.
SELECT coalesce(sum(available), 0)::bigint, coalesce(sum(held), 0)::bigint,
  coalesce(sum(pending), 0)::bigint, count(DISTINCT owner_id)
FROM ledger.lot
WHERE open AND issuer_id = %(organisation)s;

-- name: counterparties
-- With whom it has claims, in all windows: what each side owes the other, refunds taken off.
SELECT o.id, o.code, o.name,
  sum(c.owed)::bigint AS owed, sum(c.due)::bigint AS due
FROM (
  SELECT redeemer_id AS id, claimed - countered AS owed, 0 AS due FROM ledger.claim
  WHERE issuer_id = %(organisation)s AND redeemer_id <> %(organisation)s
  UNION ALL
  SELECT issuer_id AS id, 0 AS owed, claimed - countered AS due FROM ledger.claim
  WHERE redeemer_id = %(organisation)s AND issuer_id <> %(organisation)s
) AS c
INNER JOIN alliance.organisation AS o ON c.id = o.id
GROUP BY o.id, o.code, o.name
ORDER BY sum(c.owed) + sum(c.due) DESC, o.id
LIMIT %(limit)s;

-- name: stated_outlets
SELECT t.id, t.code, t.name, s.code AS site, s.region, f.name AS format, f.mcc, t.open
FROM alliance.outlet AS t
INNER JOIN alliance.site AS s ON t.site_id = s.id
INNER JOIN alliance.format AS f ON t.format = f.code
WHERE t.organisation_id = %(organisation)s
ORDER BY t.id
LIMIT %(limit)s;

-- name: stated_outlet
SELECT t.id, t.code, t.name, t.open, t.organisation_id, o.code AS organisation,
  o.name AS organisation_name, b.name AS brand, s.code AS site, s.name AS site_name, s.kind,
  s.region, f.code AS format, f.name AS format_name, f.mcc
FROM alliance.outlet AS t
INNER JOIN alliance.organisation AS o ON t.organisation_id = o.id
INNER JOIN alliance.site AS s ON t.site_id = s.id
INNER JOIN alliance.format AS f ON t.format = f.code
LEFT JOIN alliance.brand AS b ON t.brand_id = b.id
WHERE t.id = %(outlet)s;

-- name: stated_terminals
SELECT code FROM alliance.terminal
WHERE outlet_id = %(outlet)s AND active
ORDER BY code
LIMIT %(limit)s;

-- name: newest_operations
-- Found by the organisation, newest first; those of its other outlets are passed over.
SELECT p.id, p.kind, t.code AS outlet, p.owner_id, p.points, p.cash, p.effective_at
FROM ledger.operation AS p
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
WHERE
  p.organisation_id = %(organisation)s
  AND (%(outlet)s::bigint IS NULL OR p.outlet_id = %(outlet)s)
ORDER BY p.id DESC
LIMIT %(limit)s;
