-- points: what the operations keep beside the ledger.

CREATE SCHEMA points;
GRANT USAGE ON SCHEMA points TO tongbao_app;

-- Two people: one proposes, another approves. The approval is the operation that posts.
CREATE TABLE points.adjustment (
  id bigint PRIMARY KEY,
  member_id bigint NOT NULL,
  organisation_id bigint NOT NULL,
  points bigint NOT NULL,
  reason text NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  state text NOT NULL,
  CONSTRAINT adjustment_points CHECK (points <> 0),
  CONSTRAINT adjustment_state CHECK (state IN ('proposed', 'approved', 'rejected')),
  CONSTRAINT adjustment_two_people CHECK (decided_by IS NULL OR decided_by <> proposed_by)
);

GRANT SELECT, INSERT, UPDATE ON points.adjustment TO tongbao_app;
