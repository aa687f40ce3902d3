-- ledger: the journal's largest key is written at its end. In the order of members every new
-- transfer had a page of its own to change, and the rate fell as the journal grew.

ALTER TABLE ledger.transfer DROP CONSTRAINT transfer_pkey;
ALTER TABLE ledger.transfer ADD PRIMARY KEY (operation_id, n, owner_id);
