-- desk: what waits for a person.

CREATE SCHEMA desk;
GRANT USAGE ON SCHEMA desk TO tongbao_app;

-- Two people: one proposes, another decides. What it stands for is done by the package whose
-- proposal it is, in the transaction that decides.
CREATE TABLE desk.proposal (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text COLLATE "C" NOT NULL,
  organisation_id bigint,
  terms json NOT NULL,
  reason text NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'proposed',
  decided_by text,
  decided_at timestamptz,
  decision_reason text,
  operation_id bigint,
  CONSTRAINT proposal_state CHECK (state IN ('proposed', 'approved', 'rejected')),
  CONSTRAINT proposal_decided CHECK ((state = 'proposed') = (decided_by IS NULL)),
  CONSTRAINT proposal_two_people CHECK (decided_by <> proposed_by),
  CONSTRAINT proposal_operation CHECK (operation_id IS NULL OR state = 'approved')
);

CREATE INDEX proposal_waiting ON desk.proposal (id) WHERE state = 'proposed';

-- What could not be posted, matched or paid though it has happened: somebody has to work on it.
-- Once for each subject of a kind, however often it is found.
CREATE TABLE desk.exception_item (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text COLLATE "C" NOT NULL,
  organisation_id bigint,
  subject text COLLATE "C" NOT NULL,
  facts json NOT NULL,
  state text NOT NULL DEFAULT 'open',
  raised_at timestamptz NOT NULL,
  closed_by text,
  closed_at timestamptz,
  closed_how text,
  closed_reason text,
  UNIQUE (kind, subject),
  CONSTRAINT exception_item_state CHECK (state IN ('open', 'closed')),
  CONSTRAINT exception_item_closed CHECK ((state = 'open') = (closed_by IS NULL))
);

CREATE INDEX exception_item_open ON desk.exception_item (id) WHERE state = 'open';

GRANT SELECT, INSERT,
UPDATE (state, decided_by, decided_at, decision_reason, operation_id)
ON desk.proposal TO tongbao_app;
GRANT SELECT, INSERT, UPDATE (state, closed_by, closed_at, closed_how, closed_reason)
ON desk.exception_item TO tongbao_app;

-- The items that points kept for themselves.
INSERT INTO desk.exception_item (
  kind, organisation_id, subject, facts, state, raised_at,
  closed_by, closed_at, closed_how, closed_reason
)
SELECT 'advice', i.organisation_id, i.id::text,
  json_strip_nulls(json_build_object(
    'member', i.member_id, 'outlet', i.outlet_id, 'hold', i.hold_id, 'points', i.points,
    'reason', i.reason, 'effective_at', i.effective_at
  )),
  i.state, i.raised_at,
  CASE WHEN i.state = 'closed' THEN 'till' END, p.written_at,
  CASE WHEN i.state = 'closed' THEN 'reversed' END,
  CASE WHEN i.state = 'closed' THEN 'the advice was reversed' END
FROM points.exception_item AS i
LEFT JOIN LATERAL (
  SELECT min(o.written_at) AS written_at FROM ledger.operation AS o
  WHERE o.owner_id = i.member_id AND o.original_id = i.id AND i.state = 'closed'
) AS p ON TRUE
ORDER BY i.id;

DROP TABLE points.exception_item;
