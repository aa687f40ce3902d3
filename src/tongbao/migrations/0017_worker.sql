-- Which migrations of procrastinate the job queue has; its own tables are in the schema
-- procrastinate, made by its own SQL when the database is migrated (kernel/job_queue.py).
CREATE TABLE kernel.queue_migration (
  name text COLLATE "C" PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT ON kernel.queue_migration TO tongbao_app;
