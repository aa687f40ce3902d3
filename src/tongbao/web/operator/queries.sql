-- name: organisations
-- With what each has in circulation, its position, and how many outlets are open.
SELECT o.id, o.code, o.name, o.role, o.status, o.registered_at,
  -i.balance AS circulation, c.balance AS position,
  (
    SELECT count(*) FROM alliance.outlet AS t WHERE t.organisation_id = o.id AND t.open
  ) AS outlets
FROM alliance.organisation AS o
INNER JOIN ledger.account AS i ON o.id = i.owner_id AND i.kind = 'issued'
INNER JOIN ledger.account AS c ON o.id = c.owner_id AND c.kind = 'clearing'
WHERE o.role <> 'operator';
