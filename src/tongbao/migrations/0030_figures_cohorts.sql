-- figures: points as debt, by the month in which they were given.

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
