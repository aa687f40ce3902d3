-- events: everything announced, in one table.

CREATE SCHEMA events;
GRANT USAGE ON SCHEMA events TO tongbao_app;

CREATE SEQUENCE events.event_id;
GRANT USAGE ON SEQUENCE events.event_id TO tongbao_app;

-- Written in the transaction that makes it true. Read in the order (xid, id) and only below
-- pg_snapshot_xmin: ids are given before commit, so a reader that goes by id alone loses events.
CREATE TABLE events.event (
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id bigint NOT NULL DEFAULT nextval('events.event_id'),
  owner_id bigint NOT NULL,
  type text NOT NULL,
  at timestamptz NOT NULL,
  effective_at timestamptz NOT NULL,
  data json NOT NULL,
  PRIMARY KEY (xid, id)
);

CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events.event
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

GRANT SELECT, INSERT ON events.event TO tongbao_app;

-- How far each reader has come.
CREATE TABLE events.reader (
  name text PRIMARY KEY,
  xid xid8 NOT NULL,
  id bigint NOT NULL,
  moved_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON events.reader TO tongbao_app;

-- Finds where a time begins in the stream: events are appended in about its order.
CREATE INDEX event_at ON events.event USING brin (at) WITH (autosummarize = on);
