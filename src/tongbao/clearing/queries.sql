-- name: get_window
SELECT id, opened_at, closed_at FROM ledger.clearing_window WHERE id = %(id)s;

-- name: newest_windows
SELECT id, opened_at, closed_at FROM ledger.clearing_window
WHERE id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: newest_closed
-- A window is opened by the one that closes the one before.
SELECT id, opened_at, closed_at FROM ledger.clearing_window
WHERE closed_at IS NOT NULL
ORDER BY id DESC
LIMIT 1;

-- name: claims_of_window
-- Both ways of each pair: counter-claims (refunds) are owed by the redeemer to the issuer.
SELECT issuer_id, redeemer_id, claimed, claims, countered, counterclaims
FROM ledger.claim
WHERE window_id = %(window)s;

-- name: claims_by_two
-- The same, those of two organisations together, whoever of them is the issuer.
SELECT issuer_id, redeemer_id, claimed, claims, countered, counterclaims
FROM ledger.claim
WHERE window_id = %(window)s
ORDER BY least(issuer_id, redeemer_id), greatest(issuer_id, redeemer_id);

-- name: home_regions
-- The first outlet stays the first, open or not: what was netted by region is netted so again.
SELECT DISTINCT ON (o.organisation_id) o.organisation_id, s.region
FROM alliance.outlet AS o
INNER JOIN alliance.site AS s ON o.site_id = s.id
WHERE o.organisation_id = ANY(%(ids)s::bigint[])
ORDER BY o.organisation_id, o.id;

-- name: nets_of_window
-- One row for each organisation that moved; sums that posting keeps, so sales are not read.
SELECT organisation_id,
  coalesce(sum(net) FILTER (WHERE kind = 'clearing'), 0)::bigint AS clearing,
  coalesce(sum(net) FILTER (WHERE kind = 'reserve'), 0)::bigint AS reserve,
  coalesce(sum(net) FILTER (WHERE kind = 'prepaid'), 0)::bigint AS prepaid,
  coalesce(sum(net) FILTER (WHERE kind = 'fees'), 0)::bigint AS fees,
  coalesce(sum(net) FILTER (WHERE kind = 'breakage'), 0)::bigint AS breakage
FROM ledger.window_movement
WHERE window_id = %(window)s
GROUP BY organisation_id
ORDER BY organisation_id;
