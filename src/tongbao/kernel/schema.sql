-- kernel: what every package may lean on.

CREATE SCHEMA kernel;

-- The role the running system works as. It may insert into the journal, never change it.
-- An owner without the right to create roles can be given this one beforehand.
DO $$
BEGIN
  IF to_regrole('tongbao_app') IS NULL THEN
    CREATE ROLE tongbao_app NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- another database of this server was first
END
$$;

DO $$
BEGIN
  SET LOCAL ROLE tongbao_app;
  RESET ROLE;
EXCEPTION WHEN insufficient_privilege THEN
  GRANT tongbao_app TO current_user;
END
$$;

GRANT USAGE ON SCHEMA kernel TO tongbao_app;

-- Triggers of every append-only table call this: a grant can be given by mistake, so there are two.
CREATE FUNCTION kernel.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%.% is append-only: % is refused', tg_table_schema, tg_table_name, tg_op
    USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Members, organisations and campaigns share one space of ids, so that (owner, kind) is an account.
CREATE SEQUENCE kernel.owner_id START WITH 1000;
GRANT USAGE ON SEQUENCE kernel.owner_id TO tongbao_app;

-- What was asked and what was answered, once for each key of each caller.
CREATE TABLE kernel.once (
  scope bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  operation_id bigint NOT NULL,
  refused boolean NOT NULL,
  fingerprint bytea NOT NULL,
  answer bytea NOT NULL,
  written_at timestamptz NOT NULL,
  PRIMARY KEY (scope, key)
);

-- Verifying asks for the newest records only; they are appended in about this order.
CREATE INDEX once_operation ON kernel.once
USING brin (operation_id) WITH (autosummarize = on);

CREATE TRIGGER once_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON kernel.once
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

GRANT SELECT, INSERT ON kernel.once TO tongbao_app;

-- Which migrations of procrastinate the job queue has; its own tables are in the schema
-- procrastinate, made by its own SQL when the database is migrated (kernel/job_queue.py).
CREATE TABLE kernel.queue_migration (
  name text COLLATE "C" PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT ON kernel.queue_migration TO tongbao_app;
