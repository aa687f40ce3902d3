-- name: insert_consent
-- Organisations are a higher package's: 0 is the alliance, and any other must have accounts.
INSERT INTO members.consent (member_id, organisation_id, purpose, given, by, at)
SELECT %(member)s, %(organisation)s, %(purpose)s, %(given)s, %(by)s, %(at)s
WHERE
  %(organisation)s::bigint = 0
  OR EXISTS (
    SELECT 1 FROM ledger.account AS a
    WHERE a.owner_id = %(organisation)s AND a.kind = 'clearing'
  );

-- name: current_consents
SELECT DISTINCT ON (organisation_id, purpose) organisation_id, purpose, given, by, at
FROM members.consent
WHERE member_id = %(member)s
ORDER BY organisation_id ASC, purpose ASC, id DESC;

-- name: consent_history
SELECT organisation_id, purpose, given, by, at FROM members.consent
WHERE member_id = %(member)s
ORDER BY id;
