-- members: who holds points, and by what names they are known.

CREATE SCHEMA members;
GRANT USAGE ON SCHEMA members TO tongbao_app;

-- merged_into: this membership lives on in another; it holds nothing any more.
CREATE TABLE members.member (
  id bigint PRIMARY KEY DEFAULT nextval('kernel.owner_id'),
  status text NOT NULL,
  spend_locked boolean NOT NULL DEFAULT FALSE,
  merged_into bigint REFERENCES members.member,
  enrolled_by bigint,
  enrolled_at timestamptz NOT NULL,
  CONSTRAINT member_status CHECK (status IN ('active', 'suspended', 'merged', 'closed')),
  CONSTRAINT member_merged CHECK ((status = 'merged') = (merged_into IS NOT NULL))
);

CREATE INDEX member_merged_into ON members.member (merged_into) WHERE merged_into IS NOT NULL;

-- kind: phone, card, external. issuer_id: whose card or external id it is (0: the alliance's).
-- A phone is kept as a keyed hash and its last four digits, never in the clear.
CREATE TABLE members.identity (
  kind text NOT NULL,
  issuer_id bigint NOT NULL,
  value text NOT NULL,
  member_id bigint NOT NULL REFERENCES members.member,
  hint text NOT NULL,
  added_at timestamptz NOT NULL,
  PRIMARY KEY (kind, issuer_id, value),
  CONSTRAINT identity_kind CHECK (kind IN ('phone', 'card', 'external'))
);

CREATE INDEX identity_member ON members.identity (member_id);

GRANT SELECT, INSERT, UPDATE ON members.member TO tongbao_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON members.identity TO tongbao_app;

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
