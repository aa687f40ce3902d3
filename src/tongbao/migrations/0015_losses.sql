-- losses: what members of the guarantee fund agreed to bear; defaults declared, covered, repaid.

CREATE SCHEMA losses;
GRANT USAGE ON SCHEMA losses TO tongbao_app;

-- What an organisation has to contribute, and the most it bears of one default. The latest row of
-- an organisation rules; a default goes by what ruled when it was declared.
CREATE TABLE losses.cap (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation_id bigint NOT NULL,
  required bigint NOT NULL,
  cap bigint NOT NULL,
  proposal_id bigint NOT NULL,
  decided_at timestamptz NOT NULL,
  CONSTRAINT cap_amounts CHECK (required >= 0 AND cap >= 0)
);

CREATE INDEX cap_organisation ON losses.cap (organisation_id, id);

-- A declared default. It is over when it is lifted; then the organisation may default again.
CREATE TABLE losses.declaration (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation_id bigint NOT NULL,
  reason text NOT NULL,
  declared_by text NOT NULL,
  approved_by text NOT NULL,
  declared_at timestamptz NOT NULL,
  lifted_by text,
  lifted_at timestamptz,
  CONSTRAINT declaration_lifted CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
);

CREATE UNIQUE INDEX declaration_open ON losses.declaration (organisation_id)
WHERE lifted_at IS NULL;

-- One row each time the waterfall ran for a default; who bore what is in the journal, too.
CREATE TABLE losses.run (
  default_id bigint NOT NULL REFERENCES losses.declaration,
  run int NOT NULL,
  operation_id bigint NOT NULL,
  window_id int NOT NULL,
  owed bigint NOT NULL,
  loss bigint NOT NULL,
  done_by text NOT NULL,
  done_at timestamptz NOT NULL,
  PRIMARY KEY (default_id, run),
  CONSTRAINT run_amounts CHECK (loss > 0 AND owed >= loss)
);

CREATE TABLE losses.share (
  default_id bigint NOT NULL,
  run int NOT NULL,
  step text COLLATE "C" NOT NULL,
  organisation_id bigint NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (default_id, run, step, organisation_id),
  FOREIGN KEY (default_id, run) REFERENCES losses.run,
  CONSTRAINT share_amount CHECK (amount > 0),
  CONSTRAINT share_step CHECK (step IN (
    'own_credits', 'own_block', 'collateral', 'first_loss', 'own_guarantee', 'guarantee',
    'mutual', 'creditors', 'operator'
  ))
);

-- Whom the defaulter owed how much, by the claims of the window in which a run was booked.
-- The run has paid for these; the next one is for what came after.
CREATE TABLE losses.standing (
  default_id bigint NOT NULL,
  run int NOT NULL,
  organisation_id bigint NOT NULL,
  owes bigint NOT NULL,
  PRIMARY KEY (default_id, run, organisation_id),
  FOREIGN KEY (default_id, run) REFERENCES losses.run
);

-- Money of the defaulter that came in later, and to whom it was repaid.
CREATE TABLE losses.recovery (
  default_id bigint NOT NULL REFERENCES losses.declaration,
  recovery int NOT NULL,
  operation_id bigint NOT NULL,
  reference text COLLATE "C" NOT NULL,
  paid_in bigint NOT NULL,
  done_by text NOT NULL,
  done_at timestamptz NOT NULL,
  PRIMARY KEY (default_id, recovery),
  UNIQUE (default_id, reference),
  CONSTRAINT recovery_amount CHECK (paid_in >= 0)
);

CREATE TABLE losses.repayment (
  default_id bigint NOT NULL,
  recovery int NOT NULL,
  step text COLLATE "C" NOT NULL,
  organisation_id bigint NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (default_id, recovery, step, organisation_id),
  FOREIGN KEY (default_id, recovery) REFERENCES losses.recovery,
  CONSTRAINT repayment_amount CHECK (amount > 0),
  CONSTRAINT repayment_step CHECK (
    step IN ('first_loss', 'guarantee', 'mutual', 'creditors', 'operator')
  )
);

CREATE TRIGGER cap_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON losses.cap
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER run_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON losses.run
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER share_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON losses.share
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER standing_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON losses.standing
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER recovery_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON losses.recovery
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER repayment_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON losses.repayment
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

GRANT SELECT, INSERT
ON losses.cap, losses.run, losses.share, losses.standing, losses.recovery, losses.repayment
TO tongbao_app;
GRANT SELECT, INSERT, UPDATE (lifted_by, lifted_at) ON losses.declaration TO tongbao_app;

-- ledger: how what is left of a block pays, and how what was borne comes back.
INSERT INTO ledger.movement (id, name, unit, from_kind, to_kind, meaning)
VALUES
  (55, 'repay_loss', 'CNY', 'clearing', 'clearing', 'a defaulter repays who bore its loss'),
  (73, 'cover_block', 'CNY', 'prepaid', 'clearing',
    'what is left of a defaulter''s block pays what it owes'),
  (74, 'recover', 'CNY', 'bank', 'clearing', 'a defaulter pays after all');
