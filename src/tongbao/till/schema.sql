-- till: who stands before it, what it may risk, and what it did while it was offline.

CREATE SCHEMA till;
GRANT USAGE ON SCHEMA till TO tongbao_app;

-- A member's PIN, as its slow hash.
CREATE TABLE till.pin (
  member_id bigint PRIMARY KEY,
  hash text NOT NULL,
  set_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON till.pin TO tongbao_app;

-- What the watch has counted of one day: refunds of a member or by staff, awards by staff to one
-- member. who: the staff as the till names it, empty where it is about the member alone.
CREATE TABLE till.tally (
  organisation_id bigint NOT NULL,
  pattern text COLLATE "C" NOT NULL,
  day date NOT NULL,
  member_id bigint NOT NULL,
  who text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  points bigint NOT NULL,
  PRIMARY KEY (organisation_id, pattern, day, member_id, who)
);

CREATE INDEX tally_day ON till.tally (day);

GRANT SELECT, INSERT, UPDATE, DELETE ON till.tally TO tongbao_app;

-- A terminal that may work offline, by the public half of a key that never leaves it. One that
-- was replaced has ended_at.
CREATE TABLE till.signer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  terminal_id bigint NOT NULL REFERENCES alliance.terminal,
  organisation_id bigint NOT NULL REFERENCES alliance.organisation,
  outlet_id bigint NOT NULL REFERENCES alliance.outlet,
  public_key bytea NOT NULL,
  registered_by text NOT NULL,
  registered_at timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT signer_public_key CHECK (length(public_key) = 32)
);

CREATE UNIQUE INDEX signer_terminal ON till.signer (terminal_id) WHERE ended_at IS NULL;

-- What a terminal may do offline: points taken in all and of one member, sales that earn.
CREATE TABLE till.allowance (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  signer_id bigint NOT NULL REFERENCES till.signer,
  spend_points bigint NOT NULL,
  member_points bigint NOT NULL,
  award_amount bigint NOT NULL,
  valid_from timestamptz NOT NULL,
  valid_until timestamptz NOT NULL,
  issued_by text NOT NULL,
  issued_at timestamptz NOT NULL,
  ended_at timestamptz,
  CONSTRAINT allowance_sizes CHECK (
    spend_points >= 0 AND member_points >= 0 AND award_amount >= 0
  ),
  CONSTRAINT allowance_order CHECK (valid_until > valid_from)
);

CREATE INDEX allowance_signer ON till.allowance (signer_id, id);

-- What came home: each line once, chained to the one before it. A line that was refused for what
-- it says is kept, for the next one is chained to it; one that was tampered with is not.
CREATE TABLE till.offline_line (
  allowance_id bigint NOT NULL,
  counter bigint NOT NULL,
  prev bytea NOT NULL,
  hash bytea NOT NULL,
  kind text NOT NULL,
  member_id bigint,
  amount bigint NOT NULL,
  points bigint NOT NULL,
  at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  state text NOT NULL,
  operation_id bigint,
  refusal text,
  PRIMARY KEY (allowance_id, counter),
  CONSTRAINT offline_line_kind CHECK (kind IN ('award', 'spend')),
  CONSTRAINT offline_line_state CHECK (
    state IN ('accepted', 'posted', 'exception', 'refused')
  )
);

GRANT SELECT, INSERT, UPDATE (ended_at) ON till.signer, till.allowance TO tongbao_app;
GRANT SELECT, INSERT, UPDATE (state, operation_id, refusal) ON till.offline_line TO tongbao_app;
