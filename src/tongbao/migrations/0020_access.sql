-- access: who may do what.

CREATE SCHEMA access;
GRANT USAGE ON SCHEMA access TO tongbao_app;

-- A key's secret has 256 bits of chance, so that one hash of it is enough.
CREATE TABLE access.api_key (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation_id bigint NOT NULL REFERENCES alliance.organisation,
  role text NOT NULL,
  scopes text[] NOT NULL,
  name text NOT NULL,
  digest bytea NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  replaces bigint REFERENCES access.api_key,
  revoked_by text,
  revoked_at timestamptz,
  last_used_at timestamptz,
  CONSTRAINT api_key_role CHECK (role IN (
    'admin', 'settlement', 'marketer', 'auditor', 'manager', 'cashier', 'partner'
  ))
);

CREATE INDEX api_key_organisation ON access.api_key (organisation_id, id);

GRANT SELECT, INSERT, UPDATE ON access.api_key TO tongbao_app;
