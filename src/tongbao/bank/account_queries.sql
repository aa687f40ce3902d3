-- name: write_account
INSERT INTO bank.account (
  organisation_id, valid_from, number, name, bic, cnaps, mandate, signed_on, proposal_id,
  written_at
)
VALUES (
  %(organisation)s, %(valid_from)s, %(number)s, %(name)s, %(bic)s, %(cnaps)s, %(mandate)s,
  %(signed_on)s, %(proposal)s, %(at)s
)
RETURNING id;

-- name: accounts_at
-- Of each organisation the version that counts at a day.
SELECT DISTINCT ON (a.organisation_id)
  a.id, a.organisation_id, a.valid_from, a.number, a.name, a.bic, a.cnaps, a.mandate, a.signed_on,
  a.proposal_id, a.written_at
FROM bank.account AS a
WHERE a.organisation_id = ANY(%(organisations)s::bigint[]) AND a.valid_from <= %(day)s
ORDER BY a.organisation_id ASC, a.valid_from DESC, a.id DESC;

-- name: list_accounts
-- Every version, of one organisation or of those above an id.
SELECT a.id, a.organisation_id, a.valid_from, a.number, a.name, a.bic, a.cnaps, a.mandate,
  a.signed_on, a.proposal_id, a.written_at
FROM bank.account AS a
WHERE
  (%(organisation)s::bigint IS NULL OR a.organisation_id = %(organisation)s)
  AND a.id > %(after)s
ORDER BY a.id
LIMIT %(limit)s;

-- name: is_own_account
-- Whether an account was ever the operator's.
SELECT exists(
  SELECT 1 FROM bank.account WHERE organisation_id = %(operator)s AND number = %(number)s
);
