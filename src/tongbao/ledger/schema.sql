-- ledger: accounts, the journal, lots, holds, claims, windows.
-- Hot tables carry their owner in the primary key, so that they can be distributed by it;
-- they have no foreign keys: the laws stand in for them.

CREATE SCHEMA ledger;
GRANT USAGE ON SCHEMA ledger TO tongbao_app;

-- Whatever can run out. The kinds in the check have a floor of zero.
CREATE TABLE ledger.account (
  owner_id bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  unit text NOT NULL,
  balance bigint NOT NULL DEFAULT 0,
  bounded boolean NOT NULL DEFAULT FALSE,
  PRIMARY KEY (owner_id, kind),
  CONSTRAINT account_kind CHECK (kind IN (
    'wallet', 'held', 'pending', 'owing', 'issued', 'owed', 'budget',
    'clearing', 'reserve', 'collateral', 'fees', 'breakage', 'bank',
    'prepaid', 'guarantee', 'first_loss'
  )),
  CONSTRAINT account_unit CHECK (unit IN ('PTS', 'CNY')),
  CONSTRAINT account_floor CHECK (
    balance >= 0
    OR kind NOT IN (
      'wallet', 'held', 'pending', 'owed', 'budget', 'reserve', 'collateral',
      'prepaid', 'guarantee', 'first_loss'
    )
  )
) WITH (fillfactor = 60);

GRANT SELECT, INSERT, UPDATE ON ledger.account TO tongbao_app;

-- The closed list of ways in which an amount may move; ledger/movements.py is its twin.
CREATE TABLE ledger.movement (
  id smallint PRIMARY KEY,
  name text NOT NULL UNIQUE,
  unit text NOT NULL,
  from_kind text NOT NULL,
  to_kind text NOT NULL,
  meaning text NOT NULL
);

GRANT SELECT ON ledger.movement TO tongbao_app;

-- Clearing windows. One is open; a claim lands in the window that is open when it is posted.
CREATE TABLE ledger.clearing_window (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  CONSTRAINT clearing_window_order CHECK (closed_at IS NULL OR closed_at >= opened_at)
);

CREATE UNIQUE INDEX clearing_window_one_open
ON ledger.clearing_window ((closed_at IS NULL)) WHERE closed_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON ledger.clearing_window TO tongbao_app;

-- One row for each posting transaction. An operation's id is its batch's id and its place in it.
CREATE SEQUENCE ledger.batch_id;
GRANT USAGE ON SEQUENCE ledger.batch_id TO tongbao_app;

CREATE TABLE ledger.batch (
  id bigint PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  written_at timestamptz NOT NULL,
  operations int NOT NULL,
  transfers int NOT NULL,
  digest bytea NOT NULL
);

CREATE INDEX batch_xid ON ledger.batch (xid);

-- Batches that wait for their seal. Sealing takes what it can see, so commits need not queue.
CREATE TABLE ledger.unsealed (batch_id bigint PRIMARY KEY);

-- The hash chain: each seal covers one batch and the seal before it.
CREATE TABLE ledger.seal (
  position bigint PRIMARY KEY,
  batch_id bigint NOT NULL UNIQUE,
  digest bytea NOT NULL,
  sealed_at timestamptz NOT NULL
);

CREATE TABLE ledger.operation (
  owner_id bigint NOT NULL,
  id bigint NOT NULL,
  kind text NOT NULL,
  organisation_id bigint,
  outlet_id bigint,
  original_id bigint,
  window_id int NOT NULL,
  points bigint NOT NULL,
  cash bigint NOT NULL,
  written_at timestamptz NOT NULL,
  effective_at timestamptz NOT NULL,
  data json NOT NULL,
  PRIMARY KEY (owner_id, id)
);

-- Sealing and reading by position; ids only grow, so this index is written at its end.
CREATE INDEX operation_position ON ledger.operation (id);

-- What has been refunded, captured or reversed of an operation.
CREATE INDEX operation_original ON ledger.operation (owner_id, original_id)
WHERE original_id IS NOT NULL;

-- What one organisation's tills did, newest last.
CREATE INDEX operation_organisation ON ledger.operation (organisation_id, id)
WHERE organisation_id IS NOT NULL;

-- What happened to one receipt: by the number that the caller has for it.
CREATE INDEX operation_reference ON ledger.operation ((data ->> 'reference'), id)
WHERE (data ->> 'reference') IS NOT NULL;

-- Ids only grow, so this key is written at its end however large the journal is; its owner, by
-- which it can be distributed, is in it but not first. A member's transfers are found by the
-- member's operations.
CREATE TABLE ledger.transfer (
  owner_id bigint NOT NULL,
  operation_id bigint NOT NULL,
  n smallint NOT NULL,
  movement smallint NOT NULL,
  window_id int NOT NULL,
  from_owner bigint NOT NULL,
  to_owner bigint NOT NULL,
  amount bigint NOT NULL,
  from_lot bigint,
  to_lot bigint,
  written_at timestamptz NOT NULL,
  effective_at timestamptz NOT NULL,
  PRIMARY KEY (operation_id, n, owner_id),
  CONSTRAINT transfer_amount CHECK (amount > 0)
);

-- Verifying reads the newest part of the journal, or one window of it. Rows are appended, so the
-- smallest and largest value of each range of pages are enough, and cost next to nothing.
CREATE INDEX transfer_written ON ledger.transfer
USING brin (operation_id, window_id) WITH (autosummarize = on);

CREATE TRIGGER batch_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.batch
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER seal_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.seal
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER operation_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.operation
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER transfer_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.transfer
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

GRANT SELECT, INSERT ON ledger.batch, ledger.seal, ledger.operation, ledger.transfer
TO tongbao_app;
GRANT SELECT, INSERT, DELETE ON ledger.unsealed TO tongbao_app;

-- Points of one issuer earned at one time. available, held and pending are points (PTS);
-- reserve is money (CNY) that a prepaid issuer has set aside for what remains of the lot.
CREATE TABLE ledger.lot (
  owner_id bigint NOT NULL,
  id bigint NOT NULL,
  issuer_id bigint NOT NULL,
  kind text NOT NULL,
  available bigint NOT NULL,
  held bigint NOT NULL,
  pending bigint NOT NULL,
  reserve bigint NOT NULL,
  open boolean GENERATED ALWAYS AS (available + held + pending > 0) STORED,
  earned_at timestamptz NOT NULL,
  expires_at timestamptz,
  release_at timestamptz,
  scope json,
  written_at timestamptz NOT NULL,
  PRIMARY KEY (owner_id, id),
  CONSTRAINT lot_kind CHECK (kind IN ('earned', 'bought', 'goodwill')),
  CONSTRAINT lot_floor CHECK (available >= 0 AND held >= 0 AND pending >= 0 AND reserve >= 0)
) WITH (fillfactor = 80);

-- Spending reads only what is left; a lot enters and leaves this index once.
CREATE INDEX lot_open ON ledger.lot (owner_id) WHERE open;

CREATE INDEX lot_expiry ON ledger.lot (expires_at) WHERE open AND expires_at IS NOT NULL;

CREATE INDEX lot_release ON ledger.lot (release_at) WHERE pending > 0;

-- What a member owes an organisation: points clawed back that the wallet did not have.
CREATE TABLE ledger.owing (
  owner_id bigint NOT NULL,
  organisation_id bigint NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (owner_id, organisation_id),
  CONSTRAINT owing_floor CHECK (amount >= 0)
);

-- Points set aside for one purchase; what remains, lot by lot, in two parallel arrays.
CREATE TABLE ledger.hold (
  owner_id bigint NOT NULL,
  id bigint NOT NULL,
  organisation_id bigint NOT NULL,
  outlet_id bigint NOT NULL,
  amount bigint NOT NULL,
  remaining bigint NOT NULL,
  lots bigint[] NOT NULL,
  slices bigint[] NOT NULL,
  expires_at timestamptz NOT NULL,
  written_at timestamptz NOT NULL,
  PRIMARY KEY (owner_id, id),
  CONSTRAINT hold_remaining CHECK (remaining BETWEEN 0 AND amount)
);

CREATE INDEX hold_open ON ledger.hold (expires_at) WHERE remaining > 0;

-- What each issuer owes each redeemer of one window: sums, so that closing never reads sales.
CREATE TABLE ledger.claim (
  issuer_id bigint NOT NULL,
  redeemer_id bigint NOT NULL,
  window_id int NOT NULL,
  claimed bigint NOT NULL,
  countered bigint NOT NULL,
  claims bigint NOT NULL,
  counterclaims bigint NOT NULL,
  PRIMARY KEY (issuer_id, redeemer_id, window_id)
) WITH (fillfactor = 70);

-- How far each money account of an organisation moved in one window, settlement apart.
CREATE TABLE ledger.window_movement (
  organisation_id bigint NOT NULL,
  window_id int NOT NULL,
  kind text COLLATE "C" NOT NULL,
  net bigint NOT NULL,
  PRIMARY KEY (organisation_id, window_id, kind)
) WITH (fillfactor = 70);

-- A window is read whole; its rows are appended about together, so this costs next to nothing.
CREATE INDEX claim_window ON ledger.claim USING brin (window_id) WITH (autosummarize = on);

CREATE INDEX window_movement_window ON ledger.window_movement
USING brin (window_id) WITH (autosummarize = on);

-- Lists of pairs go on where a page ended. A pair has two rows in a window, whoever sells how much,
-- so this grows with who deals with whom, not with sales; sums are updated without it.
CREATE INDEX claim_two ON ledger.claim (
  window_id, least(issuer_id, redeemer_id), greatest(issuer_id, redeemer_id)
);

GRANT SELECT, INSERT, UPDATE ON ledger.lot, ledger.owing, ledger.hold, ledger.claim,
ledger.window_movement TO tongbao_app;

-- How far the laws were verified: what the snapshot saw, how far the chain had come, and
-- the first batch that was not sealed yet.
CREATE TABLE ledger.verified (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  snapshot pg_snapshot NOT NULL,
  seal_position bigint NOT NULL,
  seal_digest bytea NOT NULL,
  unsealed_from bigint NOT NULL,
  verified_at timestamptz NOT NULL
);

-- What that snapshot held, so that the next run adds up new transfers only.
CREATE TABLE ledger.verified_balance (
  owner_id bigint NOT NULL,
  kind text NOT NULL,
  balance bigint NOT NULL,
  PRIMARY KEY (owner_id, kind)
);

-- Lots that were not empty; one that is not listed held nothing.
CREATE TABLE ledger.verified_lot (
  owner_id bigint NOT NULL,
  id bigint NOT NULL,
  available bigint NOT NULL,
  held bigint NOT NULL,
  pending bigint NOT NULL,
  reserve bigint NOT NULL,
  PRIMARY KEY (owner_id, id)
);

GRANT SELECT, INSERT, UPDATE, DELETE
ON ledger.verified, ledger.verified_balance, ledger.verified_lot TO tongbao_app;
