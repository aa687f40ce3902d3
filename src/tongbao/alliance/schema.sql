-- alliance: who takes part, where their tills stand, and on what terms.

CREATE SCHEMA alliance;
GRANT USAGE ON SCHEMA alliance TO tongbao_app;

-- Taken anew whenever something changes that posting relies on: it keeps what it has read.
CREATE SEQUENCE alliance.version;
GRANT SELECT, USAGE ON SEQUENCE alliance.version TO tongbao_app;

-- A legal entity. Exactly one is the operator.
CREATE TABLE alliance.organisation (
  id bigint PRIMARY KEY DEFAULT nextval('kernel.owner_id'),
  code text NOT NULL UNIQUE,
  name text NOT NULL,
  role text NOT NULL,
  status text NOT NULL,
  registered_at timestamptz NOT NULL,
  CONSTRAINT organisation_role CHECK (role IN ('operator', 'merchant', 'partner', 'supplier')),
  CONSTRAINT organisation_status CHECK (
    status IN ('active', 'suspended', 'defaulted', 'closed')
  )
);

CREATE UNIQUE INDEX organisation_one_operator
ON alliance.organisation (role) WHERE role = 'operator';

CREATE TABLE alliance.brand (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organisation_id bigint NOT NULL REFERENCES alliance.organisation,
  name text NOT NULL,
  UNIQUE (organisation_id, name)
);

-- A mall, a resort, a street, or online; region is a GB/T 2260 code.
CREATE TABLE alliance.site (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text NOT NULL UNIQUE,
  name text NOT NULL,
  kind text NOT NULL,
  region text NOT NULL,
  CONSTRAINT site_kind CHECK (kind IN ('mall', 'resort', 'street', 'online'))
);

-- A format (cinema, hotel …) with its ISO 18245 merchant category code.
CREATE TABLE alliance.format (
  code text PRIMARY KEY,
  name text NOT NULL,
  mcc text NOT NULL
);

-- An outlet never changes its organisation: claims of years ago still name it.
CREATE TABLE alliance.outlet (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text NOT NULL UNIQUE,
  name text NOT NULL,
  organisation_id bigint NOT NULL REFERENCES alliance.organisation,
  brand_id bigint REFERENCES alliance.brand,
  site_id bigint NOT NULL REFERENCES alliance.site,
  format text NOT NULL REFERENCES alliance.format,
  open boolean NOT NULL DEFAULT TRUE
);

CREATE INDEX outlet_organisation ON alliance.outlet (organisation_id);

CREATE TABLE alliance.terminal (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  outlet_id bigint NOT NULL REFERENCES alliance.outlet,
  code text NOT NULL,
  active boolean NOT NULL DEFAULT TRUE,
  UNIQUE (outlet_id, code)
);

-- Terms from a day on; the version with the latest valid_from not after the business time rules.
-- Rates are parts per million. credit_limit null: this organisation's issuing is not bounded.
-- block null: its points are not paid for in advance. alert_at: shares of its limit, rising.
CREATE TABLE alliance.contract (
  organisation_id bigint NOT NULL REFERENCES alliance.organisation,
  valid_from timestamptz NOT NULL,
  earn_rate int NOT NULL,
  earn_step bigint NOT NULL,
  prepaid_share int NOT NULL,
  reimbursement int NOT NULL,
  acceptance_fee int NOT NULL,
  issue_fee int NOT NULL,
  redemption_share int NOT NULL,
  expiry_months int,
  breakage_to text NOT NULL,
  earn_on text NOT NULL,
  credit_limit bigint,
  written_at timestamptz NOT NULL,
  cycle text NOT NULL DEFAULT 'daily',
  block bigint,
  replenish_below bigint,
  alert_at int[] NOT NULL DEFAULT '{800000,950000}',
  PRIMARY KEY (organisation_id, valid_from),
  CONSTRAINT contract_rates CHECK (
    earn_rate BETWEEN 0 AND 1000000
    AND prepaid_share BETWEEN 0 AND 1000000
    AND reimbursement BETWEEN 0 AND 1000000
    AND acceptance_fee BETWEEN 0 AND 1000000
    AND issue_fee BETWEEN 0 AND 1000000
    AND redemption_share BETWEEN 0 AND 1000000
  ),
  CONSTRAINT contract_step CHECK (earn_step >= 1),
  CONSTRAINT contract_expiry CHECK (expiry_months IS NULL OR expiry_months BETWEEN 1 AND 1200),
  CONSTRAINT contract_breakage CHECK (breakage_to IN ('issuer', 'operator')),
  CONSTRAINT contract_earn_on CHECK (earn_on IN ('cash', 'total')),
  CONSTRAINT contract_credit CHECK (credit_limit IS NULL OR credit_limit >= 0),
  CONSTRAINT contract_cycle CHECK (cycle IN ('on_demand', 'daily', 'weekly', 'monthly')),
  CONSTRAINT contract_block CHECK (block IS NULL OR (block >= 1 AND prepaid_share > 0)),
  CONSTRAINT contract_replenish CHECK (
    replenish_below IS NULL OR (replenish_below >= 1 AND block IS NOT NULL)
  ),
  CONSTRAINT contract_alert CHECK (
    cardinality(alert_at) <= 8 AND 1 <= ALL(alert_at) AND 1000000 >= ALL(alert_at)
  )
);

CREATE TRIGGER contract_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON alliance.contract
FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();

GRANT SELECT, INSERT, UPDATE ON alliance.organisation, alliance.brand, alliance.site,
alliance.format, alliance.outlet, alliance.terminal TO tongbao_app;
GRANT SELECT, INSERT ON alliance.contract TO tongbao_app;
