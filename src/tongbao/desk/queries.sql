-- name: write_proposal
INSERT INTO desk.proposal (kind, organisation_id, terms, reason, proposed_by, proposed_at)
VALUES (%(kind)s, %(organisation)s, %(terms)s, %(reason)s, %(by)s, %(at)s)
RETURNING id;

-- name: get_proposal
SELECT id, kind, organisation_id, terms::text, reason, proposed_by, proposed_at, state,
  decided_by, decided_at, decision_reason, operation_id
FROM desk.proposal
WHERE id = %(id)s;

-- name: lock_proposal
-- In a statement of its own: whoever waited for the lock reads afterwards what was decided.
SELECT id FROM desk.proposal WHERE id = %(id)s FOR UPDATE;

-- name: decide_proposal
UPDATE desk.proposal
SET
  state = %(state)s, decided_by = %(by)s, decided_at = %(at)s, decision_reason = %(reason)s
WHERE id = %(id)s;

-- name: note_operation
UPDATE desk.proposal SET operation_id = %(operation)s WHERE id = %(id)s;

-- name: list_proposals
-- Oldest first: it has waited longest.
SELECT id, kind, organisation_id, terms::text, reason, proposed_by, proposed_at, state,
  decided_by, decided_at, decision_reason, operation_id
FROM desk.proposal
WHERE
  id > %(after)s
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(organisation)s::bigint IS NULL OR organisation_id = %(organisation)s)
ORDER BY id
LIMIT %(limit)s;

-- name: write_exceptions
-- However often it is found, it is raised once; what was closed stays closed.
INSERT INTO desk.exception_item (kind, organisation_id, subject, facts, raised_at)
SELECT v.kind, v.organisation_id, v.subject, v.facts::json, %(at)s
FROM unnest(
  %(kinds)s::text[], %(organisations)s::bigint[], %(subjects)s::text[],
  string_to_array(%(facts)s, E'\x1e')
) AS v (kind, organisation_id, subject, facts)
ORDER BY v.kind, v.subject
ON CONFLICT (kind, subject) DO NOTHING;

-- name: find_exception
SELECT id, kind, organisation_id, subject, facts::text, state, raised_at, closed_by, closed_at,
  closed_how, closed_reason, assigned_to, assigned_by, assigned_at
FROM desk.exception_item
WHERE kind = %(kind)s AND subject = %(subject)s;

-- name: get_exception
SELECT id, kind, organisation_id, subject, facts::text, state, raised_at, closed_by, closed_at,
  closed_how, closed_reason, assigned_to, assigned_by, assigned_at
FROM desk.exception_item
WHERE id = %(id)s;

-- name: lock_exception
SELECT id FROM desk.exception_item WHERE id = %(id)s FOR UPDATE;

-- name: close_exceptions
-- Those of a kind that are settled by what they are about; closed ones stay as they are.
UPDATE desk.exception_item
SET
  state = 'closed', closed_by = %(by)s, closed_at = %(at)s, closed_how = %(how)s,
  closed_reason = %(reason)s
WHERE kind = %(kind)s AND subject = ANY(%(subjects)s::text[]) AND state = 'open';

-- name: assign_exception
UPDATE desk.exception_item
SET assigned_to = %(to)s, assigned_by = %(by)s, assigned_at = %(at)s
WHERE id = %(id)s;

-- name: list_exceptions
-- Oldest first: it has waited longest.
SELECT id, kind, organisation_id, subject, facts::text, state, raised_at, closed_by, closed_at,
  closed_how, closed_reason, assigned_to, assigned_by, assigned_at
FROM desk.exception_item
WHERE
  id > %(after)s
  AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(organisation)s::bigint IS NULL OR organisation_id = %(organisation)s)
  AND (%(assigned)s::text IS NULL OR assigned_to = %(assigned)s)
ORDER BY id
LIMIT %(limit)s;
