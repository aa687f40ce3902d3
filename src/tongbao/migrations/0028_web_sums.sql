-- What was issued, redeemed and expired in a closed window, fen of points: summed once, for a
-- closed window never changes.
CREATE TABLE web.window_sum (
  window_id int PRIMARY KEY,
  issued bigint NOT NULL,
  redeemed bigint NOT NULL,
  expired bigint NOT NULL
);

GRANT SELECT, INSERT ON web.window_sum TO tongbao_app;
