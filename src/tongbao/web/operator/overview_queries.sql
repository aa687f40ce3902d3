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
-- The newest operations of the journal.
SELECT p.id, p.kind, p.points, p.cash, p.written_at, o.name AS organisation, t.name AS outlet,
  p.organisation_id
FROM ledger.operation AS p
LEFT JOIN alliance.organisation AS o ON p.organisation_id = o.id
LEFT JOIN alliance.outlet AS t ON p.outlet_id = t.id
ORDER BY p.id DESC
LIMIT %(limit)s;

-- name: health
-- How far sealing and verifying have come, and what waits for people.
SELECT
  (SELECT count(*) FROM ledger.unsealed) AS unsealed,
  (SELECT max(v.verified_at) FROM ledger.verified AS v) AS verified_at,
  (SELECT count(*) FROM desk.exception_item AS e WHERE e.state = 'open') AS exceptions,
  (SELECT count(*) FROM desk.proposal AS p WHERE p.state = 'proposed')
  + (SELECT count(*) FROM clearing.settlement AS s WHERE s.state = 'proposed')
  + (SELECT count(*) FROM points.adjustment AS j WHERE j.state = 'proposed') AS decisions,
  (SELECT w.id FROM ledger.clearing_window AS w WHERE w.closed_at IS NULL) AS window_id,
  (SELECT w.opened_at FROM ledger.clearing_window AS w WHERE w.closed_at IS NULL) AS opened_at,
  (SELECT count(*) FROM members.member AS m WHERE m.status = 'active') AS members;
