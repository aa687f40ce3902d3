-- intake: how far each file of sales has come, and what came of it.

CREATE SCHEMA intake;
GRANT USAGE ON SCHEMA intake TO tongbao_app;

-- One row for each file, known by its content and by the mapping it is read with.
-- position, line: where the next chunk begins. rejects_size: bytes of the rejects file so far.
CREATE TABLE intake.file (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest bytea NOT NULL UNIQUE,
  name text NOT NULL,
  size bigint NOT NULL,
  position bigint NOT NULL,
  line bigint NOT NULL,
  rejects_size bigint NOT NULL,
  started_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  finished_at timestamptz,
  CONSTRAINT file_position CHECK (position >= 0 AND line >= 0 AND rejects_size >= 0)
);

-- Sums over the chunks of a file, so that its summary survives an interruption.
-- code, issuer_id, redeemer_id: what the subject is about, or nothing ('' and 0).
CREATE TABLE intake.tally (
  file_id bigint NOT NULL,
  subject text NOT NULL,
  code text NOT NULL,
  issuer_id bigint NOT NULL,
  redeemer_id bigint NOT NULL,
  count bigint NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (file_id, subject, code, issuer_id, redeemer_id)
) WITH (fillfactor = 70);

GRANT SELECT, INSERT, UPDATE ON intake.file TO tongbao_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON intake.tally TO tongbao_app;
