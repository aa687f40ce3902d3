-- Lists of pairs go on where a page ended. A pair has two rows in a window, whoever sells how much,
-- so this grows with who deals with whom, not with sales; sums are updated without it.
CREATE INDEX claim_two ON ledger.claim (
  window_id, least(issuer_id, redeemer_id), greatest(issuer_id, redeemer_id)
);
