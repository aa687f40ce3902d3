-- clearing: which windows were settled.

CREATE SCHEMA clearing;
GRANT USAGE ON SCHEMA clearing TO tongbao_app;

-- One row for each settled window. What each organisation paid or was paid is in the journal:
-- operations of the kind 'settlement', of which operation_id is the one for the whole window.
CREATE TABLE clearing.settlement (
  window_id int PRIMARY KEY,
  operation_id bigint NOT NULL,
  collections int NOT NULL,
  paid_in bigint NOT NULL,
  payouts int NOT NULL,
  paid_out bigint NOT NULL,
  settled_by text NOT NULL,
  settled_at timestamptz NOT NULL,
  CONSTRAINT settlement_amounts CHECK (paid_in >= 0 AND paid_out >= 0)
);

CREATE TRIGGER settlement_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
ON clearing.settlement
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

GRANT SELECT, INSERT ON clearing.settlement TO tongbao_app;
