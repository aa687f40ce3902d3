-- name: insert_organisation
-- Nothing on conflict, with the code or with the one operator: the caller says which it was.
INSERT INTO alliance.organisation (code, name, role, status, registered_at)
VALUES (%(code)s, %(name)s, %(role)s, 'active', %(at)s)
ON CONFLICT DO NOTHING
RETURNING id, code, name, role, status, registered_at;

-- name: get_organisation
SELECT id, code, name, role, status, registered_at FROM alliance.organisation WHERE id = %(id)s;

-- name: find_organisation
SELECT id, code, name, role, status, registered_at FROM alliance.organisation
WHERE code = %(code)s;

-- name: find_operator
SELECT id, code, name, role, status, registered_at FROM alliance.organisation
WHERE role = 'operator';

-- name: list_organisations
SELECT id, code, name, role, status, registered_at FROM alliance.organisation
WHERE id > %(after)s
ORDER BY id
LIMIT %(limit)s;

-- name: lock_organisation
-- Outlets and brands that refer to it may be added meanwhile; its status and contracts wait.
SELECT id, code, name, role, status, registered_at FROM alliance.organisation
WHERE id = %(id)s
FOR NO KEY UPDATE;

-- name: set_organisation_status
UPDATE alliance.organisation SET status = %(status)s
WHERE id = %(id)s
RETURNING id, code, name, role, status, registered_at;

-- name: rename_organisation
UPDATE alliance.organisation SET name = %(name)s
WHERE id = %(id)s
RETURNING id, code, name, role, status, registered_at;

-- name: insert_brand
INSERT INTO alliance.brand (organisation_id, name)
VALUES (%(organisation)s, %(name)s)
ON CONFLICT DO NOTHING
RETURNING id, organisation_id, name;

-- name: find_brand
SELECT id, organisation_id, name FROM alliance.brand
WHERE organisation_id = %(organisation)s AND name = %(name)s;

-- name: list_brands
SELECT id, organisation_id, name FROM alliance.brand
WHERE id > %(after)s AND (%(organisation)s::bigint IS NULL OR organisation_id = %(organisation)s)
ORDER BY id
LIMIT %(limit)s;

-- name: insert_site
INSERT INTO alliance.site (code, name, kind, region)
VALUES (%(code)s, %(name)s, %(kind)s, %(region)s)
ON CONFLICT DO NOTHING
RETURNING id, code, name, kind, region;

-- name: find_site
SELECT id, code, name, kind, region FROM alliance.site WHERE code = %(code)s;

-- name: get_site
SELECT id, code, name, kind, region FROM alliance.site WHERE id = %(site)s;

-- name: list_sites
SELECT id, code, name, kind, region FROM alliance.site
WHERE id > %(after)s
ORDER BY id
LIMIT %(limit)s;

-- name: insert_format
INSERT INTO alliance.format (code, name, mcc)
VALUES (%(code)s, %(name)s, %(mcc)s)
ON CONFLICT DO NOTHING
RETURNING code, name, mcc;

-- name: find_format
SELECT code, name, mcc FROM alliance.format WHERE code = %(code)s;

-- name: list_formats
SELECT code, name, mcc FROM alliance.format
WHERE code > %(after)s
ORDER BY code
LIMIT %(limit)s;

-- name: find_outlet_problem
-- Says what is wrong with the first outlet that cannot be added, before anything is written.
SELECT o.n, p.problem
FROM unnest(
  %(codes)s::text[], %(organisations)s::bigint[], %(brands)s::bigint[],
  %(sites)s::bigint[], %(formats)s::text[]
) WITH ORDINALITY AS o (code, organisation_id, brand_id, site_id, format, n)
LEFT JOIN alliance.outlet AS t ON o.code = t.code
LEFT JOIN alliance.organisation AS g ON o.organisation_id = g.id
LEFT JOIN alliance.site AS s ON o.site_id = s.id
LEFT JOIN alliance.format AS f ON o.format = f.code
LEFT JOIN alliance.brand AS b
  ON o.brand_id = b.id AND o.organisation_id = b.organisation_id
CROSS JOIN LATERAL (
  SELECT CASE
    WHEN t.id IS NOT NULL THEN 'code'
    WHEN g.id IS NULL THEN 'organisation'
    WHEN g.status = 'closed' THEN 'closed'
    WHEN s.id IS NULL THEN 'site'
    WHEN f.code IS NULL THEN 'format'
    WHEN o.brand_id IS NOT NULL AND b.id IS NULL THEN 'brand'
  END AS problem
) AS p
WHERE p.problem IS NOT NULL
ORDER BY o.n
LIMIT 1;

-- name: insert_outlets
-- In the order of the codes, so that two importers never wait for each other in a circle.
INSERT INTO alliance.outlet (code, name, organisation_id, brand_id, site_id, format)
SELECT o.code, o.name, o.organisation_id, o.brand_id, o.site_id, o.format
FROM unnest(
  %(codes)s::text[], %(names)s::text[], %(organisations)s::bigint[], %(brands)s::bigint[],
  %(sites)s::bigint[], %(formats)s::text[]
) AS o (code, name, organisation_id, brand_id, site_id, format)
ORDER BY o.code
ON CONFLICT DO NOTHING
RETURNING id, code, name, organisation_id, brand_id, site_id, format, open;

-- name: get_outlet
SELECT id, code, name, organisation_id, brand_id, site_id, format, open FROM alliance.outlet
WHERE id = %(id)s;

-- name: find_outlets
SELECT id, code, name, organisation_id, brand_id, site_id, format, open FROM alliance.outlet
WHERE code = ANY(%(codes)s::text[]);

-- name: list_outlets
SELECT id, code, name, organisation_id, brand_id, site_id, format, open FROM alliance.outlet
WHERE id > %(after)s AND (%(organisation)s::bigint IS NULL OR organisation_id = %(organisation)s)
ORDER BY id
LIMIT %(limit)s;

-- name: change_outlet
-- Nothing is changed where the brand is not one of its organisation.
UPDATE alliance.outlet AS o
SET name = %(name)s, brand_id = %(brand)s
WHERE
  o.id = %(id)s
  AND (
    %(brand)s::bigint IS NULL
    OR EXISTS (
      SELECT FROM alliance.brand AS b
      WHERE b.id = %(brand)s AND b.organisation_id = o.organisation_id
    )
  )
RETURNING id, code, name, organisation_id, brand_id, site_id, format, open;

-- name: set_outlet_open
UPDATE alliance.outlet SET open = %(open)s
WHERE id = %(id)s
RETURNING id, code, name, organisation_id, brand_id, site_id, format, open;

-- name: insert_terminal
INSERT INTO alliance.terminal (outlet_id, code)
VALUES (%(outlet)s, %(code)s)
ON CONFLICT DO NOTHING
RETURNING id, outlet_id, code, active;

-- name: find_terminal
SELECT id, outlet_id, code, active FROM alliance.terminal
WHERE outlet_id = %(outlet)s AND code = %(code)s;

-- name: list_terminals
SELECT id, outlet_id, code, active FROM alliance.terminal
WHERE outlet_id = %(outlet)s AND id > %(after)s
ORDER BY id
LIMIT %(limit)s;

-- name: set_terminal_active
UPDATE alliance.terminal SET active = %(active)s
WHERE outlet_id = %(outlet)s AND code = %(code)s
RETURNING id, outlet_id, code, active;

-- name: insert_contract
-- The organisation's row is locked, so nobody else adds a version after the latest was read.
INSERT INTO alliance.contract (
  organisation_id, valid_from, earn_rate, earn_step, prepaid_share, reimbursement, acceptance_fee,
  issue_fee, redemption_share, expiry_months, breakage_to, earn_on, credit_limit, cycle, block,
  replenish_below, alert_at, written_at
)
VALUES (
  %(organisation)s, %(valid_from)s, %(earn_rate)s, %(earn_step)s, %(prepaid_share)s,
  %(reimbursement)s, %(acceptance_fee)s, %(issue_fee)s, %(redemption_share)s, %(expiry_months)s,
  %(breakage_to)s, %(earn_on)s, %(credit_limit)s, %(cycle)s, %(block)s, %(replenish_below)s,
  %(alert_at)s::int[], %(at)s
);

-- name: contract_at
-- Columns after the first three are in the order of the fields of Terms.
SELECT organisation_id, valid_from, written_at, earn_rate, earn_step, prepaid_share, reimbursement,
  acceptance_fee, issue_fee, redemption_share, expiry_months, breakage_to, earn_on, credit_limit,
  cycle, block, replenish_below, alert_at
FROM alliance.contract
WHERE organisation_id = %(organisation)s AND valid_from <= %(moment)s
ORDER BY valid_from DESC
LIMIT 1;

-- name: contract_history
SELECT organisation_id, valid_from, written_at, earn_rate, earn_step, prepaid_share, reimbursement,
  acceptance_fee, issue_fee, redemption_share, expiry_months, breakage_to, earn_on, credit_limit,
  cycle, block, replenish_below, alert_at
FROM alliance.contract
WHERE organisation_id = %(organisation)s
ORDER BY valid_from;

-- name: next_version
SELECT nextval('alliance.version');
