-- access: tokens, signed requests, single sign-on; members: consents.

-- What a member said of a purpose, and took back. The newest line counts. organisation_id 0 is
-- the alliance itself.
CREATE TABLE members.consent (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id bigint NOT NULL REFERENCES members.member,
  organisation_id bigint NOT NULL,
  purpose text NOT NULL,
  given boolean NOT NULL,
  by text NOT NULL,
  at timestamptz NOT NULL,
  CONSTRAINT consent_purpose CHECK (
    purpose IN ('marketing', 'profiling', 'sharing', 'location')
  ),
  CONSTRAINT consent_by CHECK (by IN ('member', 'organisation', 'import'))
);

CREATE INDEX consent_member ON members.consent (member_id, organisation_id, purpose, id);

CREATE TRIGGER consent_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON members.consent
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

GRANT SELECT, INSERT ON members.consent TO tongbao_app;

-- A device's number is taken first: its secret is encrypted for it.
GRANT USAGE ON SEQUENCE access.device_id_seq TO tongbao_app;

-- signing: the secret with which requests are signed, encrypted; signing_required: nothing else
-- lets this key in. rate_limit: requests a minute, null: as is set for all.
ALTER TABLE access.api_key ADD COLUMN signing bytea;
ALTER TABLE access.api_key ADD COLUMN signing_required boolean NOT NULL DEFAULT FALSE;
ALTER TABLE access.api_key ADD COLUMN rate_limit int;
ALTER TABLE access.api_key ADD CONSTRAINT api_key_rate_limit CHECK (rate_limit >= 1);

-- Nonces of signed requests, until no request with them could be recent enough.
CREATE TABLE access.nonce (
  key_id bigint NOT NULL,
  nonce text COLLATE "C" NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (key_id, nonce)
);

CREATE INDEX nonce_expires ON access.nonce (expires_at);

-- Tokens that last for minutes or hours: for a key (OAuth 2.0), or for somebody on the staff.
CREATE TABLE access.token (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key_id bigint REFERENCES access.api_key,
  staff_id bigint REFERENCES access.staff,
  scopes text[] NOT NULL,
  digest bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  CONSTRAINT token_of_one CHECK ((key_id IS NULL) <> (staff_id IS NULL))
);

CREATE INDEX token_staff ON access.token (staff_id, id) WHERE staff_id IS NOT NULL;
CREATE INDEX token_expires ON access.token (expires_at);

-- Who of the staff is who at a provider of single sign-on. subject: the provider's own name for
-- the person, null until the first sign-in there.
CREATE TABLE access.sso_link (
  staff_id bigint NOT NULL REFERENCES access.staff,
  issuer text COLLATE "C" NOT NULL,
  email text COLLATE "C" NOT NULL,
  subject text COLLATE "C",
  linked_by text NOT NULL,
  linked_at timestamptz NOT NULL,
  PRIMARY KEY (staff_id, issuer),
  UNIQUE (issuer, email),
  UNIQUE (issuer, subject)
);

-- Sign-ins that are at a provider now. state and browser are hashes.
CREATE TABLE access.sso_request (
  state bytea PRIMARY KEY,
  browser bytea NOT NULL,
  issuer text NOT NULL,
  nonce text NOT NULL,
  verifier text NOT NULL,
  onward text NOT NULL,
  expires_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON access.token, access.sso_link TO tongbao_app;
GRANT SELECT, INSERT, DELETE ON access.nonce, access.sso_request TO tongbao_app;
