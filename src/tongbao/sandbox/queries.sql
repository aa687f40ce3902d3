-- name: holds_due
SELECT id FROM ledger.hold
WHERE remaining > 0 AND expires_at <= %(at)s
ORDER BY id;

-- name: awards_due
-- A lot's id is its operation's, shifted by ten bits.
SELECT id >> 10 FROM ledger.lot
WHERE open AND release_at IS NOT NULL AND pending > 0 AND release_at <= %(at)s
ORDER BY id;

-- name: members_with_lapsed_lots
SELECT DISTINCT owner_id FROM ledger.lot
WHERE open AND expires_at IS NOT NULL AND available > 0 AND expires_at <= %(at)s
ORDER BY owner_id;
