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
  u.booked_on, u.settlement, e.id AS item
FROM (
  SELECT l.number, l.state, l.how, CASE WHEN l.incoming THEN l.amount ELSE -l.amount END AS amount,
    l.party, l.remittance, l.reference, l.end_to_end_id, l.booked_on,
    l.settlement_id AS settlement, 'line ' || l.report_id || '-' || l.number AS subject
  FROM bank.line AS l
  WHERE l.report_id = %(report)s
  UNION ALL
  SELECT s.number, s.state, s.status AS how, coalesce(p.amount, 0) AS amount, s.reason AS party,
    '' AS remittance, s.message_id AS reference, s.end_to_end_id, NULL::date AS booked_on,
    p.settlement_id AS settlement,
    'status ' || s.report_id || '-' || s.number || coalesce(' ' || s.end_to_end_id, '') AS subject
  FROM bank.status AS s
  LEFT JOIN bank.payment AS p ON s.end_to_end_id = p.end_to_end_id
  WHERE s.report_id = %(report)s
) AS u
LEFT JOIN desk.exception_item AS e
  ON u.subject = e.subject AND e.kind LIKE 'bank-%%';
