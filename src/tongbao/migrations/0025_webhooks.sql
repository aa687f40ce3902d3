-- Finds where a time begins in the stream: events are appended in about its order.
CREATE INDEX event_at ON events.event USING brin (at) WITH (autosummarize = on);

-- webhooks: who wants to be told of what, and what became of it.

CREATE SCHEMA webhooks;
GRANT USAGE ON SCHEMA webhooks TO tongbao_app;

-- types is empty where all are wanted. failing_since is when the first of the calls failed that
-- have failed in a row; until paused_until the endpoint is left alone.
CREATE TABLE webhooks.endpoint (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation_id bigint NOT NULL REFERENCES alliance.organisation,
  url text NOT NULL,
  types text[] NOT NULL,
  name text NOT NULL,
  state text NOT NULL DEFAULT 'active',
  version bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  reached_at timestamptz,
  failures_in_row bigint NOT NULL DEFAULT 0,
  failing_since timestamptz,
  paused_until timestamptz,
  disabled_because text,
  CONSTRAINT endpoint_state CHECK (state IN ('active', 'disabled', 'deleted'))
);

CREATE INDEX endpoint_organisation ON webhooks.endpoint (organisation_id, id);

GRANT SELECT, INSERT, UPDATE ON webhooks.endpoint TO tongbao_app;

-- Sealed, since they must be read again to sign with. Two are valid at once after a rotation.
CREATE TABLE webhooks.secret (
  endpoint_id bigint NOT NULL REFERENCES webhooks.endpoint,
  generation int NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  PRIMARY KEY (endpoint_id, generation)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks.secret TO tongbao_app;

-- One event for one endpoint, however often it is sent: what is sent again has the same id.
CREATE TABLE webhooks.delivery (
  endpoint_id bigint NOT NULL REFERENCES webhooks.endpoint,
  xid xid8 NOT NULL,
  event_id bigint NOT NULL,
  type text NOT NULL,
  state text NOT NULL DEFAULT 'waiting',
  attempts int NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL,
  queued_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (endpoint_id, xid, event_id),
  CONSTRAINT delivery_state CHECK (state IN ('waiting', 'delivered', 'given_up'))
);

CREATE INDEX delivery_waiting ON webhooks.delivery (endpoint_id, xid, event_id)
WHERE state = 'waiting';

CREATE INDEX delivery_ended ON webhooks.delivery (ended_at) WHERE ended_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks.delivery TO tongbao_app;

-- The log: every call that was made. number counts those of one delivery since it was queued.
CREATE TABLE webhooks.attempt (
  endpoint_id bigint NOT NULL,
  xid xid8 NOT NULL,
  event_id bigint NOT NULL,
  at timestamptz NOT NULL,
  status int,
  milliseconds int NOT NULL,
  error text,
  PRIMARY KEY (endpoint_id, xid, event_id, at)
);

CREATE INDEX attempt_at ON webhooks.attempt USING brin (at) WITH (autosummarize = on);

GRANT SELECT, INSERT, DELETE ON webhooks.attempt TO tongbao_app;

-- What is to be sent once more: the events from a time on, up to a place in the stream. xid and
-- event_id are how far it has come.
CREATE TABLE webhooks.replay (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  endpoint_id bigint NOT NULL REFERENCES webhooks.endpoint,
  since timestamptz NOT NULL,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  xid xid8 NOT NULL,
  event_id bigint NOT NULL,
  queued bigint NOT NULL DEFAULT 0,
  done_at timestamptz
);

CREATE INDEX replay_open ON webhooks.replay (id) WHERE done_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON webhooks.replay TO tongbao_app;
