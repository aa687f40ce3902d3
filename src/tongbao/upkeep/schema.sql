-- upkeep: when each job ran last and how it went; when the laws were verified.

CREATE SCHEMA upkeep;
GRANT USAGE ON SCHEMA upkeep TO tongbao_app;

-- ended_at is null while a job runs, and after a worker was killed in it.
CREATE TABLE upkeep.job (
  name text COLLATE "C" PRIMARY KEY,
  runs bigint NOT NULL DEFAULT 0,
  began_at timestamptz NOT NULL,
  ended_at timestamptz,
  facts json,
  failures bigint NOT NULL DEFAULT 0,
  failures_in_row bigint NOT NULL DEFAULT 0,
  failed_at timestamptz,
  error text
);

-- A verification of the laws: on schedule, by command, or asked for by a person and then carried
-- out by the worker. The first two are written when they have ended. since: where it began, null:
-- everything; position: the last operation it saw; laws: what was found, law by law.
CREATE TABLE upkeep.verification (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  origin text NOT NULL,
  incremental boolean NOT NULL,
  state text NOT NULL,
  asked_by text,
  asked_at timestamptz NOT NULL,
  began_at timestamptz,
  ended_at timestamptz,
  since timestamptz,
  position bigint,
  unsealed bigint,
  laws json,
  error text,
  CONSTRAINT verification_origin CHECK (origin IN ('schedule', 'command', 'person')),
  CONSTRAINT verification_state CHECK (
    state IN ('waiting', 'running', 'holds', 'broken', 'failed')
  ),
  CONSTRAINT verification_asked CHECK ((origin = 'person') = (asked_by IS NOT NULL)),
  CONSTRAINT verification_ended CHECK (
    (state IN ('waiting', 'running')) = (ended_at IS NULL)
  )
);

-- Asked twice is one, until it has ended.
CREATE UNIQUE INDEX verification_open
ON upkeep.verification (incremental) WHERE state IN ('waiting', 'running');

GRANT SELECT, INSERT, UPDATE ON upkeep.job TO tongbao_app;
GRANT SELECT, INSERT, DELETE,
UPDATE (state, began_at, ended_at, since, position, unsealed, laws, error)
ON upkeep.verification TO tongbao_app;
