-- reconcile: what tills said of a day against what the ledger has, and disputes about it.

CREATE SCHEMA reconcile;
GRANT USAGE ON SCHEMA reconcile TO tongbao_app;

-- One file of a till for one business day, compared once, or once more (run) when that was asked.
-- outlet_id null: of the whole organisation. counts: how many differences of each code.
CREATE TABLE reconcile.reconciliation (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation_id bigint NOT NULL,
  business_day date NOT NULL,
  outlet_id bigint,
  form text NOT NULL,
  name text NOT NULL,
  digest bytea NOT NULL,
  run int NOT NULL,
  lines bigint NOT NULL,
  matched bigint NOT NULL,
  differences bigint NOT NULL,
  counts json NOT NULL,
  asked_by text NOT NULL,
  at timestamptz NOT NULL,
  UNIQUE (digest, run),
  CONSTRAINT reconciliation_form CHECK (form IN ('lines', 'totals')),
  CONSTRAINT reconciliation_counts CHECK (lines >= matched AND differences >= 0 AND run >= 1)
);

CREATE INDEX reconciliation_day ON reconcile.reconciliation (organisation_id, business_day);

-- Both sides' sums, by outlet and subject; a sum the till did not give is null.
CREATE TABLE reconcile.total (
  reconciliation_id bigint NOT NULL,
  outlet_id bigint NOT NULL,
  subject text COLLATE "C" NOT NULL,
  here_count bigint NOT NULL,
  here_points bigint NOT NULL,
  here_cash bigint NOT NULL,
  till_count bigint,
  till_points bigint,
  till_cash bigint,
  PRIMARY KEY (reconciliation_id, outlet_id, subject),
  CONSTRAINT total_subject CHECK (subject IN ('debit', 'credit', 'refund', 'reversal'))
);

-- What differs, and what to do about it. line: of the till's file; amounts are fen.
CREATE TABLE reconcile.difference (
  reconciliation_id bigint NOT NULL,
  n bigint NOT NULL,
  code text NOT NULL,
  action text NOT NULL,
  kind text NOT NULL,
  line bigint,
  label text NOT NULL,
  outlet_id bigint,
  operation_id bigint,
  till_amount bigint,
  till_points bigint,
  here_amount bigint,
  here_points bigint,
  here_at timestamptz,
  note text,
  PRIMARY KEY (reconciliation_id, n)
);

CREATE TRIGGER reconciliation_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
ON reconcile.reconciliation
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER total_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reconcile.total
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER difference_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
ON reconcile.difference
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

GRANT SELECT, INSERT ON reconcile.reconciliation, reconcile.total, reconcile.difference
TO tongbao_app;

-- Creditor wants an amount of debtor. subject says what the dispute is about, once for ever;
-- most is what the operation's claim or fee was worth when it was opened (a missing operation has
-- none). proposal_id: the operator's decision that waits for a second person, or was taken.
CREATE TABLE reconcile.dispute (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  creditor_id bigint NOT NULL,
  debtor_id bigint NOT NULL,
  subject text COLLATE "C" NOT NULL UNIQUE,
  owner_id bigint,
  operation_id bigint,
  reference text,
  amount bigint NOT NULL,
  most bigint,
  reason text NOT NULL,
  evidence text NOT NULL,
  state text NOT NULL DEFAULT 'open',
  opened_by text NOT NULL,
  opened_at timestamptz NOT NULL,
  answer_by timestamptz NOT NULL,
  answered_by text,
  answered_at timestamptz,
  answer text,
  decide_by timestamptz,
  proposal_id bigint,
  decided_at timestamptz,
  upheld bigint,
  decision_reason text,
  entry_id bigint,
  CONSTRAINT dispute_kind CHECK (kind IN ('claim', 'acceptance-fee', 'issue-fee', 'missing')),
  CONSTRAINT dispute_state CHECK (
    state IN ('open', 'accepted', 'contested', 'upheld', 'rejected')
  ),
  CONSTRAINT dispute_sides CHECK (creditor_id <> debtor_id),
  CONSTRAINT dispute_amount CHECK (amount > 0 AND (most IS NULL OR amount <= most)),
  CONSTRAINT dispute_upheld CHECK (upheld IS NULL OR upheld BETWEEN 0 AND amount),
  CONSTRAINT dispute_decided CHECK ((state IN ('upheld', 'rejected')) = (decided_at IS NOT NULL))
);

CREATE INDEX dispute_undecided ON reconcile.dispute (id) WHERE decided_at IS NULL;
CREATE INDEX dispute_creditor ON reconcile.dispute (creditor_id);
CREATE INDEX dispute_debtor ON reconcile.dispute (debtor_id);

GRANT SELECT, INSERT,
UPDATE (
  state, answered_by, answered_at, answer, decide_by, proposal_id, decided_at, upheld,
  decision_reason, entry_id
)
ON reconcile.dispute TO tongbao_app;
