-- name: members
-- With what each can spend; identities are looked up by their keys, never searched.
SELECT m.id, m.status, m.spend_locked, m.enrolled_at, a.balance AS available,
  coalesce(o.name, '') AS enrolled_by,
  i.phone, i.card, i.external
FROM members.member AS m
INNER JOIN ledger.account AS a ON m.id = a.owner_id AND a.kind = 'wallet'
LEFT JOIN alliance.organisation AS o ON m.enrolled_by = o.id
LEFT JOIN LATERAL (
  SELECT max('…' || n.hint) FILTER (WHERE n.kind = 'phone') AS phone,
    max('…' || n.hint) FILTER (WHERE n.kind = 'card') AS card,
    max('…' || n.hint) FILTER (WHERE n.kind = 'external') AS external
  FROM members.identity AS n
  WHERE n.member_id = m.id
) AS i ON TRUE;

-- name: adjustments_of
SELECT j.id, j.points, j.reason, j.proposed_by, j.proposed_at, j.decided_by,
  o.name AS organisation,
  CASE
    WHEN j.state = 'rejected' AND j.decided_by = j.proposed_by THEN 'withdrawn' ELSE j.state
  END AS state
FROM points.adjustment AS j
INNER JOIN alliance.organisation AS o ON j.organisation_id = o.id
WHERE j.member_id = %(member)s
ORDER BY j.id DESC
LIMIT %(limit)s;
