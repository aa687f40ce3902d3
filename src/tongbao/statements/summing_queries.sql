-- name: one_at_a_time
-- Whoever sums comes alone; what another has just summed is seen afterwards.
SELECT pg_advisory_xact_lock(%(lock)s);

-- name: summed_so_far
SELECT s.window_id, s.last_operation
FROM statements.summed AS s
ORDER BY s.window_id DESC
LIMIT 1;

-- name: closed_after
SELECT w.id FROM ledger.clearing_window AS w
WHERE w.id > %(after)s AND w.id <= %(through)s AND w.closed_at IS NOT NULL
ORDER BY w.id;

-- name: bound_memory
-- Sorting and hashing beyond this goes to the disk. Custom plans: they know the range of windows.
SELECT set_config('work_mem', '64MB', TRUE), set_config('plan_cache_mode', 'auto', TRUE);

-- name: gather_flows
-- CREATE TABLE AS may read in parallel, INSERT … SELECT may not.
CREATE TEMPORARY TABLE gathered_flow ON COMMIT DROP AS
SELECT f.window_id, f.movement, f.giver_id, f.taker_id, f.single_id AS operation_id,
  count(*) AS count, sum(f.amount)::bigint AS amount, max(f.operation_id) AS last_operation
FROM (
  SELECT t.window_id, t.operation_id, t.movement, t.amount,
    CASE WHEN t.movement = ANY(%(givers)s::smallint[]) THEN t.from_owner ELSE 0 END AS giver_id,
    CASE WHEN t.movement = ANY(%(takers)s::smallint[]) THEN t.to_owner ELSE 0 END AS taker_id,
    CASE
      WHEN t.movement = ANY(%(one_by_one)s::smallint[]) THEN t.operation_id ELSE 0
    END AS single_id
  FROM ledger.transfer AS t
  WHERE
    t.window_id BETWEEN %(first)s AND %(last)s
    AND t.operation_id > %(after)s
    AND t.movement = ANY(%(movements)s::smallint[])
) AS f
GROUP BY f.window_id, f.movement, f.giver_id, f.taker_id, f.single_id;

-- name: gather_redemptions
-- Whose points were spent where: the operation knows where. Lots of one issuer in one operation
-- are one redemption. Points that a release uses to repay a debt are not spent anywhere.
CREATE TEMPORARY TABLE gathered_redemption ON COMMIT DROP AS
SELECT r.redeemer_id, r.window_id, r.issuer_id, r.restored, r.repaying,
  count(DISTINCT r.operation_id) AS count, sum(r.amount)::bigint AS points,
  max(r.operation_id) AS last_operation
FROM (
  SELECT t.window_id, t.operation_id, t.amount,
    t.movement = %(restore)s AS restored,
    coalesce(p.kind = 'release_pending', FALSE) AS repaying,
    CASE WHEN t.movement = %(restore)s THEN t.from_owner ELSE t.to_owner END AS issuer_id,
    coalesce(
      p.organisation_id,
      CASE WHEN t.movement = %(restore)s THEN t.from_owner ELSE t.to_owner END
    ) AS redeemer_id
  FROM ledger.transfer AS t
  LEFT JOIN ledger.operation AS p
    ON
      t.operation_id = p.id
      AND p.id > %(after)s
      AND p.window_id BETWEEN %(first)s AND %(last)s
  WHERE
    t.window_id BETWEEN %(first)s AND %(last)s
    AND t.operation_id > %(after)s
    AND t.movement = ANY(%(redeemed)s::smallint[])
) AS r
GROUP BY r.redeemer_id, r.window_id, r.issuer_id, r.restored, r.repaying;

-- name: gather_lines
-- Both ends of a movement become lines, each of the organisation at that end.
CREATE TEMPORARY TABLE gathered_line ON COMMIT DROP AS
SELECT CASE WHEN i.gives THEN f.giver_id ELSE f.taker_id END AS organisation_id,
  f.window_id, i.account, i.item,
  CASE
    WHEN f.giver_id = f.taker_id THEN 0 WHEN i.gives THEN f.taker_id ELSE f.giver_id
  END AS counterparty_id,
  f.operation_id, f.movement, f.count, f.amount * i.sign AS amount
FROM gathered_flow AS f
INNER JOIN unnest(
  %(movement)s::smallint[], %(gives)s::boolean[], %(account)s::text[], %(item)s::text[],
  %(sign)s::int[]
) AS i (movement, gives, account, item, sign) ON f.movement = i.movement
UNION ALL
SELECT r.issuer_id, r.window_id, 'circulation' AS account, r.item,
  0 AS counterparty_id, 0 AS operation_id, r.movement,
  sum(r.count)::bigint AS count, sum(r.points)::bigint AS amount
FROM (
  SELECT issuer_id, window_id, count,
    CASE WHEN restored THEN points ELSE -points END AS points,
    CASE
      WHEN restored THEN %(restore)s::smallint ELSE %(redeem)s::smallint
    END AS movement,
    CASE
      WHEN repaying THEN 'used_to_repay'
      WHEN restored AND redeemer_id = issuer_id THEN 'restored_here'
      WHEN restored THEN 'restored_elsewhere'
      WHEN redeemer_id = issuer_id THEN 'redeemed_here'
      ELSE 'redeemed_elsewhere'
    END AS item
  FROM gathered_redemption
) AS r
GROUP BY r.issuer_id, r.window_id, r.item, r.movement;

-- name: write_lines
INSERT INTO statements.line (
  organisation_id, window_id, account, item, counterparty_id, operation_id, movement, count, amount
)
SELECT organisation_id, window_id, account, item, counterparty_id, operation_id, movement, count,
  amount
FROM gathered_line
ORDER BY organisation_id, window_id;

-- name: write_accepted
INSERT INTO statements.accepted (redeemer_id, window_id, issuer_id, back, count, points)
SELECT redeemer_id, window_id, issuer_id, restored, count, points
FROM gathered_redemption
WHERE NOT repaying
ORDER BY redeemer_id, window_id, issuer_id, restored;

-- name: write_closings
-- What posting keeps for each window, and what it leaves out: real money, cover and points.
INSERT INTO statements.closing (
  organisation_id, window_id, position, circulation, owed_points, reserve, prepaid, collateral,
  guarantee, fees, breakage, first_loss
)
WITH moved AS (
  SELECT organisation_id, window_id, account, amount FROM gathered_line
  WHERE movement = ANY(%(real)s::smallint[]) OR account = ANY(%(not_in_windows)s::text[])
  UNION ALL
  SELECT organisation_id, window_id,
    CASE kind WHEN 'clearing' THEN 'position' ELSE kind END AS account, net
  FROM ledger.window_movement
  WHERE window_id BETWEEN %(first)s AND %(last)s
),

net AS (
  SELECT organisation_id, window_id,
    coalesce(sum(amount) FILTER (WHERE account = 'position'), 0) AS position,
    coalesce(sum(amount) FILTER (WHERE account = 'circulation'), 0) AS circulation,
    coalesce(sum(amount) FILTER (WHERE account = 'owed_points'), 0) AS owed_points,
    coalesce(sum(amount) FILTER (WHERE account = 'reserve'), 0) AS reserve,
    coalesce(sum(amount) FILTER (WHERE account = 'prepaid'), 0) AS prepaid,
    coalesce(sum(amount) FILTER (WHERE account = 'collateral'), 0) AS collateral,
    coalesce(sum(amount) FILTER (WHERE account = 'guarantee'), 0) AS guarantee,
    coalesce(sum(amount) FILTER (WHERE account = 'fees'), 0) AS fees,
    coalesce(sum(amount) FILTER (WHERE account = 'breakage'), 0) AS breakage,
    coalesce(sum(amount) FILTER (WHERE account = 'first_loss'), 0) AS first_loss
  FROM moved
  GROUP BY organisation_id, window_id
)

SELECT n.organisation_id, n.window_id,
  coalesce(b.position, 0) + sum(n.position) OVER ever,
  coalesce(b.circulation, 0) + sum(n.circulation) OVER ever,
  coalesce(b.owed_points, 0) + sum(n.owed_points) OVER ever,
  coalesce(b.reserve, 0) + sum(n.reserve) OVER ever,
  coalesce(b.prepaid, 0) + sum(n.prepaid) OVER ever,
  coalesce(b.collateral, 0) + sum(n.collateral) OVER ever,
  coalesce(b.guarantee, 0) + sum(n.guarantee) OVER ever,
  coalesce(b.fees, 0) + sum(n.fees) OVER ever,
  coalesce(b.breakage, 0) + sum(n.breakage) OVER ever,
  coalesce(b.first_loss, 0) + sum(n.first_loss) OVER ever
FROM net AS n
LEFT JOIN LATERAL (
  SELECT c.* FROM statements.closing AS c
  WHERE c.organisation_id = n.organisation_id AND c.window_id < %(first)s
  ORDER BY c.window_id DESC
  LIMIT 1
) AS b ON TRUE
WINDOW ever AS (PARTITION BY n.organisation_id ORDER BY n.window_id);

-- name: write_summed
-- A window in which nothing happened begins where the one before did.
INSERT INTO statements.summed (window_id, last_operation, fee_vat)
SELECT w.id,
  greatest(%(after)s, max(max(g.last_operation)) OVER (ORDER BY w.id)), %(fee_vat)s
FROM ledger.clearing_window AS w
LEFT JOIN (
  SELECT window_id, last_operation FROM gathered_flow
  UNION ALL
  SELECT window_id, last_operation FROM gathered_redemption
) AS g ON w.id = g.window_id
WHERE w.id BETWEEN %(first)s AND %(last)s
GROUP BY w.id;

-- name: drop_gathered
-- So that the next windows can be summed in the same transaction.
DROP TABLE gathered_flow, gathered_redemption, gathered_line;
