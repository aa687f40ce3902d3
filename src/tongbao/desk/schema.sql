-- desk: what waits for a person.

CREATE SCHEMA desk;
GRANT USAGE ON SCHEMA desk TO tongbao_app;

-- Two people: one proposes, another decides. What it stands for is done by the package whose
-- proposal it is, in the transaction that decides. Whoever proposed may reject it: taken back.
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
  CONSTRAINT proposal_two_people CHECK (state = 'rejected' OR decided_by <> proposed_by),
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
  assigned_to text,
  assigned_by text,
  assigned_at timestamptz,
  UNIQUE (kind, subject),
  CONSTRAINT exception_item_state CHECK (state IN ('open', 'closed')),
  CONSTRAINT exception_item_closed CHECK ((state = 'open') = (closed_by IS NULL))
);

CREATE INDEX exception_item_open ON desk.exception_item (id) WHERE state = 'open';

GRANT SELECT, INSERT,
UPDATE (state, decided_by, decided_at, decision_reason, operation_id)
ON desk.proposal TO tongbao_app;
GRANT SELECT, INSERT,
UPDATE (
  state, closed_by, closed_at, closed_how, closed_reason, assigned_to, assigned_by, assigned_at
)
ON desk.exception_item TO tongbao_app;
