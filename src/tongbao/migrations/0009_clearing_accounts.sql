-- ledger: accounts and movements of clearing: blocks paid in advance, the guarantee fund, the
-- operator's first loss, disputes.

ALTER TABLE ledger.account DROP CONSTRAINT account_kind;
ALTER TABLE ledger.account ADD CONSTRAINT account_kind CHECK (kind IN (
  'wallet', 'held', 'pending', 'owing', 'issued', 'owed', 'budget',
  'clearing', 'reserve', 'collateral', 'fees', 'breakage', 'bank',
  'prepaid', 'guarantee', 'first_loss'
));

ALTER TABLE ledger.account DROP CONSTRAINT account_floor;
ALTER TABLE ledger.account ADD CONSTRAINT account_floor CHECK (
  balance >= 0
  OR kind NOT IN (
    'wallet', 'held', 'pending', 'owed', 'budget', 'reserve', 'collateral',
    'prepaid', 'guarantee', 'first_loss'
  )
);

INSERT INTO ledger.movement (id, name, unit, from_kind, to_kind, meaning)
VALUES
  (51, 'share_loss', 'CNY', 'clearing', 'clearing', 'a loss is borne by a survivor'),
  (52, 'dispute', 'CNY', 'clearing', 'clearing', 'a dispute is decided: one owes another'),
  (53, 'fund_prepaid', 'CNY', 'prepaid', 'reserve', 'a paid block covers new points'),
  (54, 'unfund_prepaid', 'CNY', 'reserve', 'prepaid', 'that money is in the block again'),
  (64, 'buy_block', 'CNY', 'bank', 'prepaid', 'an issuer pays a block in advance'),
  (65, 'return_block', 'CNY', 'prepaid', 'bank', 'what is left of a block is paid back'),
  (66, 'contribute', 'CNY', 'bank', 'guarantee', 'a share of the guarantee fund comes in'),
  (67, 'return_contribution', 'CNY', 'guarantee', 'bank', 'that share is paid back'),
  (68, 'set_first_loss', 'CNY', 'bank', 'first_loss', 'the operator sets first loss aside'),
  (69, 'return_first_loss', 'CNY', 'first_loss', 'bank', 'the operator takes it back'),
  (70, 'cover_collateral', 'CNY', 'collateral', 'clearing', 'it pays what a defaulter owes'),
  (71, 'cover_guarantee', 'CNY', 'guarantee', 'clearing', 'the fund pays for a defaulter'),
  (72, 'cover_first_loss', 'CNY', 'first_loss', 'clearing', 'the operator pays for a defaulter');

-- Organisations that are there already get what new ones are opened with.
INSERT INTO ledger.account (owner_id, kind, unit)
SELECT o.id, k.kind, 'CNY'
FROM alliance.organisation AS o
CROSS JOIN (VALUES ('prepaid'), ('guarantee'), ('first_loss')) AS k (kind)
WHERE k.kind <> 'first_loss' OR o.role = 'operator';
