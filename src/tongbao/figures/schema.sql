-- figures: what was done, summed from closed windows: by organisation and day, and all together.

CREATE SCHEMA figures;
GRANT USAGE ON SCHEMA figures TO tongbao_app;

-- Whether operations of a kind give or spend points, or take such back: what figures add up.
CREATE FUNCTION figures.counts(kind text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT kind IN (
    'award', 'purchase', 'capture', 'advice', 'refund', 'reversal', 'cancel_pending',
    'decide_adjustment'
  )
$$;

-- How many points an operation has moved otherwise, fen: negative where its member has less to
-- spend by it. undone: the kind of what a reversal has called off.
CREATE FUNCTION figures.otherwise(kind text, undone text, points bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE
    WHEN kind IN ('hold', 'gift', 'expire_lots', 'merge', 'close') THEN -nullif(points, 0)
    WHEN kind IN ('void', 'expire_hold', 'release_pending') THEN nullif(points, 0)
    WHEN kind = 'reversal' AND undone IN ('hold', 'gift') THEN nullif(points, 0)
  END
$$;

-- What an operation was for the outlet where it was done, fen. bills: 1 for a sale. issued: given
-- less taken back. accepted: points taken as payment, foreign_points those of other issuers among
-- them. with_points: of bills that were paid with points, the whole. What is taken back is
-- negative. A sale that could not be posted is none. xid: the transaction that wrote it.
CREATE VIEW figures.done AS
SELECT p.organisation_id, p.id, p.window_id, p.outlet_id, p.owner_id, p.kind, p.effective_at,
  s.amount AS sales, s.bills,
  coalesce((p.data ->> 'earned')::bigint, 0) - coalesce((p.data ->> 'clawed')::bigint, 0)
    + CASE WHEN p.kind = 'decide_adjustment' THEN p.points ELSE 0 END AS issued,
  s.points AS accepted, f.points AS foreign_points,
  CASE WHEN s.points = 0 THEN 0 ELSE s.amount END AS with_points, h.xid
FROM ledger.operation AS p
LEFT JOIN ledger.batch AS h ON p.id >> 13 = h.id
LEFT JOIN LATERAL (
  SELECT sum((l.line ->> 1)::bigint)::bigint AS amount,
    sum((l.line ->> 2)::bigint)::bigint AS points
  FROM json_array_elements(p.data -> 'lines') AS l (line)
  WHERE p.kind IN ('advice', 'refund', 'reversal', 'cancel_pending')
) AS n ON TRUE
LEFT JOIN ledger.operation AS g
  ON p.original_id = g.id AND p.kind IN ('refund', 'reversal', 'cancel_pending')
CROSS JOIN LATERAL (
  SELECT
    CASE
      WHEN p.kind IN ('award', 'purchase', 'capture') THEN p.points + p.cash
      WHEN p.kind = 'advice' THEN coalesce(n.amount, 0)
      WHEN g.kind = 'award' AND g.cash = 0 THEN 0
      ELSE -coalesce(n.amount, 0)
    END AS amount,
    CASE
      WHEN p.kind IN ('award', 'purchase', 'capture') THEN p.points
      WHEN p.kind = 'advice' THEN coalesce(n.points, 0)
      ELSE -coalesce(n.points, 0)
    END AS points,
    CASE
      WHEN p.kind IN ('award', 'purchase', 'capture') THEN 1
      WHEN p.kind = 'advice' AND n.amount IS NOT NULL THEN 1
      ELSE 0
    END AS bills
) AS s
CROSS JOIN LATERAL (
  SELECT coalesce(sum(CASE
    WHEN m.name = 'restore' AND t.from_owner <> p.organisation_id THEN -t.amount
    WHEN m.name <> 'restore' AND t.to_owner <> p.organisation_id THEN t.amount
  END), 0)::bigint AS points
  FROM ledger.transfer AS t
  INNER JOIN ledger.movement AS m ON t.movement = m.id
  WHERE
    t.operation_id = p.id AND t.owner_id = p.owner_id AND s.points <> 0
    AND m.name IN ('redeem', 'capture', 'restore')
) AS f
WHERE figures.counts(p.kind);

GRANT SELECT ON figures.done TO tongbao_app;

-- The business of a day at an outlet, as far as it was summed; outlet 0: at none, as an adjustment.
CREATE TABLE figures.day (
  organisation_id bigint NOT NULL,
  day date NOT NULL,
  outlet_id bigint NOT NULL,
  sales bigint NOT NULL,
  bills bigint NOT NULL,
  issued bigint NOT NULL,
  accepted bigint NOT NULL,
  foreign_points bigint NOT NULL,
  with_points bigint NOT NULL,
  PRIMARY KEY (organisation_id, day, outlet_id)
);

-- A member's first purchase or award at an organisation. foreign_points: what was paid then with
-- points of other issuers. enrolled_by: who registered the member, null: the alliance.
CREATE TABLE figures.newcomer (
  organisation_id bigint NOT NULL,
  member_id bigint NOT NULL,
  operation_id bigint NOT NULL,
  outlet_id bigint NOT NULL,
  day date NOT NULL,
  sales bigint NOT NULL,
  foreign_points bigint NOT NULL,
  enrolled_by bigint,
  PRIMARY KEY (organisation_id, member_id)
);

CREATE INDEX newcomer_day ON figures.newcomer (organisation_id, day);

-- How far an organisation's business was summed: what transactions below xid have written, which
-- had all ended by then; and through which window that is everything.
CREATE TABLE figures.summed (
  organisation_id bigint PRIMARY KEY,
  window_id int NOT NULL,
  xid xid8 NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON figures.day, figures.newcomer, figures.summed TO tongbao_app;

-- What was done in a closed window, fen: summed once, for a closed window never changes. claimed:
-- between organisations, refunds taken off, by so many pairs of them.
CREATE TABLE figures.window_sum (
  window_id int PRIMARY KEY,
  issued bigint NOT NULL,
  redeemed bigint NOT NULL,
  expired bigint NOT NULL,
  claimed bigint NOT NULL,
  pairs int NOT NULL
);

-- What became of the points that were earned in a month, by the month in which it happened, in
-- the windows that are summed. ends: the last month in which points given then can be spent.
CREATE TABLE figures.cohort_sum (
  cohort date NOT NULL,
  happened date NOT NULL,
  given bigint NOT NULL,
  redeemed bigint NOT NULL,
  lost bigint NOT NULL,
  redemptions bigint NOT NULL,
  ends date,
  PRIMARY KEY (cohort, happened)
);

GRANT SELECT, INSERT ON figures.window_sum TO tongbao_app;
GRANT SELECT, INSERT, UPDATE ON figures.cohort_sum TO tongbao_app;

-- Points of an issuer given in one month (cohort): what was given, less what was taken back,
-- redeemed and lost in each week, which is named by its Monday. Of closed windows.
CREATE TABLE figures.cohort (
  issuer_id bigint NOT NULL,
  cohort date NOT NULL,
  week date NOT NULL,
  given bigint NOT NULL,
  redeemed bigint NOT NULL,
  lost bigint NOT NULL,
  PRIMARY KEY (issuer_id, cohort, week)
);

-- How far cohorts were summed, of all issuers in one pass: one row.
CREATE TABLE figures.cohorts_summed (
  one boolean PRIMARY KEY DEFAULT TRUE,
  window_id int NOT NULL,
  CONSTRAINT cohorts_summed_one CHECK (one)
);

GRANT SELECT, INSERT, UPDATE ON figures.cohort, figures.cohorts_summed TO tongbao_app;
