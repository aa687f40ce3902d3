-- name: fund_members
-- Whoever has contributed, or was told to, by what rules now; the operator's part is the first
-- loss.
SELECT o.id, o.name, o.code, coalesce(c.required, 0) AS required, a.balance AS contributed,
  coalesce(c.cap, a.balance) AS cap, c.decided_at AS ruled_at
FROM ledger.account AS a
INNER JOIN alliance.organisation AS o ON a.owner_id = o.id
LEFT JOIN LATERAL (
  SELECT v.required, v.cap, v.decided_at FROM losses.cap AS v
  WHERE v.organisation_id = a.owner_id
  ORDER BY v.id DESC
  LIMIT 1
) AS c ON TRUE
WHERE
  a.kind = 'guarantee' AND o.role <> 'operator'
  AND (a.balance > 0 OR c.cap > 0 OR c.required > 0);
