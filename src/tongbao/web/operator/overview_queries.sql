-- name: circulation_now
-- Points that members have, over all issuers.
SELECT coalesce(-sum(balance), 0)::bigint FROM ledger.account WHERE kind = 'issued';

-- name: sums_of_open_window
-- Of the window that is open: only its own transfers are read.
SELECT
  coalesce(sum(t.amount) FILTER (
    WHERE m.name IN ('award', 'award_pending', 'adjust_up')
  ), 0)::bigint AS issued,
  coalesce(sum(CASE WHEN m.name = 'restore' THEN -t.amount ELSE t.amount END) FILTER (
    WHERE m.name IN ('redeem', 'capture', 'restore')
  ), 0)::bigint AS redeemed
FROM ledger.transfer AS t
INNER JOIN ledger.movement AS m ON t.movement = m.id
WHERE
  m.unit = 'PTS'
  AND t.window_id = (SELECT w.id FROM ledger.clearing_window AS w WHERE w.closed_at IS NULL);

-- name: feed
-- The newest operations of the journal; what they gave and spent is read for these alone.
SELECT p.id, p.kind, d.issued AS given, d.accepted AS spent, p.cash, p.written_at,
  p.organisation, p.outlet, p.organisation_id, figures.otherwise(p.kind, g.kind, p.points)
    AS otherwise,
  CASE
    WHEN figures.otherwise(p.kind, g.kind, p.points) <> 0 THEN concat_ws('-', p.kind, g.kind)
  END AS way
FROM (
  SELECT n.id, n.kind, n.written_at, n.organisation_id, n.cash, n.points, n.original_id,
    o.name AS organisation, t.name AS outlet
  FROM ledger.operation AS n
  LEFT JOIN alliance.organisation AS o ON n.organisation_id = o.id
  LEFT JOIN alliance.outlet AS t ON n.outlet_id = t.id
  ORDER BY n.id DESC
  LIMIT %(limit)s
) AS p
LEFT JOIN LATERAL (
  SELECT f.issued, f.accepted FROM figures.done AS f
  WHERE f.id = p.id
  ORDER BY f.id
  LIMIT 1
) AS d ON TRUE
LEFT JOIN ledger.operation AS g ON p.kind = 'reversal' AND p.original_id = g.id
ORDER BY p.id DESC;

-- name: health
-- How far sealing has come, and what waits for people.
SELECT
  (SELECT count(*) FROM ledger.unsealed) AS unsealed,
  (SELECT count(*) FROM desk.exception_item AS e WHERE e.state = 'open') AS exceptions,
  (SELECT count(*) FROM desk.proposal AS p WHERE p.state = 'proposed')
  + (SELECT count(*) FROM clearing.settlement AS s WHERE s.state = 'proposed')
  + (SELECT count(*) FROM points.adjustment AS j WHERE j.state = 'proposed') AS decisions,
  (SELECT w.id FROM ledger.clearing_window AS w WHERE w.closed_at IS NULL) AS window_id,
  (SELECT w.opened_at FROM ledger.clearing_window AS w WHERE w.closed_at IS NULL) AS opened_at,
  (SELECT count(*) FROM members.member AS m WHERE m.status = 'active') AS members;

-- name: verified
-- The verification of the laws that ended last, and how.
SELECT v.id, v.state, v.ended_at
FROM upkeep.verification AS v
WHERE v.ended_at IS NOT NULL
ORDER BY v.id DESC
LIMIT 1;
