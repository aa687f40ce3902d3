-- joining: who wants to take part, and how far they have come.

CREATE SCHEMA joining;
GRANT USAGE ON SCHEMA joining TO tongbao_app;

-- What somebody applies with. digest: the hash of the secret in the applicant's link. name is the
-- one on the licence, credit_code as in GB 32100, region as in GB/T 2260, outlet the name of the
-- first one. account_*: where payouts go; collect: what is owed may be collected there, too. From
-- organisation_id on: what an accepted one became. begun_at: when what lets the manager in was
-- given. forgotten_at: contact and account are no longer here.
CREATE TABLE joining.application (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest bytea NOT NULL UNIQUE,
  state text NOT NULL DEFAULT 'submitted',
  name text NOT NULL,
  credit_code text COLLATE "C" NOT NULL,
  format text NOT NULL REFERENCES alliance.format,
  region text NOT NULL,
  outlet text NOT NULL,
  contact text NOT NULL,
  phone text COLLATE "C" NOT NULL,
  account_number text COLLATE "C" NOT NULL,
  account_name text NOT NULL,
  account_bic text,
  account_cnaps text,
  collect boolean NOT NULL,
  made_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  reason text,
  organisation_id bigint REFERENCES alliance.organisation,
  outlet_id bigint REFERENCES alliance.outlet,
  staff_id bigint REFERENCES access.staff,
  proposal_id bigint REFERENCES desk.proposal,
  begun_at timestamptz,
  forgotten_at timestamptz,
  CONSTRAINT application_state CHECK (state IN ('submitted', 'asked', 'accepted', 'refused')),
  CONSTRAINT application_decided CHECK (
    (state IN ('accepted', 'refused')) = (decided_by IS NOT NULL)
  ),
  CONSTRAINT application_refused CHECK (state <> 'refused' OR reason IS NOT NULL),
  CONSTRAINT application_accepted CHECK (
    (state = 'accepted') = (organisation_id IS NOT NULL)
    AND (state = 'accepted') = (outlet_id IS NOT NULL)
    AND (state = 'accepted') = (staff_id IS NOT NULL)
    AND (state = 'accepted') = (proposal_id IS NOT NULL)
  ),
  CONSTRAINT application_begun CHECK (begun_at IS NULL OR state = 'accepted')
);

CREATE INDEX application_credit_code ON joining.application (credit_code);
CREATE INDEX application_phone ON joining.application (phone);
CREATE INDEX application_to_forget ON joining.application (changed_at)
WHERE state IN ('asked', 'refused') AND forgotten_at IS NULL;

-- What was asked about an application, and what its applicant has answered.
CREATE TABLE joining.remark (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  application_id bigint NOT NULL REFERENCES joining.application,
  kind text NOT NULL,
  by text NOT NULL,
  at timestamptz NOT NULL,
  text text NOT NULL,
  CONSTRAINT remark_kind CHECK (kind IN ('question', 'answer'))
);

CREATE INDEX remark_application ON joining.remark (application_id, id);

GRANT SELECT, INSERT, UPDATE ON joining.application TO tongbao_app;
GRANT SELECT, INSERT ON joining.remark TO tongbao_app;
