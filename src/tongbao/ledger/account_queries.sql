-- name: open_accounts
-- Every owner gets every kind. A second opening is our own mistake: let the key complain.
INSERT INTO ledger.account (owner_id, kind, unit)
SELECT o.owner_id, k.kind, k.unit
FROM unnest(%(owners)s::bigint[]) AS o (owner_id)
CROSS JOIN unnest(%(kinds)s::text[], %(units)s::text[]) AS k (kind, unit);

-- name: set_bounded
-- Only a change is written: most versions of a contract keep the bound as it was.
UPDATE ledger.account SET bounded = %(bounded)s
WHERE owner_id = %(organisation)s AND kind = 'issued' AND bounded <> %(bounded)s;

-- name: balances
SELECT kind, balance FROM ledger.account WHERE owner_id = %(owner)s ORDER BY kind;

-- name: owed_by_members
-- Reads the whole table: only closing an organisation asks.
SELECT coalesce(sum(amount), 0)::bigint FROM ledger.owing
WHERE organisation_id = %(organisation)s AND amount > 0;
