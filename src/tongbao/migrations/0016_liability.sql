-- liability: points as debt: estimates of redemption, and the revenue that followed from them.

CREATE SCHEMA liability;
GRANT USAGE ON SCHEMA liability TO tongbao_app;

-- An estimate of how much of the points given will be redeemed, as at the end of month `through`.
-- It counts once a second person has approved the proposal.
CREATE TABLE liability.estimate (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  through date NOT NULL,
  method text NOT NULL,
  position bigint NOT NULL,
  reason text NOT NULL,
  made_by text NOT NULL,
  made_at timestamptz NOT NULL,
  CONSTRAINT estimate_month CHECK (extract(DAY FROM through) = 1),
  CONSTRAINT estimate_method CHECK (method IN ('chain-ladder', 'judgement'))
);

-- The rate (ppm of points given that will be redeemed) of each cohort, and what it came from.
CREATE TABLE liability.estimate_line (
  estimate_id bigint NOT NULL REFERENCES liability.estimate,
  issuer_id bigint NOT NULL,
  cohort date NOT NULL,
  rate int NOT NULL,
  given bigint NOT NULL,
  redeemed bigint NOT NULL,
  lost bigint NOT NULL,
  age int NOT NULL,
  developed int NOT NULL,
  credibility int NOT NULL,
  basis text NOT NULL,
  PRIMARY KEY (estimate_id, issuer_id, cohort),
  CONSTRAINT estimate_line_rate CHECK (rate BETWEEN 0 AND 1000000),
  CONSTRAINT estimate_line_basis CHECK (basis IN ('none', 'certain', 'estimated', 'judgement'))
);

CREATE INDEX estimate_line_cohort ON liability.estimate_line (issuer_id, cohort);

CREATE TABLE liability.approval (
  estimate_id bigint PRIMARY KEY REFERENCES liability.estimate,
  proposal_id bigint NOT NULL,
  approved_by text NOT NULL,
  approved_at timestamptz NOT NULL
);

-- A closed period: it ends with its month, and begins where the one before it ended.
CREATE TABLE liability.period (
  month date PRIMARY KEY,
  begins_at timestamptz,
  ends_at timestamptz NOT NULL,
  position bigint NOT NULL,
  cohorts int NOT NULL,
  changed int NOT NULL,
  allocated bigint NOT NULL,
  recognised bigint NOT NULL,
  revenue bigint NOT NULL,
  closed_by text NOT NULL,
  closed_at timestamptz NOT NULL,
  CONSTRAINT period_month CHECK (extract(DAY FROM month) = 1),
  CONSTRAINT period_order CHECK (begins_at < ends_at),
  CONSTRAINT period_recognised CHECK (recognised BETWEEN 0 AND allocated)
);

-- Where a cohort stood when a period was closed, if anything had changed since the last row.
-- Amounts are sums since the cohort began; revenue alone is the period's. estimate_id null: none
-- was approved, and no breakage is assumed.
CREATE TABLE liability.revenue (
  issuer_id bigint NOT NULL,
  cohort date NOT NULL,
  month date NOT NULL REFERENCES liability.period DEFERRABLE INITIALLY DEFERRED,
  issued bigint NOT NULL,
  redeemed bigint NOT NULL,
  lost bigint NOT NULL,
  clawed_back bigint NOT NULL,
  outstanding bigint NOT NULL,
  price bigint NOT NULL,
  priced bigint NOT NULL,
  first_rate int NOT NULL,
  estimate_id bigint,
  rate int NOT NULL,
  expected bigint NOT NULL,
  allocated bigint NOT NULL,
  recognised bigint NOT NULL,
  revenue bigint NOT NULL,
  PRIMARY KEY (issuer_id, cohort, month),
  CONSTRAINT revenue_recognised CHECK (recognised BETWEEN 0 AND allocated),
  CONSTRAINT revenue_outstanding CHECK (outstanding >= 0),
  CONSTRAINT revenue_rates CHECK (
    rate BETWEEN 0 AND 1000000 AND first_rate BETWEEN 0 AND 1000000
  )
);

CREATE INDEX revenue_month ON liability.revenue (month);

CREATE TRIGGER estimate_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON liability.estimate
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER estimate_line_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
ON liability.estimate_line
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER approval_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON liability.approval
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER period_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON liability.period
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER revenue_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON liability.revenue
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

GRANT SELECT, INSERT ON liability.estimate, liability.estimate_line, liability.approval,
liability.period, liability.revenue TO tongbao_app;
