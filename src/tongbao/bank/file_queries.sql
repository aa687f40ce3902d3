-- name: legs_without_payment
-- What the bank was not told of yet: legs instructed for the first time, or once more.
SELECT l.organisation_id, l.attempt, l.amount > 0 AS payout, abs(l.amount) - l.paid AS amount
FROM clearing.leg AS l
WHERE
  l.settlement_id = %(settlement)s
  AND l.state IN ('instructed', 'partly_paid')
  AND NOT EXISTS (
    SELECT 1 FROM bank.payment AS p
    WHERE
      p.settlement_id = l.settlement_id
      AND p.organisation_id = l.organisation_id
      AND p.attempt = l.attempt
  )
ORDER BY l.organisation_id;

-- name: last_run
SELECT coalesce(max(run), 0) FROM bank.file
WHERE settlement_id = %(settlement)s AND kind = %(kind)s;

-- name: write_file
INSERT INTO bank.file (
  settlement_id, kind, run, part, message_id, writer, account_id, payments, amount, execute_on,
  remittance, made_at
)
VALUES (
  %(settlement)s, %(kind)s, %(run)s, %(part)s, %(message)s, %(writer)s, %(account)s, %(payments)s,
  %(amount)s, %(execute_on)s, %(remittance)s, %(at)s
)
RETURNING id;

-- name: write_payments
INSERT INTO bank.payment (
  settlement_id, organisation_id, attempt, end_to_end_id, file_id, place, account_id, amount
)
SELECT %(settlement)s, t.organisation_id, t.attempt, t.end_to_end_id, %(file)s, t.place,
  t.account_id, t.amount
FROM unnest(
  %(organisations)s::bigint[], %(attempts)s::int[], %(ids)s::text[], %(accounts)s::bigint[],
  %(amounts)s::bigint[]
) WITH ORDINALITY AS t (organisation_id, attempt, end_to_end_id, account_id, amount, place);

-- name: files
-- Of one settlement, or the newest of all.
SELECT f.id, f.settlement_id, f.kind, f.run, f.part, f.message_id, f.writer, f.payments, f.amount,
  f.execute_on, f.remittance, f.made_at, encode(f.digest, 'hex') AS digest,
  a.number, a.name, a.bic, a.cnaps, a.mandate, a.signed_on
FROM bank.file AS f
INNER JOIN bank.account AS a ON f.account_id = a.id
WHERE
  (%(settlement)s::int IS NULL OR f.settlement_id = %(settlement)s)
  AND (%(file)s::bigint IS NULL OR f.id = %(file)s)
ORDER BY f.settlement_id DESC, f.id ASC
LIMIT %(limit)s;

-- name: payments_of_file
-- In the order of the file, from a place on.
SELECT p.settlement_id, p.organisation_id, p.attempt, p.end_to_end_id, p.amount, p.place,
  a.number, a.name, a.bic, a.cnaps, a.mandate, a.signed_on
FROM bank.payment AS p
INNER JOIN bank.account AS a ON p.account_id = a.id
WHERE p.file_id = %(file)s AND p.place > %(after)s
ORDER BY p.place
LIMIT %(limit)s;

-- name: note_digest
UPDATE bank.file SET digest = decode(%(digest)s, 'hex') WHERE id = %(file)s AND digest IS NULL;

-- name: states_of_settlement
-- How far its payments are, file by file.
SELECT p.file_id, p.state, count(*) AS payments, sum(p.amount)::bigint AS amount
FROM bank.payment AS p
WHERE p.settlement_id = %(settlement)s
GROUP BY p.file_id, p.state
ORDER BY p.file_id, p.state;
