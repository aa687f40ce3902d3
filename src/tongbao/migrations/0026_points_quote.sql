-- What was said before a payment: for which sale, on which terms, until when, and who used it.
CREATE TABLE points.quote (
  member_id bigint NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  organisation_id bigint NOT NULL,
  outlet_id bigint NOT NULL,
  amount bigint NOT NULL,
  points bigint NOT NULL,
  terms json NOT NULL,
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_by bigint,
  PRIMARY KEY (member_id, id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON points.quote TO tongbao_app;

-- What happened to one receipt: by the number that the caller has for it.
CREATE INDEX operation_reference ON ledger.operation ((data ->> 'reference'), id)
WHERE (data ->> 'reference') IS NOT NULL;
