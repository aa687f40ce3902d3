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

-- name: pairs_after
-- A page of pairs in the order of the two's ids. A pair has two rows at most, so that twice as many
-- rows have that many whole pairs, and only they are kept. The index has them in this order.
SELECT v.one, v.other,
  sum(CASE WHEN v.issuer_id = v.one THEN v.claimed ELSE v.countered END)::bigint AS owed,
  sum(CASE WHEN v.issuer_id = v.one THEN v.countered ELSE v.claimed END)::bigint AS owed_back,
  sum(CASE WHEN v.claimed = 0 THEN 0 ELSE v.claims END
    + CASE WHEN v.countered = 0 THEN 0 ELSE v.counterclaims END)::bigint AS claims
FROM (
  SELECT least(issuer_id, redeemer_id) AS one, greatest(issuer_id, redeemer_id) AS other,
    issuer_id, claimed, countered, claims, counterclaims
  FROM ledger.claim
  WHERE
    window_id = %(window)s
    AND issuer_id <> redeemer_id
    AND (claimed <> 0 OR countered <> 0)
    AND (least(issuer_id, redeemer_id), greatest(issuer_id, redeemer_id))
    > (%(one)s::bigint, %(other)s::bigint)
  ORDER BY one, other
  LIMIT 2 * %(limit)s::bigint
) AS v
GROUP BY v.one, v.other
ORDER BY v.one, v.other
LIMIT %(limit)s;

-- name: own_pairs_after
-- The same of the pairs that one organisation is in, which are in the order of the others' ids.
-- They are looked up one by one, because a window is of everybody.
SELECT least(o.id, v.own) AS one, greatest(o.id, v.own) AS other,
  CASE WHEN v.own < o.id THEN v.owed ELSE v.due END AS owed,
  CASE WHEN v.own < o.id THEN v.due ELSE v.owed END AS owed_back,
  v.claims
FROM alliance.organisation AS o
CROSS JOIN LATERAL (
  SELECT %(organisation)s::bigint AS own, sum(c.owed)::bigint AS owed, sum(c.due)::bigint AS due,
    sum(c.claims)::bigint AS claims
  FROM (
    SELECT a.claimed AS owed, a.countered AS due,
      CASE WHEN a.claimed = 0 THEN 0 ELSE a.claims END
      + CASE WHEN a.countered = 0 THEN 0 ELSE a.counterclaims END AS claims
    FROM ledger.claim AS a
    WHERE
      a.issuer_id = %(organisation)s AND a.redeemer_id = o.id AND a.window_id = %(window)s
    UNION ALL
    SELECT b.countered, b.claimed,
      CASE WHEN b.claimed = 0 THEN 0 ELSE b.claims END
      + CASE WHEN b.countered = 0 THEN 0 ELSE b.counterclaims END
    FROM ledger.claim AS b
    WHERE
      b.issuer_id = o.id AND b.redeemer_id = %(organisation)s AND b.window_id = %(window)s
  ) AS c
) AS v
WHERE
  o.id <> %(organisation)s
  AND (least(o.id, %(organisation)s), greatest(o.id, %(organisation)s))
  > (%(one)s::bigint, %(other)s::bigint)
  AND v.claims > 0
ORDER BY o.id
LIMIT %(limit)s;

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

-- name: nets_after
-- A page of it, or of one organisation alone: each is looked up by its id, so that it costs as
-- much in the thousandth window as in the first.
SELECT o.id AS organisation_id, m.clearing, m.reserve, m.prepaid, m.fees, m.breakage
FROM alliance.organisation AS o
CROSS JOIN LATERAL (
  SELECT count(*) AS moved,
    coalesce(sum(n.net) FILTER (WHERE n.kind = 'clearing'), 0)::bigint AS clearing,
    coalesce(sum(n.net) FILTER (WHERE n.kind = 'reserve'), 0)::bigint AS reserve,
    coalesce(sum(n.net) FILTER (WHERE n.kind = 'prepaid'), 0)::bigint AS prepaid,
    coalesce(sum(n.net) FILTER (WHERE n.kind = 'fees'), 0)::bigint AS fees,
    coalesce(sum(n.net) FILTER (WHERE n.kind = 'breakage'), 0)::bigint AS breakage
  FROM ledger.window_movement AS n
  WHERE n.window_id = %(window)s AND n.organisation_id = o.id
) AS m
WHERE
  m.moved > 0
  AND o.id > %(after)s
  AND (%(organisation)s::bigint IS NULL OR o.id = %(organisation)s::bigint)
ORDER BY o.id
LIMIT %(limit)s;
