-- Which migrations of procrastinate the job queue has; its own tables are in the schema
-- procrastinate, made by its own SQL when the database is migrated (kernel/job_queue.py).
CREATE TABLE kernel.queue_migration (
  name text COLLATE "C" PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT ON kernel.queue_migration TO tongbao_app;

-- worker: when each job ran last, and how it went.

CREATE SCHEMA worker;
GRANT USAGE ON SCHEMA worker TO tongbao_app;

-- ended_at is null while a job runs, and after a worker was killed in it.
CREATE TABLE worker.job (
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

GRANT SELECT, INSERT, UPDATE ON worker.job TO tongbao_app;
