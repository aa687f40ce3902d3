-- name: new_lines
SELECT report_id, number, family, state, incoming, amount, currency, reversal, booked_on,
  end_to_end_id, reference, batch, party, account, remittance, how, settlement_id,
  organisation_id, attempt, decided_by
FROM bank.line
WHERE report_id = %(report)s AND state = 'new'
ORDER BY number
LIMIT %(limit)s;

-- name: lines
SELECT report_id, number, family, state, incoming, amount, currency, reversal, booked_on,
  end_to_end_id, reference, batch, party, account, remittance, how, settlement_id,
  organisation_id, attempt, decided_by
FROM bank.line
WHERE
  (%(report)s::bigint IS NULL OR report_id = %(report)s)
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND report_id <= %(until)s
  AND (report_id < %(until)s OR number > %(after)s)
ORDER BY report_id DESC, number ASC
LIMIT %(limit)s;

-- name: one_line
SELECT report_id, number, family, state, incoming, amount, currency, reversal, booked_on,
  end_to_end_id, reference, batch, party, account, remittance, how, settlement_id,
  organisation_id, attempt, decided_by
FROM bank.line
WHERE report_id = %(report)s AND number = %(number)s;

-- name: lock_line
SELECT report_id, number, family, state, incoming, amount, currency, reversal, booked_on,
  end_to_end_id, reference, batch, party, account, remittance, how, settlement_id,
  organisation_id, attempt, decided_by
FROM bank.line
WHERE report_id = %(report)s AND number = %(number)s
FOR UPDATE;

-- name: twins
-- The same money in a report of the other kind: the first such line is the first there, and so on.
WITH mine AS (
  SELECT l.number, l.mark, row_number() OVER (PARTITION BY l.mark ORDER BY l.number) AS n
  FROM bank.line AS l
  WHERE l.report_id = %(report)s AND l.number = ANY(%(numbers)s::int[])
),

theirs AS (
  SELECT t.report_id, t.number, t.mark,
    row_number() OVER (PARTITION BY t.mark ORDER BY t.report_id, t.number) AS n
  FROM bank.line AS t
  WHERE
    t.mark IN (SELECT m.mark FROM mine AS m)
    AND t.family <> %(family)s
    AND t.twin_report IS NULL
    AND t.state NOT IN ('new', 'pending')
)

SELECT m.number, t.report_id, t.number AS twin_number
FROM mine AS m
INNER JOIN theirs AS t ON m.mark = t.mark AND m.n = t.n;

-- name: note_twins
UPDATE bank.line AS l
SET state = 'known', twin_report = t.report_id, twin_number = t.twin, decided_at = %(at)s
FROM unnest(%(numbers)s::int[], %(reports)s::bigint[], %(twins)s::int[])
  AS t (number, report_id, twin)
WHERE l.report_id = %(report)s AND l.number = t.number;

-- name: note_twins_back
UPDATE bank.line AS l
SET twin_report = %(report)s, twin_number = t.number
FROM unnest(%(numbers)s::int[], %(reports)s::bigint[], %(twins)s::int[])
  AS t (number, report_id, twin)
WHERE l.report_id = t.report_id AND l.number = t.twin;

-- name: payments_by_id
-- What is left of a leg is what may still be booked for its newest attempt.
SELECT p.settlement_id, p.organisation_id, p.attempt, p.end_to_end_id, p.state,
  f.kind = 'collection' AS incoming, f.execute_on, a.number, a.name,
  abs(l.amount) - l.paid AS unpaid, l.paid, l.attempt AS newest
FROM bank.payment AS p
INNER JOIN bank.file AS f ON p.file_id = f.id
INNER JOIN bank.account AS a ON p.account_id = a.id
INNER JOIN clearing.leg AS l
  ON p.settlement_id = l.settlement_id AND p.organisation_id = l.organisation_id
WHERE p.end_to_end_id = ANY(%(ids)s::text[]);

-- name: payments_by_amount
-- Payments that the bank has not reported, with a day that is not far from one of the lines'.
SELECT p.settlement_id, p.organisation_id, p.attempt, p.end_to_end_id, p.state,
  f.kind = 'collection' AS incoming, f.execute_on, a.number, a.name,
  abs(l.amount) - l.paid AS unpaid, l.paid, l.attempt AS newest
FROM bank.payment AS p
INNER JOIN bank.file AS f ON p.file_id = f.id
INNER JOIN bank.account AS a ON p.account_id = a.id
INNER JOIN clearing.leg AS l
  ON p.settlement_id = l.settlement_id AND p.organisation_id = l.organisation_id
WHERE
  p.state IN ('sent', 'accepted')
  AND l.state IN ('instructed', 'partly_paid')
  AND l.attempt = p.attempt
  AND p.amount = ANY(%(amounts)s::bigint[])
  AND f.execute_on BETWEEN %(first)s AND %(last)s
ORDER BY p.end_to_end_id
LIMIT %(limit)s;

-- name: payments_of_batch
-- What is left of a file that the bank reports as a whole.
SELECT p.settlement_id, p.organisation_id, p.attempt, p.end_to_end_id, p.state,
  f.kind = 'collection' AS incoming, f.execute_on, a.number, a.name,
  abs(l.amount) - l.paid AS unpaid, l.paid, l.attempt AS newest
FROM bank.payment AS p
INNER JOIN bank.file AS f ON p.file_id = f.id
INNER JOIN bank.account AS a ON p.account_id = a.id
INNER JOIN clearing.leg AS l
  ON p.settlement_id = l.settlement_id AND p.organisation_id = l.organisation_id
WHERE f.message_id = %(message)s AND l.attempt = p.attempt
ORDER BY p.place;

-- name: reported_of_batch
-- What reports of the other kind have told of the payments of a file, one by one.
SELECT coalesce(sum(l.amount), 0)::bigint
FROM bank.payment AS p
INNER JOIN bank.file AS f ON p.file_id = f.id
INNER JOIN bank.line AS l ON p.end_to_end_id = l.end_to_end_id
WHERE
  f.message_id = %(message)s
  AND l.family <> %(family)s
  AND l.state = 'matched'
  AND l.twin_report IS NULL;

-- name: note_matches
UPDATE bank.line AS l
SET state = 'matched', how = t.how, settlement_id = t.settlement_id,
  organisation_id = t.organisation_id, attempt = t.attempt, decided_by = %(by)s,
  decided_at = %(at)s
FROM unnest(
  %(numbers)s::int[], %(hows)s::text[], %(settlements)s::int[], %(organisations)s::bigint[],
  %(attempts)s::int[]
) AS t (number, how, settlement_id, organisation_id, attempt)
WHERE l.report_id = %(report)s AND l.number = t.number;

-- name: note_payments
UPDATE bank.payment AS p
SET state = %(state)s
FROM unnest(%(settlements)s::int[], %(organisations)s::bigint[], %(attempts)s::int[])
  AS t (settlement_id, organisation_id, attempt)
WHERE
  p.settlement_id = t.settlement_id
  AND p.organisation_id = t.organisation_id
  AND p.attempt = t.attempt;

-- name: note_state
UPDATE bank.line
SET state = %(state)s, decided_by = %(by)s, decided_at = %(at)s
WHERE report_id = %(report)s AND number = ANY(%(numbers)s::int[]);

-- name: lines_by_state
SELECT state, how, count(*) AS lines, coalesce(sum(amount), 0)::bigint AS amount
FROM bank.line
WHERE report_id = %(report)s
GROUP BY state, how
ORDER BY state, how;

-- name: missing_payments
-- Instructed for a day that is long enough past, and on no statement.
SELECT p.settlement_id, p.organisation_id, p.end_to_end_id, p.amount, p.state, f.message_id,
  f.execute_on
FROM bank.payment AS p
INNER JOIN bank.file AS f ON p.file_id = f.id
INNER JOIN clearing.leg AS l
  ON
    p.settlement_id = l.settlement_id
    AND p.organisation_id = l.organisation_id
    AND p.attempt = l.attempt
WHERE
  p.state IN ('sent', 'accepted')
  AND l.state IN ('instructed', 'partly_paid')
  AND f.execute_on <= %(day)s
  AND (p.settlement_id, p.organisation_id) > (%(settlement)s, %(organisation)s)
ORDER BY p.settlement_id, p.organisation_id
LIMIT %(limit)s;
