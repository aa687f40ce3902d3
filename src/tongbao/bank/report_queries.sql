-- name: find_report
SELECT id, family, message, message_id, name, size, lines, created_at, read_at, done_at
FROM bank.report
WHERE digest = %(digest)s;

-- name: get_report
SELECT id, family, message, message_id, name, size, lines, created_at, read_at, done_at
FROM bank.report
WHERE id = %(id)s;

-- name: one_at_a_time
-- Two files may tell of the same money, and one may be read by two.
SELECT pg_advisory_xact_lock(%(lock)s);

-- name: list_reports
SELECT id, family, message, message_id, name, size, lines, created_at, read_at, done_at
FROM bank.report
WHERE id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: write_report
-- Waits for another who reads the same file, or one with the same id, at this moment.
INSERT INTO bank.report (
  digest, family, message, message_id, name, size, created_at, read_at
)
VALUES (
  %(digest)s, %(family)s, %(message)s, %(message_id)s, %(name)s, %(size)s, %(created_at)s, %(at)s
)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: report_of_message
SELECT id FROM bank.report WHERE family = %(family)s AND message_id = %(message_id)s;

-- name: count_lines
UPDATE bank.report SET lines = %(lines)s WHERE id = %(report)s;

-- name: finish_report
UPDATE bank.report SET done_at = %(at)s WHERE id = %(report)s AND done_at IS NULL;

-- name: write_statement
INSERT INTO bank.statement (
  report_id, number, family, statement_id, account, sequence, opening, closing, closed_on, entries,
  credits, debits
)
VALUES (
  %(report)s, %(number)s, %(family)s, %(id)s, %(account)s, %(sequence)s, %(opening)s, %(closing)s,
  %(closed_on)s, %(entries)s, %(credits)s, %(debits)s
)
ON CONFLICT DO NOTHING;

-- name: report_of_statement
SELECT report_id FROM bank.statement
WHERE account = %(account)s AND family = %(family)s AND statement_id = %(id)s;

-- name: file_of_message
SELECT id FROM bank.file WHERE message_id = %(message)s;

-- name: statements_around
-- The statements of a report, each with its neighbours in time: the one before and the one after.
SELECT s.account, s.statement_id, s.sequence, s.opening, s.closed_on, p.statement_id AS former,
  p.sequence AS former_sequence, p.closing AS former_closing
FROM bank.statement AS s
CROSS JOIN LATERAL (
  SELECT f.statement_id, f.sequence, f.closing FROM bank.statement AS f
  WHERE
    f.account = s.account
    AND f.closing IS NOT NULL
    AND (f.closed_on, coalesce(f.sequence, 0), f.report_id, f.number)
    < (s.closed_on, coalesce(s.sequence, 0), s.report_id, s.number)
  ORDER BY f.closed_on DESC, coalesce(f.sequence, 0) DESC, f.report_id DESC, f.number DESC
  LIMIT 1
) AS p
WHERE
  s.closing IS NOT NULL
  AND s.account IN (SELECT r.account FROM bank.statement AS r WHERE r.report_id = %(report)s)
  AND s.closed_on >= (
    SELECT min(r.closed_on) FROM bank.statement AS r WHERE r.report_id = %(report)s
  )
ORDER BY s.account, s.closed_on, s.sequence
LIMIT %(limit)s;
