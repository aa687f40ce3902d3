-- name: reports
-- With how many of its lines wait for a person.
SELECT r.id, r.family, r.message_id, r.name, r.lines, r.created_at, r.read_at,
  (
    SELECT count(*) FROM bank.line AS l WHERE l.report_id = r.id AND l.state = 'open'
  ) AS open
FROM bank.report AS r;

-- name: payment_files
-- With how much of each is paid.
SELECT f.id, f.settlement_id, f.kind, f.message_id, f.payments, f.amount, f.execute_on, f.made_at,
  CASE WHEN f.writer = 'csv' THEN 'csv' ELSE 'xml' END AS download,
  (
    SELECT coalesce(sum(p.amount), 0)::bigint FROM bank.payment AS p
    WHERE p.file_id = f.id AND p.state = 'paid'
  ) AS paid
FROM bank.file AS f;

-- name: lines
-- Of one report: movements of money, or what is said of payments; with the exception item of each.
SELECT u.number, u.state, u.how, u.amount, u.party, u.remittance, u.reference, u.end_to_end_id,
  u.booked_on, u.settlement, u.line, e.id AS item
FROM (
  SELECT l.number, l.state, l.how, CASE WHEN l.incoming THEN l.amount ELSE -l.amount END AS amount,
    l.party, l.remittance, l.reference, l.end_to_end_id, l.booked_on,
    l.settlement_id AS settlement, l.report_id || '-' || l.number AS line,
    'line ' || l.report_id || '-' || l.number AS subject
  FROM bank.line AS l
  WHERE l.report_id = %(report)s
  UNION ALL
  SELECT s.number, s.state, s.status AS how, coalesce(p.amount, 0) AS amount, s.reason AS party,
    '' AS remittance, s.message_id AS reference, s.end_to_end_id, NULL::date AS booked_on,
    p.settlement_id AS settlement, NULL AS line,
    'status ' || s.report_id || '-' || s.number || coalesce(' ' || s.end_to_end_id, '') AS subject
  FROM bank.status AS s
  LEFT JOIN bank.payment AS p ON s.end_to_end_id = p.end_to_end_id
  WHERE s.report_id = %(report)s
) AS u
LEFT JOIN desk.exception_item AS e
  ON u.subject = e.subject AND e.kind LIKE 'bank-%%';

-- name: open_lines
-- Money that waits for a person, with the exception item of each and who works on it.
SELECT l.report_id || '-' || l.number AS id,
  CASE WHEN l.incoming THEN l.amount ELSE -l.amount END AS amount, l.party, l.remittance,
  l.reference, l.end_to_end_id, l.booked_on, l.report_id, r.name AS report, r.read_at,
  e.id AS item, e.kind, e.assigned_to
FROM bank.line AS l
INNER JOIN bank.report AS r ON l.report_id = r.id
LEFT JOIN desk.exception_item AS e
  ON 'line ' || l.report_id || '-' || l.number = e.subject AND e.kind LIKE 'bank-%%'
WHERE l.state = 'open';

-- name: fitting_payments
-- What an open line may be: a payment that goes its way and of which no less is left, or one that
-- went the other way and of which no less was paid.
SELECT p.end_to_end_id AS id, o.id AS whose, o.name, o.code, a.number AS account, f.execute_on,
  m.meaning, m.amount, m.amount - %(amount)s::bigint AS rest,
  CASE WHEN m.amount = %(amount)s::bigint THEN 'whole' ELSE 'part' END AS fits,
  %(line)s::text AS line
FROM bank.payment AS p
INNER JOIN bank.file AS f ON p.file_id = f.id
INNER JOIN bank.account AS a ON p.account_id = a.id
INNER JOIN clearing.leg AS l
  ON
    p.settlement_id = l.settlement_id
    AND p.organisation_id = l.organisation_id
    AND p.attempt = l.attempt
INNER JOIN alliance.organisation AS o ON p.organisation_id = o.id
CROSS JOIN LATERAL (
  SELECT 'paid' AS meaning, abs(l.amount) - l.paid AS amount
  WHERE
    (f.kind = 'collection') = %(incoming)s::boolean
    AND l.state IN ('instructed', 'partly_paid')
  UNION ALL
  SELECT 'back' AS meaning, l.paid AS amount
  WHERE (f.kind = 'collection') <> %(incoming)s::boolean
) AS m
WHERE m.amount >= %(amount)s::bigint AND m.amount > 0;

-- name: about_line
-- Its file, its exception item, why that was closed, and the line that told of the same money.
SELECT r.name, e.id AS item, e.closed_reason, l.twin_report || '-' || l.twin_number AS twin
FROM bank.line AS l
INNER JOIN bank.report AS r ON l.report_id = r.id
LEFT JOIN desk.exception_item AS e
  ON 'line ' || l.report_id || '-' || l.number = e.subject AND e.kind LIKE 'bank-%%'
WHERE l.report_id = %(report)s AND l.number = %(number)s
ORDER BY e.id DESC NULLS LAST
LIMIT 1;
