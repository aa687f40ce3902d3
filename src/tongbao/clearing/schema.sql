-- clearing: settlements, their legs, and what became of them.

CREATE SCHEMA clearing;
GRANT USAGE ON SCHEMA clearing TO tongbao_app;

-- Positions of all windows up to one, paid together. The sums follow from its legs: to_collect and
-- to_pay are what was proposed, paid_in and paid_out what the bank has moved; unfinished and failed
-- count legs. asked says who was to be settled, so that the same is not proposed twice.
CREATE TABLE clearing.settlement (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  business_date date NOT NULL,
  through_window int NOT NULL,
  asked text NOT NULL,
  state text NOT NULL,
  collections int NOT NULL,
  to_collect bigint NOT NULL,
  payouts int NOT NULL,
  to_pay bigint NOT NULL,
  skipped int NOT NULL,
  paid_in bigint NOT NULL,
  paid_out bigint NOT NULL,
  unfinished int NOT NULL,
  failed int NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  approved_by text,
  approved_at timestamptz,
  instructed_at timestamptz,
  finished_at timestamptz,
  CONSTRAINT settlement_state CHECK (state IN (
    'proposed', 'approved', 'instructed', 'partly_paid', 'settled', 'failed', 'rejected'
  )),
  CONSTRAINT settlement_two_people CHECK (approved_by <> proposed_by),
  CONSTRAINT settlement_amounts CHECK (
    paid_in BETWEEN 0 AND to_collect AND paid_out BETWEEN 0 AND to_pay
  ),
  CONSTRAINT settlement_legs CHECK (
    unfinished >= 0 AND failed >= 0 AND unfinished + failed <= collections + payouts
  ),
  CONSTRAINT settlement_finished CHECK (
    (finished_at IS NOT NULL) = (state IN ('settled', 'failed', 'rejected'))
  )
);

CREATE UNIQUE INDEX settlement_once ON clearing.settlement (business_date, through_window, asked)
WHERE state NOT IN ('rejected', 'failed');

CREATE INDEX settlement_window ON clearing.settlement (through_window);

-- What one organisation pays (negative) or is paid in a settlement.
CREATE TABLE clearing.leg (
  settlement_id int NOT NULL REFERENCES clearing.settlement,
  organisation_id bigint NOT NULL,
  through_window int NOT NULL,
  amount bigint NOT NULL,
  paid bigint NOT NULL,
  state text NOT NULL,
  attempt int NOT NULL,
  PRIMARY KEY (settlement_id, organisation_id),
  CONSTRAINT leg_amount CHECK (amount <> 0),
  CONSTRAINT leg_paid CHECK (paid BETWEEN 0 AND abs(amount)),
  CONSTRAINT leg_state CHECK (
    CASE state
      WHEN 'open' THEN paid = 0
      WHEN 'instructed' THEN paid = 0
      WHEN 'partly_paid' THEN paid BETWEEN 1 AND abs(amount) - 1
      WHEN 'paid' THEN paid = abs(amount)
      WHEN 'rejected' THEN paid < abs(amount)
      WHEN 'failed' THEN paid < abs(amount)
      WHEN 'dropped' THEN paid = 0
      ELSE FALSE
    END
  )
);

-- An organisation has one unfinished leg at most: nobody is asked for the same money twice.
CREATE UNIQUE INDEX leg_unfinished ON clearing.leg (organisation_id)
WHERE state IN ('open', 'instructed', 'partly_paid', 'rejected');

-- How far an organisation was settled.
CREATE INDEX leg_organisation ON clearing.leg (organisation_id, through_window)
WHERE state <> 'dropped';

-- Who was due and got no leg, and why.
CREATE TABLE clearing.skipped (
  settlement_id int NOT NULL REFERENCES clearing.settlement,
  organisation_id bigint NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (settlement_id, organisation_id),
  CONSTRAINT skipped_reason CHECK (reason IN ('unfinished', 'ahead', 'defaulted'))
);

-- Money that the bank has moved for a leg (negative: that came back): the operation that booked it,
-- and the bank's reference.
CREATE TABLE clearing.payment (
  settlement_id int NOT NULL,
  organisation_id bigint NOT NULL,
  reference text COLLATE "C" NOT NULL,
  amount bigint NOT NULL,
  operation_id bigint NOT NULL UNIQUE,
  booked_at timestamptz NOT NULL,
  PRIMARY KEY (settlement_id, organisation_id, reference),
  FOREIGN KEY (settlement_id, organisation_id) REFERENCES clearing.leg,
  CONSTRAINT payment_amount CHECK (amount <> 0)
);

-- The trail: every change of state, by whom, when and why. Without an organisation it is of the
-- settlement; legs that become open, instructed or dropped with their settlement have no rows.
CREATE TABLE clearing.settlement_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  settlement_id int NOT NULL REFERENCES clearing.settlement,
  organisation_id bigint,
  state text NOT NULL,
  attempt int,
  paid bigint,
  done_by text NOT NULL,
  reason text,
  at timestamptz NOT NULL
);

CREATE INDEX settlement_event_settlement
ON clearing.settlement_event (settlement_id, organisation_id);

CREATE TRIGGER skipped_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON clearing.skipped
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER payment_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON clearing.payment
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

CREATE TRIGGER settlement_event_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
ON clearing.settlement_event
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

GRANT SELECT, INSERT, UPDATE ON clearing.settlement, clearing.leg TO tongbao_app;
GRANT SELECT, INSERT ON clearing.skipped, clearing.payment, clearing.settlement_event
TO tongbao_app;

-- What the operator has recorded of working days; it goes before what the library knows.
-- A year that was recorded as a whole: its other days are what their weekday says.
CREATE TABLE clearing.calendar_year (
  year int PRIMARY KEY,
  recorded_by text NOT NULL,
  recorded_at timestamptz NOT NULL
);

-- Days that are not what their weekday says; recorded_with is the year they were announced with.
CREATE TABLE clearing.calendar_day (
  day date PRIMARY KEY,
  working boolean NOT NULL,
  name text NOT NULL,
  recorded_with int,
  recorded_by text NOT NULL,
  recorded_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON clearing.calendar_year TO tongbao_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON clearing.calendar_day TO tongbao_app;

-- Levels that are reached now, each with the subject of its exception item.
CREATE TABLE clearing.alert (
  organisation_id bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  level int NOT NULL,
  subject text NOT NULL,
  raised_at timestamptz NOT NULL,
  PRIMARY KEY (organisation_id, kind, level),
  CONSTRAINT alert_kind CHECK (kind IN ('headroom', 'replenishment'))
);

GRANT SELECT, INSERT, DELETE ON clearing.alert TO tongbao_app;
