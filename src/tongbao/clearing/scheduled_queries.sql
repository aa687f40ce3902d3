-- name: one_scheduler
SELECT pg_advisory_xact_lock(%(lock)s);

-- name: proposed_before
-- In whatever state: a person may have said no. One that names several cycles counts for each.
SELECT id FROM clearing.settlement
WHERE
  business_date = %(business_date)s
  AND %(cycle)s = ANY(string_to_array(asked, ' '))
ORDER BY id
LIMIT 1;
