-- The jobs are not the worker's alone any more: what it keeps of their runs is read by others, too.
ALTER SCHEMA worker RENAME TO upkeep;

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

GRANT SELECT, INSERT, DELETE,
UPDATE (state, began_at, ended_at, since, position, unsealed, laws, error)
ON upkeep.verification TO tongbao_app;
