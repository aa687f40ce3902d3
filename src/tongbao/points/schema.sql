-- points: what the operations keep beside the ledger.

CREATE SCHEMA points;
GRANT USAGE ON SCHEMA points TO tongbao_app;

-- Two people: one proposes, another approves. The approval is the operation that posts.
CREATE TABLE points.adjustment (
  id bigint PRIMARY KEY,
  member_id bigint NOT NULL,
  organisation_id bigint NOT NULL,
  points bigint NOT NULL,
  reason text NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  state text NOT NULL,
  CONSTRAINT adjustment_points CHECK (points <> 0),
  CONSTRAINT adjustment_state CHECK (state IN ('proposed', 'approved', 'rejected')),
  CONSTRAINT adjustment_two_people CHECK (
    decided_by IS NULL OR state = 'rejected' OR decided_by <> proposed_by
  )
);

GRANT SELECT, INSERT, UPDATE ON points.adjustment TO tongbao_app;

-- Payment codes that were good once: of a member's device in one minute.
CREATE TABLE points.code_use (
  device_id bigint NOT NULL,
  step bigint NOT NULL,
  operation_id bigint NOT NULL,
  used_at timestamptz NOT NULL,
  PRIMARY KEY (device_id, step)
);

CREATE INDEX code_use_used ON points.code_use USING brin (used_at) WITH (autosummarize = on);

-- How often and how much: each row a version of one limit, in force from valid_from on.
-- organisation_id null: for the whole alliance. uses and points null: no limit any more.
CREATE TABLE points.velocity_limit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject text NOT NULL,
  measure text NOT NULL,
  span text NOT NULL,
  organisation_id bigint REFERENCES alliance.organisation,
  valid_from timestamptz NOT NULL,
  uses bigint,
  points bigint,
  set_by text NOT NULL,
  set_at timestamptz NOT NULL,
  reason text NOT NULL,
  CONSTRAINT velocity_limit_subject CHECK (
    subject IN ('member', 'terminal', 'outlet', 'organisation')
  ),
  CONSTRAINT velocity_limit_measure CHECK (measure IN ('spend', 'earn')),
  CONSTRAINT velocity_limit_span CHECK (span IN ('minute', 'hour', 'day')),
  CONSTRAINT velocity_limit_size CHECK (uses >= 0 AND points >= 0)
);

CREATE UNIQUE INDEX velocity_limit_version ON points.velocity_limit (
  subject, measure, span, coalesce(organisation_id, 0), valid_from
);

-- From how many points on a member must prove to be there. points null: not any more.
CREATE TABLE points.step_up (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  proof text NOT NULL,
  organisation_id bigint REFERENCES alliance.organisation,
  valid_from timestamptz NOT NULL,
  points bigint,
  set_by text NOT NULL,
  set_at timestamptz NOT NULL,
  reason text NOT NULL,
  CONSTRAINT step_up_proof CHECK (proof IN ('pin', 'otp')),
  CONSTRAINT step_up_points CHECK (points > 0)
);

CREATE UNIQUE INDEX step_up_version ON points.step_up (
  proof, coalesce(organisation_id, 0), valid_from
);

-- What a member allows itself to spend in a day; null: as much as there is.
CREATE TABLE points.own_limit (
  member_id bigint PRIMARY KEY,
  day_points bigint NOT NULL,
  set_at timestamptz NOT NULL,
  CONSTRAINT own_limit_points CHECK (day_points >= 0)
);

-- What was used of limits in the current minute, hour or day; one row each, written over when
-- the next one begins. of_id: the organisation whose limit it is, 0: the alliance's.
CREATE TABLE points.velocity (
  subject_id bigint NOT NULL,
  subject text COLLATE "C" NOT NULL,
  terminal text COLLATE "C" NOT NULL,
  of_id bigint NOT NULL,
  measure text COLLATE "C" NOT NULL,
  span text COLLATE "C" NOT NULL,
  starts timestamptz NOT NULL,
  uses bigint NOT NULL,
  points bigint NOT NULL,
  PRIMARY KEY (subject_id, subject, terminal, of_id, measure, span)
) WITH (fillfactor = 60);

-- Members whose wallet had slept and who have proved to be there.
CREATE TABLE points.awake (
  member_id bigint PRIMARY KEY,
  at timestamptz NOT NULL
);

GRANT SELECT, INSERT, DELETE ON points.code_use TO tongbao_app;
GRANT SELECT, INSERT ON points.velocity_limit, points.step_up TO tongbao_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON points.own_limit, points.velocity TO tongbao_app;
GRANT SELECT, INSERT, UPDATE ON points.awake TO tongbao_app;

-- What was said before a payment: for which sale, on which terms, until when, and who used it.
CREATE TABLE points.quote (
  member_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  organisation_id bigint NOT NULL,
  outlet_id bigint NOT NULL,
  amount bigint NOT NULL,
  points bigint NOT NULL,
  terms json NOT NULL,
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_by bigint,
  PRIMARY KEY (member_id, id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON points.quote TO tongbao_app;
