-- What was done in a closed window, fen: summed once, for a closed window never changes. claimed:
-- between organisations, refunds taken off, by so many pairs of them.
DROP TABLE web.window_sum;

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
