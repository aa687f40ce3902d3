-- name: new_statuses
SELECT number, message_id, end_to_end_id, status, reason
FROM bank.status
WHERE report_id = %(report)s AND state = 'new'
ORDER BY number
LIMIT %(limit)s;

-- name: payments_of_message
SELECT p.settlement_id, p.organisation_id, p.attempt, p.end_to_end_id, p.state, f.message_id
FROM bank.payment AS p
INNER JOIN bank.file AS f ON p.file_id = f.id
WHERE f.message_id = %(message)s AND p.state = ANY(%(states)s::text[])
ORDER BY p.place
LIMIT %(limit)s;

-- name: payments_of_ids
SELECT p.settlement_id, p.organisation_id, p.attempt, p.end_to_end_id, p.state, f.message_id
FROM bank.payment AS p
INNER JOIN bank.file AS f ON p.file_id = f.id
WHERE p.end_to_end_id = ANY(%(ids)s::text[]);

-- name: note_payments
UPDATE bank.payment AS p
SET state = t.state, status = t.status, reason = t.reason
FROM unnest(
  %(settlements)s::int[], %(organisations)s::bigint[], %(attempts)s::int[], %(states)s::text[],
  %(statuses)s::text[], %(reasons)s::text[]
) AS t (settlement_id, organisation_id, attempt, state, status, reason)
WHERE
  p.settlement_id = t.settlement_id
  AND p.organisation_id = t.organisation_id
  AND p.attempt = t.attempt;

-- name: note_statuses
UPDATE bank.status SET state = 'done'
WHERE report_id = %(report)s AND number = ANY(%(numbers)s::int[]);

-- name: statuses_by_status
-- What is said of a whole file is told apart from what is said of its payments.
SELECT status || CASE WHEN end_to_end_id IS NULL THEN ' of a file' ELSE '' END AS what,
  count(*) AS statuses
FROM bank.status
WHERE report_id = %(report)s
GROUP BY what
ORDER BY what;
