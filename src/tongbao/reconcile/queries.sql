-- name: newest_batch
SELECT coalesce(max(id), 0)::bigint FROM ledger.batch;

-- name: batch_from
SELECT id, written_at FROM ledger.batch WHERE id >= %(id)s ORDER BY id LIMIT 1;

-- name: lock_file
-- Whoever sends the same file at the same moment waits, and is told what was found.
SELECT pg_advisory_xact_lock(%(space)s::int, %(file)s::int);

-- name: find_reconciliation
SELECT id, organisation_id, business_day, outlet_id, form, name, run, lines, matched, differences,
  counts::text, asked_by, at
FROM reconcile.reconciliation
WHERE digest = %(digest)s
ORDER BY run DESC
LIMIT 1;

-- name: get_reconciliation
SELECT id, organisation_id, business_day, outlet_id, form, name, run, lines, matched, differences,
  counts::text, asked_by, at
FROM reconcile.reconciliation
WHERE id = %(id)s;

-- name: list_reconciliations
-- Newest first.
SELECT id, organisation_id, business_day, outlet_id, form, name, run, lines, matched, differences,
  counts::text, asked_by, at
FROM reconcile.reconciliation
WHERE
  id < %(before)s
  AND (%(organisation)s::bigint IS NULL OR organisation_id = %(organisation)s)
  AND (%(day)s::date IS NULL OR business_day = %(day)s)
ORDER BY id DESC
LIMIT %(limit)s;

-- name: write_reconciliation
INSERT INTO reconcile.reconciliation (
  organisation_id, business_day, outlet_id, form, name, digest, run, lines, matched,
  differences, counts, asked_by, at
)
VALUES (
  %(organisation)s, %(day)s, %(outlet)s, %(form)s, %(name)s, %(digest)s, %(run)s,
  %(lines)s, %(matched)s, %(differences)s, %(counts)s, %(by)s, %(at)s
)
RETURNING id;

-- name: totals_of
SELECT outlet_id, subject, here_count, here_points, here_cash, till_count, till_points, till_cash
FROM reconcile.total
WHERE reconciliation_id = %(id)s
ORDER BY outlet_id, subject
LIMIT %(limit)s;

-- name: differences_of
SELECT n, code, action, kind, line, label, outlet_id, operation_id, till_amount, till_points,
  here_amount, here_points, here_at, note
FROM reconcile.difference
WHERE reconciliation_id = %(id)s AND n > %(after)s
ORDER BY n
LIMIT %(limit)s;

-- name: open_items
-- What earlier files of the same day had left open.
SELECT subject FROM desk.exception_item
WHERE
  kind = 'till' AND state = 'open' AND organisation_id = %(organisation)s
  AND starts_with(subject, %(prefix)s);

-- name: outlets_of
SELECT id, code FROM alliance.outlet WHERE organisation_id = %(organisation)s ORDER BY id;
