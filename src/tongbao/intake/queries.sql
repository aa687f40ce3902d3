-- name: know_file
-- Nothing else is changed: another process may be at work on the file.
INSERT INTO intake.file (
  digest, name, size, position, line, rejects_size, started_at, updated_at
)
VALUES (%(digest)s, %(name)s, %(size)s, 0, 0, 0, %(at)s, %(at)s)
ON CONFLICT (digest) DO UPDATE SET name = excluded.name
RETURNING id;

-- name: read_file
SELECT position, line, rejects_size, finished_at FROM intake.file WHERE id = %(file)s;

-- name: restart_file
-- A file that was imported before is read again, and everything in it is known.
UPDATE intake.file
SET position = 0, line = 0, rejects_size = 0, started_at = %(at)s, updated_at = %(at)s,
  finished_at = NULL
WHERE id = %(file)s;

-- name: forget_tally
DELETE FROM intake.tally WHERE file_id = %(file)s;

-- name: lock_file
-- Held by the connection, not by its transactions: a killed import gives it back at once.
SELECT pg_advisory_lock(%(space)s::int, %(file)s::int);

-- name: unlock_file
SELECT pg_advisory_unlock(%(space)s::int, %(file)s::int);

-- name: limit_lock_wait
-- For the transaction that waits for the file.
SELECT set_config('lock_timeout', %(wait)s, TRUE);

-- name: advance_file
UPDATE intake.file
SET position = %(position)s, line = %(line)s, rejects_size = %(rejects)s, updated_at = %(at)s
WHERE id = %(file)s;

-- name: finish_file
UPDATE intake.file SET finished_at = %(at)s, updated_at = %(at)s WHERE id = %(file)s;

-- name: add_tally
-- In key order, as always; only one process works on a file.
INSERT INTO intake.tally (file_id, subject, code, issuer_id, redeemer_id, count, amount)
SELECT %(file)s::bigint, t.subject, t.code, t.issuer_id, t.redeemer_id, t.count, t.amount
FROM unnest(
  %(subjects)s::text[], %(codes)s::text[], %(issuers)s::bigint[], %(redeemers)s::bigint[],
  %(counts)s::bigint[], %(amounts)s::bigint[]
) AS t (subject, code, issuer_id, redeemer_id, count, amount)
ORDER BY t.subject, t.code, t.issuer_id, t.redeemer_id
ON CONFLICT (file_id, subject, code, issuer_id, redeemer_id) DO UPDATE
SET count = tally.count + excluded.count, amount = tally.amount + excluded.amount;

-- name: counts
SELECT subject, code, count, amount FROM intake.tally
WHERE file_id = %(file)s AND issuer_id = 0 AND redeemer_id = 0
ORDER BY subject ASC, count DESC, code ASC;

-- name: issuers
-- Points by issuer: what it gave, what it took back, what of its points was spent.
SELECT o.code, s.issued, s.clawed, s.redeemed
FROM (
  SELECT issuer_id,
    coalesce(sum(amount) FILTER (WHERE subject = 'issued'), 0)::bigint AS issued,
    coalesce(sum(amount) FILTER (WHERE subject = 'clawed'), 0)::bigint AS clawed,
    coalesce(sum(amount) FILTER (WHERE subject = 'redeemed'), 0)::bigint AS redeemed
  FROM intake.tally
  WHERE file_id = %(file)s AND issuer_id > 0 AND redeemer_id = 0
  GROUP BY issuer_id
) AS s
INNER JOIN alliance.organisation AS o ON s.issuer_id = o.id
ORDER BY s.issued DESC, o.code ASC
LIMIT %(limit)s;

-- name: claims
SELECT i.code AS issuer, r.code AS redeemer, t.count, t.amount
FROM intake.tally AS t
INNER JOIN alliance.organisation AS i ON t.issuer_id = i.id
INNER JOIN alliance.organisation AS r ON t.redeemer_id = r.id
WHERE t.file_id = %(file)s AND t.subject = 'claim'
ORDER BY t.amount DESC, i.code ASC, r.code ASC
LIMIT %(limit)s;

-- name: claims_sum
SELECT count(*), coalesce(sum(amount), 0)::bigint FROM intake.tally
WHERE file_id = %(file)s AND subject = 'claim';

-- name: known_keys
-- What earlier imports made of these receipts: the answer, what it follows, the lines.
SELECT o.scope, o.key, o.answer, p.original_id, p.data::text
FROM kernel.once AS o
INNER JOIN unnest(%(scopes)s::bigint[], %(keys)s::text[]) AS v (scope, key)
  ON o.scope = v.scope AND o.key = v.key
LEFT JOIN ledger.operation AS p ON o.operation_id = p.id AND NOT o.refused;

-- name: wallets
SELECT owner_id, balance FROM ledger.account
WHERE kind = 'wallet' AND owner_id = ANY(%(members)s::bigint[]);

-- name: sales_of_keys
-- Sales by their receipts, with what has been undone of them.
SELECT v.n, p.id, p.data::text, (
  SELECT array_agg(f.data::text) FROM ledger.operation AS f
  WHERE
    f.owner_id IN (p.owner_id, m.merged_into)
    AND f.original_id = p.id
    AND f.kind IN ('refund', 'reversal')
) AS undone
FROM unnest(%(scopes)s::bigint[], %(keys)s::text[]) WITH ORDINALITY AS v (scope, key, n)
INNER JOIN kernel.once AS o ON v.scope = o.scope AND v.key = o.key AND NOT o.refused
INNER JOIN ledger.operation AS p ON o.operation_id = p.id
LEFT JOIN members.member AS m ON p.owner_id = m.id;

-- name: recent_sales
-- What each member last bought at one outlet before a moment, newest first.
SELECT v.n, p.id, p.data::text, (
  SELECT array_agg(f.data::text) FROM ledger.operation AS f
  WHERE
    f.owner_id = v.member_id
    AND f.original_id = p.id
    AND f.kind IN ('refund', 'reversal')
) AS undone
FROM unnest(%(members)s::bigint[], %(outlets)s::bigint[], %(moments)s::timestamptz[])
  WITH ORDINALITY AS v (member_id, outlet_id, moment, n)
CROSS JOIN LATERAL (
  SELECT s.id, s.data, s.effective_at FROM ledger.operation AS s
  WHERE
    s.owner_id = v.member_id
    AND s.outlet_id = v.outlet_id
    AND s.kind IN ('award', 'purchase', 'capture', 'advice')
    AND s.effective_at <= v.moment
  ORDER BY s.effective_at DESC, s.id DESC
  LIMIT %(limit)s
) AS p
ORDER BY v.n ASC, p.effective_at DESC, p.id DESC;
