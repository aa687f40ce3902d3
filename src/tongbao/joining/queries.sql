-- name: insert_application
-- The same form sent twice has the same secret, and is one application.
INSERT INTO joining.application (
  digest, name, credit_code, format, region, outlet, contact, phone, account_number,
  account_name, account_bic, account_cnaps, collect, made_at, changed_at
)
VALUES (
  %(digest)s, %(name)s, %(credit_code)s, %(format)s, %(region)s, %(outlet)s, %(contact)s,
  %(phone)s, %(account_number)s, %(account_name)s, %(account_bic)s, %(account_cnaps)s,
  %(collect)s, %(at)s, %(at)s
)
ON CONFLICT (digest) DO NOTHING
RETURNING id;

-- name: find_application
SELECT id FROM joining.application WHERE digest = %(digest)s;

-- name: digest_of
SELECT digest FROM joining.application WHERE id = %(id)s;

-- name: get_application
SELECT id, state, name, credit_code, format, region, outlet, contact, phone, account_number,
  account_name, account_bic, account_cnaps, collect, made_at, changed_at, decided_by, decided_at,
  reason, organisation_id, outlet_id, staff_id, proposal_id, begun_at, forgotten_at
FROM joining.application
WHERE id = %(id)s;

-- name: list_applications
SELECT id, state, name, credit_code, format, region, outlet, contact, phone, account_number,
  account_name, account_bic, account_cnaps, collect, made_at, changed_at, decided_by, decided_at,
  reason, organisation_id, outlet_id, staff_id, proposal_id, begun_at, forgotten_at
FROM joining.application
WHERE id > %(after)s AND (%(state)s::text IS NULL OR state = %(state)s)
ORDER BY id
LIMIT %(limit)s;

-- name: lock_application
-- Of two who decide at once the second finds it decided.
SELECT id FROM joining.application WHERE id = %(id)s FOR UPDATE;

-- name: change_application
UPDATE joining.application
SET
  state = 'submitted', name = %(name)s, credit_code = %(credit_code)s, format = %(format)s,
  region = %(region)s, outlet = %(outlet)s, contact = %(contact)s, phone = %(phone)s,
  account_number = %(account_number)s, account_name = %(account_name)s,
  account_bic = %(account_bic)s, account_cnaps = %(account_cnaps)s, collect = %(collect)s,
  changed_at = %(at)s
WHERE id = %(id)s;

-- name: ask
UPDATE joining.application SET state = 'asked', changed_at = %(at)s WHERE id = %(id)s;

-- name: refuse
UPDATE joining.application
SET state = 'refused', reason = %(reason)s, decided_by = %(by)s, decided_at = %(at)s,
  changed_at = %(at)s
WHERE id = %(id)s;

-- name: accept
UPDATE joining.application
SET state = 'accepted', decided_by = %(by)s, decided_at = %(at)s, changed_at = %(at)s,
  organisation_id = %(organisation)s, outlet_id = %(outlet)s, staff_id = %(staff)s,
  proposal_id = %(proposal)s
WHERE id = %(id)s;

-- name: begin
UPDATE joining.application SET begun_at = %(at)s WHERE id = %(id)s;

-- name: insert_remark
INSERT INTO joining.remark (application_id, kind, by, at, text)
VALUES (%(application)s, %(kind)s, %(by)s, %(at)s, %(text)s);

-- name: remarks_of
SELECT kind, by, at, text FROM joining.remark
WHERE application_id = %(application)s
ORDER BY id;

-- name: other_applications
-- Of the same entity or person, newest first, but for those that were refused.
SELECT id, name, state, credit_code FROM joining.application
WHERE
  (credit_code = %(credit_code)s OR phone = %(phone)s)
  AND id <> %(id)s
  AND state <> 'refused'
ORDER BY id DESC
LIMIT 20;

-- name: joined_with
-- Who takes part already with this credit code.
SELECT o.id, o.name
FROM joining.application AS a
INNER JOIN alliance.organisation AS o ON a.organisation_id = o.id
WHERE a.credit_code = %(credit_code)s AND a.id <> %(id)s AND o.status <> 'closed'
ORDER BY o.id
LIMIT 1;

-- name: same_name
-- Spaces and capitals make no other name.
SELECT id, name FROM alliance.organisation
WHERE
  lower(regexp_replace(name, '\s', '', 'g')) = lower(regexp_replace(%(name)s, '\s', '', 'g'))
  AND status <> 'closed'
  AND id IS DISTINCT FROM %(organisation)s
ORDER BY id
LIMIT 1;

-- name: account_of_another
SELECT o.id, o.name
FROM bank.account AS a
INNER JOIN alliance.organisation AS o ON a.organisation_id = o.id
WHERE a.number = %(number)s AND o.id IS DISTINCT FROM %(organisation)s
ORDER BY o.id
LIMIT 1;

-- name: progress_of
-- entered_at is known as long as the person signs in; the proposal is that of the bank account.
SELECT s.password IS NOT NULL AS entered, s.signed_in_at, p.state, p.decided_at,
  (
    SELECT o.written_at FROM ledger.operation AS o
    WHERE o.organisation_id = a.organisation_id
    ORDER BY o.id
    LIMIT 1
  ) AS sold_at,
  (
    SELECT l.settlement_id FROM clearing.leg AS l
    WHERE l.organisation_id = a.organisation_id AND l.state = 'paid' AND l.amount > 0
    ORDER BY l.through_window
    LIMIT 1
  ) AS paid_settlement
FROM joining.application AS a
INNER JOIN access.staff AS s ON a.staff_id = s.id
INNER JOIN desk.proposal AS p ON a.proposal_id = p.id
WHERE a.id = %(id)s;

-- name: forget
-- What was refused, or not answered, says for a while who had applied, and then no more.
UPDATE joining.application
SET
  contact = '–', phone = '–', account_number = '–', account_name = '–', account_bic = NULL,
  account_cnaps = NULL, forgotten_at = %(at)s
WHERE state IN ('asked', 'refused') AND forgotten_at IS NULL AND changed_at < %(before)s;
