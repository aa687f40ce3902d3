-- access: staff who sign in, members' devices, and a log of what people did.

ALTER TABLE access.api_key DROP CONSTRAINT api_key_role;
ALTER TABLE access.api_key ADD CONSTRAINT api_key_role CHECK (role IN (
  'admin', 'settlement', 'marketer', 'auditor', 'manager', 'finance', 'cashier', 'partner'
));

-- Somebody who works for an organisation and signs in by name. password: argon2's own text, null
-- until it is set by an invitation. totp: the secret of the codes, encrypted; it counts from
-- totp_since on, and a code of totp_step or before is not good again. outlet_id: where a cashier
-- works; member_id: whose wallet is this person's own.
CREATE TABLE access.staff (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation_id bigint NOT NULL REFERENCES alliance.organisation,
  login text COLLATE "C" NOT NULL UNIQUE,
  name text NOT NULL,
  role text NOT NULL,
  outlet_id bigint REFERENCES alliance.outlet,
  member_id bigint REFERENCES members.member,
  disabled boolean NOT NULL DEFAULT FALSE,
  password text,
  totp bytea,
  totp_since timestamptz,
  totp_step bigint NOT NULL DEFAULT 0,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  signed_in_at timestamptz,
  CONSTRAINT staff_role CHECK (role IN (
    'admin', 'settlement', 'marketer', 'auditor', 'manager', 'finance', 'cashier'
  )),
  CONSTRAINT staff_totp CHECK (totp_since IS NULL OR totp IS NOT NULL)
);

CREATE INDEX staff_organisation ON access.staff (organisation_id, id);
CREATE INDEX staff_member ON access.staff (member_id) WHERE member_id IS NOT NULL;

-- Codes for who has lost the phone that makes the others; each is good once. Keyed hashes.
CREATE TABLE access.recovery (
  staff_id bigint NOT NULL REFERENCES access.staff,
  digest bytea NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (staff_id, digest)
);

-- A link that lets a member of staff set a password, once: the first one, or a new one.
CREATE TABLE access.invitation (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  staff_id bigint NOT NULL REFERENCES access.staff,
  digest bytea NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);

CREATE INDEX invitation_staff ON access.invitation (staff_id) WHERE used_at IS NULL;

-- Who is signed in, and on what. entered: the second factor was given, or none is set up.
-- stepped_up_at: when a code was given last; approvals ask for a recent one.
CREATE TABLE access.session (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  staff_id bigint NOT NULL REFERENCES access.staff,
  digest bytea NOT NULL,
  means text NOT NULL,
  device text NOT NULL,
  address text NOT NULL,
  entered boolean NOT NULL,
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  stepped_up_at timestamptz,
  revoked_by text,
  revoked_at timestamptz,
  CONSTRAINT session_means CHECK (means IN ('password', 'sso'))
);

CREATE INDEX session_staff ON access.session (staff_id, id) WHERE revoked_at IS NULL;

-- How often something was tried since a time: per name, per address, per phone. subject is a
-- hash where it is personal, so that what was typed is not kept.
CREATE TABLE access.guess (
  kind text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  since timestamptz NOT NULL,
  count int NOT NULL,
  PRIMARY KEY (kind, subject)
);

CREATE INDEX guess_since ON access.guess (since);

-- What people did, and who let them in. organisation_id is theirs, subject what it was about.
CREATE TABLE access.audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  kind text COLLATE "C" NOT NULL,
  by text NOT NULL,
  organisation_id bigint,
  staff_id bigint,
  key_id bigint,
  member_id bigint,
  subject text NOT NULL,
  address text NOT NULL,
  facts json NOT NULL
);

CREATE INDEX audit_organisation ON access.audit (organisation_id, id);
CREATE INDEX audit_staff ON access.audit (staff_id, id) WHERE staff_id IS NOT NULL;
CREATE INDEX audit_member ON access.audit (member_id, id) WHERE member_id IS NOT NULL;

CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access.audit
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

-- A member's phone or browser. Its secret makes payment codes where there is no network, so it
-- is kept encrypted and not hashed.
CREATE TABLE access.device (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id bigint NOT NULL REFERENCES members.member,
  name text NOT NULL,
  secret bytea NOT NULL,
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  revoked_at timestamptz
);

CREATE INDEX device_member ON access.device (member_id, id);

-- A member who is signed in on a device. proved_at: when a code was given last.
CREATE TABLE access.member_session (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  member_id bigint NOT NULL REFERENCES members.member,
  device_id bigint NOT NULL REFERENCES access.device,
  digest bytea NOT NULL,
  address text NOT NULL,
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  proved_at timestamptz NOT NULL,
  revoked_at timestamptz
);

CREATE INDEX member_session_member ON access.member_session (member_id, id)
WHERE revoked_at IS NULL;
CREATE INDEX member_session_device ON access.member_session (device_id)
WHERE revoked_at IS NULL;

-- A code that was sent to a phone; subject is the phone's keyed hash, as identities have it.
CREATE TABLE access.one_time_code (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  purpose text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  attempts smallint NOT NULL DEFAULT 0
);

CREATE INDEX one_time_code_subject ON access.one_time_code (subject, purpose, id);

GRANT SELECT, INSERT, UPDATE ON access.staff, access.recovery, access.invitation, access.session,
access.device, access.member_session TO tongbao_app;
GRANT DELETE ON access.recovery TO tongbao_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON access.guess, access.one_time_code TO tongbao_app;
GRANT SELECT, INSERT ON access.audit TO tongbao_app;
