-- name: queue_migrations
SELECT name FROM kernel.queue_migration;

-- name: record_queue_migrations
INSERT INTO kernel.queue_migration (name)
SELECT given.name FROM unnest(%(names)s::text[]) AS given (name);
