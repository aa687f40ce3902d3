-- name: plan_anew
-- Plans know whether one organisation is asked for or all. What comes in order is grouped in order:
-- hashing would spill, and hand everything over at the end.
SELECT set_config('work_mem', '64MB', TRUE), set_config('enable_hashagg', 'off', TRUE),
  set_config('plan_cache_mode', 'force_custom_plan', TRUE),
  set_config('cursor_tuple_fraction', '1', TRUE), set_config('jit', 'off', TRUE);

-- name: not_summed
SELECT count(*) FROM ledger.clearing_window AS w
LEFT JOIN statements.summed AS s ON w.id = s.window_id
WHERE w.id BETWEEN %(first)s AND %(last)s AND s.window_id IS NULL;

-- name: heads
-- Who, and what it had before the first window and after the last one.
SELECT o.id, o.code, o.name,
  ARRAY[
    b.position, b.circulation, b.owed_points, b.reserve, b.prepaid, b.collateral, b.guarantee,
    b.fees, b.breakage, b.first_loss
  ] AS opening,
  ARRAY[
    e.position, e.circulation, e.owed_points, e.reserve, e.prepaid, e.collateral, e.guarantee,
    e.fees, e.breakage, e.first_loss
  ] AS closing
FROM alliance.organisation AS o
LEFT JOIN LATERAL (
  SELECT c.* FROM statements.closing AS c
  WHERE c.organisation_id = o.id AND c.window_id < %(first)s
  ORDER BY c.window_id DESC
  LIMIT 1
) AS b ON TRUE
LEFT JOIN LATERAL (
  SELECT c.* FROM statements.closing AS c
  WHERE c.organisation_id = o.id AND c.window_id <= %(last)s
  ORDER BY c.window_id DESC
  LIMIT 1
) AS e ON TRUE
WHERE %(organisation)s::bigint IS NULL OR o.id = %(organisation)s
ORDER BY o.id;

-- name: lines
-- Lines that stand alone keep their operation, with when and why; fees keep their rate of VAT.
SELECT l.organisation_id, l.account, l.item, o.code AS counterparty, l.fee_vat, l.count, l.amount,
  nullif(l.operation_id, 0) AS operation_id, p.written_at, p.data::text AS data
FROM (
  SELECT i.organisation_id, i.account, i.item, i.counterparty_id, i.operation_id, i.fee_vat,
    sum(i.count)::bigint AS count, sum(i.amount)::bigint AS amount
  FROM (
    SELECT n.organisation_id, n.account, n.item, n.counterparty_id, n.operation_id, n.count,
      n.amount, CASE WHEN n.item = ANY(%(fees)s::text[]) THEN s.fee_vat END AS fee_vat
    FROM statements.line AS n
    INNER JOIN statements.summed AS s ON n.window_id = s.window_id
    WHERE
      n.window_id BETWEEN %(first)s AND %(last)s
      AND (%(organisation)s::bigint IS NULL OR n.organisation_id = %(organisation)s)
  ) AS i
  GROUP BY i.organisation_id, i.account, i.item, i.counterparty_id, i.operation_id, i.fee_vat
) AS l
LEFT JOIN alliance.organisation AS o ON l.counterparty_id = o.id
LEFT JOIN ledger.operation AS p ON l.operation_id > 0 AND l.operation_id = p.id
ORDER BY l.organisation_id, l.operation_id, o.code, l.fee_vat;

-- name: issuers
-- Whose points were accepted, and what is claimed for them, gross. The texts are made here, where
-- the rows are: a statement may have tens of thousands of them.
WITH part AS (
  SELECT redeemer_id, issuer_id,
    CASE WHEN back THEN 0 ELSE count END AS redemptions,
    CASE WHEN back THEN 0 ELSE points END AS points,
    CASE WHEN back THEN count ELSE 0 END AS returns,
    CASE WHEN back THEN points ELSE 0 END AS points_back,
    0 AS claims, 0 AS due, 0 AS counterclaims, 0 AS due_back
  FROM statements.accepted
  WHERE
    window_id BETWEEN %(first)s AND %(last)s
    AND (%(organisation)s::bigint IS NULL OR redeemer_id = %(organisation)s)
  UNION ALL
  SELECT redeemer_id, issuer_id, 0, 0, 0, 0, claims, claimed, counterclaims, countered
  FROM ledger.claim
  WHERE
    window_id BETWEEN %(first)s AND %(last)s
    AND (%(organisation)s::bigint IS NULL OR redeemer_id = %(organisation)s)
),

pair AS (
  SELECT redeemer_id, issuer_id,
    sum(redemptions)::bigint AS redemptions, sum(points)::bigint AS points,
    sum(returns)::bigint AS returns, sum(points_back)::bigint AS points_back,
    sum(claims)::bigint AS claims, sum(due)::bigint AS due,
    sum(counterclaims)::bigint AS counterclaims, sum(due_back)::bigint AS due_back
  FROM part
  GROUP BY redeemer_id, issuer_id
)

SELECT p.redeemer_id, sum(p.redemptions)::bigint, sum(p.points)::bigint, sum(p.returns)::bigint,
  sum(p.points_back)::bigint,
  coalesce(
    sum(p.points - p.points_back) FILTER (WHERE p.redeemer_id = p.issuer_id), 0
  )::bigint AS on_us,
  sum(p.claims)::bigint, sum(p.due)::bigint, sum(p.counterclaims)::bigint,
  sum(p.due_back)::bigint,
  string_agg(
    concat(
      '{"code":"', o.code, '","name":', to_json(o.name)::text,
      CASE
        WHEN p.redemptions > 0
          THEN concat(',"redemptions":', p.redemptions, ',"points":', p.points)
      END,
      CASE
        WHEN p.returns > 0
          THEN concat(',"returns":', p.returns, ',"points_back":', p.points_back)
      END,
      CASE WHEN p.claims > 0 THEN concat(',"claims":', p.claims, ',"due":', p.due) END,
      CASE
        WHEN p.counterclaims > 0
          THEN concat(',"counterclaims":', p.counterclaims, ',"due_back":', p.due_back)
      END,
      '}'
    ), ',' ORDER BY p.issuer_id
  ) AS stated
FROM pair AS p
INNER JOIN alliance.organisation AS o ON p.issuer_id = o.id
GROUP BY p.redeemer_id
ORDER BY p.redeemer_id;

-- name: redeemers
-- Who accepted an organisation's points, and what it owes for them, gross.
WITH pair AS (
  SELECT issuer_id, redeemer_id, sum(claims)::bigint AS claims, sum(claimed)::bigint AS owed,
    sum(counterclaims)::bigint AS counterclaims, sum(countered)::bigint AS owed_back
  FROM ledger.claim
  WHERE
    window_id BETWEEN %(first)s AND %(last)s
    AND (%(organisation)s::bigint IS NULL OR issuer_id = %(organisation)s)
  GROUP BY issuer_id, redeemer_id
)

SELECT p.issuer_id, sum(p.claims)::bigint, sum(p.owed)::bigint, sum(p.counterclaims)::bigint,
  sum(p.owed_back)::bigint,
  string_agg(
    concat(
      '{"code":"', o.code, '","name":', to_json(o.name)::text,
      CASE WHEN p.claims > 0 THEN concat(',"claims":', p.claims, ',"owed":', p.owed) END,
      CASE
        WHEN p.counterclaims > 0
          THEN concat(',"counterclaims":', p.counterclaims, ',"owed_back":', p.owed_back)
      END,
      '}'
    ), ',' ORDER BY p.redeemer_id
  ) AS stated
FROM pair AS p
INNER JOIN alliance.organisation AS o ON p.redeemer_id = o.id
GROUP BY p.issuer_id
ORDER BY p.issuer_id;
