-- bank: accounts, payment files that go out, reports that come in.

CREATE SCHEMA bank;
GRANT USAGE ON SCHEMA bank TO tongbao_app;

-- Versions of an organisation's account; the operator's is where payments come from and go to.
-- At a day the one with the latest valid_from counts, of two with the same the later written.
CREATE TABLE bank.account (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation_id bigint NOT NULL,
  valid_from date NOT NULL,
  number text NOT NULL,
  name text NOT NULL,
  bic text,
  cnaps text,
  mandate text,
  signed_on date,
  proposal_id bigint NOT NULL UNIQUE,
  written_at timestamptz NOT NULL,
  CONSTRAINT account_bank CHECK (bic IS NOT NULL OR cnaps IS NOT NULL),
  CONSTRAINT account_mandate CHECK ((mandate IS NULL) = (signed_on IS NULL))
);

CREATE INDEX account_organisation ON bank.account (organisation_id, valid_from, id);

-- Payments that go to the bank together. account_id is the operator's. digest: SHA-256 of what was
-- written first, so that what is written again is known to be the same.
CREATE TABLE bank.file (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  settlement_id int NOT NULL,
  kind text NOT NULL,
  run int NOT NULL,
  part int NOT NULL,
  message_id text COLLATE "C" NOT NULL UNIQUE,
  writer text NOT NULL,
  account_id bigint NOT NULL REFERENCES bank.account,
  payments int NOT NULL,
  amount bigint NOT NULL,
  execute_on date NOT NULL,
  remittance text NOT NULL,
  made_at timestamptz NOT NULL,
  digest bytea,
  UNIQUE (settlement_id, kind, run, part),
  CONSTRAINT file_kind CHECK (kind IN ('payout', 'collection')),
  CONSTRAINT file_amount CHECK (amount > 0 AND payments > 0)
);

-- One leg of a settlement, instructed for the attempt-th time. account_id is the organisation's,
-- as it was then. status and reason are the bank's words.
CREATE TABLE bank.payment (
  settlement_id int NOT NULL,
  organisation_id bigint NOT NULL,
  attempt int NOT NULL,
  end_to_end_id text COLLATE "C" NOT NULL UNIQUE,
  file_id bigint NOT NULL REFERENCES bank.file,
  place int NOT NULL,
  account_id bigint NOT NULL REFERENCES bank.account,
  amount bigint NOT NULL,
  state text NOT NULL DEFAULT 'sent',
  status text,
  reason text,
  PRIMARY KEY (settlement_id, organisation_id, attempt),
  UNIQUE (file_id, place),
  CONSTRAINT payment_amount CHECK (amount > 0),
  CONSTRAINT payment_state CHECK (state IN ('sent', 'accepted', 'rejected', 'paid', 'returned'))
);

-- Payments that the bank has not reported: for those that are missing, and for lines without an id.
CREATE INDEX payment_waiting ON bank.payment (amount) WHERE state IN ('sent', 'accepted');

-- A file that came from the bank, known by its content and by the id that the bank gave it.
CREATE TABLE bank.report (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest bytea NOT NULL UNIQUE,
  family text NOT NULL,
  message text NOT NULL,
  message_id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  size bigint NOT NULL,
  created_at timestamptz NOT NULL,
  lines int NOT NULL DEFAULT 0,
  read_at timestamptz NOT NULL,
  done_at timestamptz,
  UNIQUE (family, message_id)
);

-- A statement (camt.053) or a notification (camt.054) inside a report.
CREATE TABLE bank.statement (
  report_id bigint NOT NULL REFERENCES bank.report,
  number int NOT NULL,
  family text NOT NULL,
  statement_id text COLLATE "C" NOT NULL,
  account text COLLATE "C" NOT NULL,
  sequence bigint,
  opening bigint,
  closing bigint,
  closed_on date,
  entries int NOT NULL,
  credits bigint NOT NULL,
  debits bigint NOT NULL,
  PRIMARY KEY (report_id, number),
  UNIQUE (account, family, statement_id)
);

CREATE INDEX statement_order ON bank.statement (account, closed_on, sequence)
WHERE closing IS NOT NULL;

-- One movement of money on the operator's account. mark is what it can be recognised by in another
-- report of the same money; twin_report and twin_number are that other line, if there is one.
CREATE TABLE bank.line (
  report_id bigint NOT NULL REFERENCES bank.report,
  number int NOT NULL,
  statement int NOT NULL,
  family text NOT NULL,
  state text NOT NULL,
  incoming boolean NOT NULL,
  amount bigint NOT NULL,
  currency text NOT NULL,
  reversal boolean NOT NULL,
  booked_on date,
  value_on date,
  end_to_end_id text COLLATE "C",
  reference text COLLATE "C",
  batch text COLLATE "C",
  party text,
  account text,
  remittance text,
  mark text COLLATE "C" NOT NULL,
  how text,
  settlement_id int,
  organisation_id bigint,
  attempt int,
  twin_report bigint,
  twin_number int,
  decided_by text,
  decided_at timestamptz,
  PRIMARY KEY (report_id, number),
  CONSTRAINT line_amount CHECK (amount >= 0),
  CONSTRAINT line_state CHECK (
    state IN ('new', 'matched', 'known', 'pending', 'open', 'returned')
  ),
  CONSTRAINT line_matched CHECK ((state = 'matched') = (how IS NOT NULL))
);

CREATE INDEX line_waiting ON bank.line (report_id, number) WHERE state = 'new';
CREATE INDEX line_open ON bank.line (report_id, number) WHERE state = 'open';
CREATE INDEX line_mark ON bank.line (mark, family);
CREATE INDEX line_end_to_end ON bank.line (end_to_end_id);

-- What the bank says of a payment file, of a group of its payments or of one (pain.002).
CREATE TABLE bank.status (
  report_id bigint NOT NULL REFERENCES bank.report,
  number int NOT NULL,
  message_id text COLLATE "C" NOT NULL,
  end_to_end_id text COLLATE "C",
  status text NOT NULL,
  reason text,
  state text NOT NULL,
  PRIMARY KEY (report_id, number),
  CONSTRAINT status_state CHECK (state IN ('new', 'done'))
);

CREATE INDEX status_waiting ON bank.status (report_id, number) WHERE state = 'new';

CREATE TRIGGER account_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank.account
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER statement_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank.statement
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

GRANT SELECT, INSERT ON bank.account, bank.statement TO tongbao_app;
GRANT SELECT, INSERT, UPDATE (digest) ON bank.file TO tongbao_app;
GRANT SELECT, INSERT, UPDATE (state, status, reason) ON bank.payment TO tongbao_app;
GRANT SELECT, INSERT, UPDATE (lines, done_at) ON bank.report TO tongbao_app;
GRANT SELECT, INSERT, UPDATE (
  state, how, settlement_id, organisation_id, attempt, twin_report, twin_number, decided_by,
  decided_at
) ON bank.line TO tongbao_app;
GRANT SELECT, INSERT, UPDATE (state) ON bank.status TO tongbao_app;
