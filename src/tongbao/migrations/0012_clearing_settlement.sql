-- clearing: settlements that are proposed, approved, instructed and paid leg by leg. What was
-- settled in one step before becomes settlements that are finished.

CREATE TEMPORARY TABLE one_step ON COMMIT DROP AS
SELECT * FROM clearing.settlement;

DROP TABLE clearing.settlement;

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

INSERT INTO clearing.settlement (
  business_date, through_window, asked, state, collections, to_collect, payouts, to_pay, skipped,
  paid_in, paid_out, unfinished, failed, proposed_by, proposed_at, instructed_at, finished_at
)
SELECT (o.settled_at AT TIME ZONE 'Asia/Shanghai')::date, o.window_id, 'one step', 'settled',
  o.collections, o.paid_in AS to_collect, o.payouts, o.paid_out AS to_pay, 0, o.paid_in, o.paid_out,
  0, 0, o.settled_by, o.settled_at AS proposed_at, o.settled_at AS instructed_at,
  o.settled_at AS finished_at
FROM one_step AS o
ORDER BY o.window_id;

INSERT INTO clearing.leg (
  settlement_id, organisation_id, through_window, amount, paid, state, attempt
)
SELECT s.id, o.organisation_id, s.through_window, -o.cash, abs(o.cash), 'paid', 1
FROM ledger.operation AS o
INNER JOIN clearing.settlement AS s ON (o.data ->> 'window')::int = s.through_window
WHERE o.kind = 'settlement' AND o.organisation_id IS NOT NULL;

INSERT INTO clearing.payment (
  settlement_id, organisation_id, reference, amount, operation_id, booked_at
)
SELECT s.id, o.organisation_id, 'window-' || s.through_window, abs(o.cash),
  o.id AS operation_id, o.written_at
FROM ledger.operation AS o
INNER JOIN clearing.settlement AS s ON (o.data ->> 'window')::int = s.through_window
WHERE o.kind = 'settlement' AND o.organisation_id IS NOT NULL;

INSERT INTO clearing.settlement_event (settlement_id, state, done_by, reason, at)
SELECT id, 'settled', proposed_by, 'settled in one step', finished_at
FROM clearing.settlement
ORDER BY id;
