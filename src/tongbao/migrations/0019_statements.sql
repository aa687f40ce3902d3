-- statements: what each closed window came to, organisation by organisation.
-- A closed window never changes, so each is summed once, after its close and in order, and
-- statements of any period add up these sums. Nothing here is read by posting.

CREATE SCHEMA statements;
GRANT USAGE ON SCHEMA statements TO tongbao_app;

-- The windows that were summed. last_operation is the largest operation id seen so far, so that
-- the next window's sums begin there; fee_vat the rate of VAT (ppm) that its fees contain.
CREATE TABLE statements.summed (
  window_id int PRIMARY KEY,
  last_operation bigint NOT NULL,
  fee_vat int NOT NULL,
  CONSTRAINT summed_vat CHECK (fee_vat BETWEEN 0 AND 1000000)
);

-- What moved an account of an organisation: amount is the change of the account as statements
-- show it (points in circulation are positive). Real money, cover and disputes are there one by
-- one, with their operation; all else is summed, with 0. Claims are in ledger.claim.
CREATE TABLE statements.line (
  organisation_id bigint NOT NULL,
  window_id int NOT NULL,
  account text COLLATE "C" NOT NULL,
  item text COLLATE "C" NOT NULL,
  counterparty_id bigint NOT NULL,
  operation_id bigint NOT NULL,
  movement smallint NOT NULL,
  count bigint NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (
    organisation_id, window_id, account, item, counterparty_id, operation_id, movement
  )
);

-- Points of an issuer, its own among them, that a redeemer accepted, or gave back by refunds;
-- count is of operations.
CREATE TABLE statements.accepted (
  redeemer_id bigint NOT NULL,
  window_id int NOT NULL,
  issuer_id bigint NOT NULL,
  back boolean NOT NULL,
  count bigint NOT NULL,
  points bigint NOT NULL,
  PRIMARY KEY (redeemer_id, window_id, issuer_id, back)
);

-- Balances at the end of a window, for the organisations that moved in it.
CREATE TABLE statements.closing (
  organisation_id bigint NOT NULL,
  window_id int NOT NULL,
  position bigint NOT NULL,
  circulation bigint NOT NULL,
  owed_points bigint NOT NULL,
  reserve bigint NOT NULL,
  prepaid bigint NOT NULL,
  collateral bigint NOT NULL,
  guarantee bigint NOT NULL,
  fees bigint NOT NULL,
  breakage bigint NOT NULL,
  first_loss bigint NOT NULL,
  PRIMARY KEY (organisation_id, window_id)
);

CREATE TRIGGER summed_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statements.summed
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER line_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statements.line
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER accepted_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statements.accepted
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER closing_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statements.closing
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

GRANT SELECT, INSERT ON statements.summed, statements.line, statements.accepted,
statements.closing TO tongbao_app;
