-- Whoever has proposed something may take it back: it is rejected by the same person.
ALTER TABLE desk.proposal
DROP CONSTRAINT proposal_two_people,
ADD CONSTRAINT proposal_two_people CHECK (state = 'rejected' OR decided_by <> proposed_by);

ALTER TABLE points.adjustment
DROP CONSTRAINT adjustment_two_people,
ADD CONSTRAINT adjustment_two_people CHECK (
  decided_by IS NULL OR state = 'rejected' OR decided_by <> proposed_by
);
