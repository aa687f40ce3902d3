"""The closed list of ways in which an amount may move.

Every transfer is one of these, so that a row of the journal needs one small number to say its
unit and both account kinds, and nothing can be booked that has no name here. The table
``ledger.movement`` holds the same list for SQL.
"""

from enum import IntEnum
from typing import Final, NamedTuple

from tongbao.kernel.amounts import Unit


class M(IntEnum):
    """The movements by name; the numbers are stored and never change."""

    AWARD = 1
    AWARD_PENDING = 2
    RELEASE = 3
    CANCEL = 4
    REDEEM = 5
    HOLD = 6
    VOID = 7
    CAPTURE = 8
    RESTORE = 9
    CLAW_BACK = 10
    OWE = 11
    REPAY = 12
    GIFT = 13
    EXPIRE = 14
    ADJUST_UP = 15
    ADJUST_DOWN = 16
    MERGE_WALLET = 17
    MERGE_HELD = 18
    MERGE_PENDING = 19
    MERGE_OWING = 20
    FORFEIT = 21
    FORFEIT_PENDING = 22
    WRITE_OFF = 23

    CLAIM = 40
    CLAIM_RESERVE = 41
    COUNTERCLAIM = 42
    FUND = 44
    UNFUND = 45
    ACCEPTANCE_FEE = 46
    ACCEPTANCE_FEE_BACK = 47
    ISSUE_FEE = 48
    ISSUE_FEE_BACK = 49
    BREAKAGE = 50
    SHARE_LOSS = 51
    DISPUTE = 52
    FUND_PREPAID = 53
    UNFUND_PREPAID = 54
    REPAY_LOSS = 55
    DEPOSIT = 60
    WITHDRAW = 61
    PAY_IN = 62
    PAY_OUT = 63
    BUY_BLOCK = 64
    RETURN_BLOCK = 65
    CONTRIBUTE = 66
    RETURN_CONTRIBUTION = 67
    SET_FIRST_LOSS = 68
    RETURN_FIRST_LOSS = 69
    COVER_COLLATERAL = 70
    COVER_GUARANTEE = 71
    COVER_FIRST_LOSS = 72
    COVER_BLOCK = 73
    RECOVER = 74


class Movement(NamedTuple):
    """What one movement means: unit, the kinds it leaves and enters, and a sentence."""

    unit: Unit
    from_kind: str
    to_kind: str
    meaning: str


MOVEMENTS: Final[dict[M, Movement]] = {
    M.AWARD: Movement("PTS", "issued", "wallet", "an issuer gives points that can be spent"),
    M.AWARD_PENDING: Movement("PTS", "issued", "pending", "an issuer gives points for later"),
    M.RELEASE: Movement("PTS", "pending", "wallet", "pending points become spendable"),
    M.CANCEL: Movement("PTS", "pending", "issued", "pending points go back to their issuer"),
    M.REDEEM: Movement("PTS", "wallet", "issued", "spent points come home to their issuer"),
    M.HOLD: Movement("PTS", "wallet", "held", "points are set aside for a purchase"),
    M.VOID: Movement("PTS", "held", "wallet", "points set aside are free again"),
    M.CAPTURE: Movement("PTS", "held", "issued", "held points are spent and come home"),
    M.RESTORE: Movement("PTS", "issued", "wallet", "a refund gives spent points back"),
    M.CLAW_BACK: Movement("PTS", "wallet", "issued", "points earned on a refunded sale go back"),
    M.OWE: Movement("PTS", "owing", "owed", "points to claw back that the wallet lacked"),
    M.REPAY: Movement("PTS", "owed", "owing", "a new earning repays what was owed"),
    M.GIFT: Movement("PTS", "wallet", "wallet", "a member gives points to another"),
    M.EXPIRE: Movement("PTS", "wallet", "issued", "points of a lot past its date end"),
    M.ADJUST_UP: Movement("PTS", "issued", "wallet", "an approved adjustment adds points"),
    M.ADJUST_DOWN: Movement("PTS", "wallet", "issued", "an approved adjustment takes points"),
    M.MERGE_WALLET: Movement("PTS", "wallet", "wallet", "a merged membership's points move"),
    M.MERGE_HELD: Movement("PTS", "held", "held", "a merged membership's held points move"),
    M.MERGE_PENDING: Movement("PTS", "pending", "pending", "a merged one's pending points move"),
    M.MERGE_OWING: Movement("PTS", "owing", "owing", "a merged membership's debt moves"),
    M.FORFEIT: Movement("PTS", "wallet", "issued", "a closing member gives points up"),
    M.FORFEIT_PENDING: Movement("PTS", "pending", "issued", "a closing member's pending points"),
    M.WRITE_OFF: Movement("PTS", "owed", "owing", "a closing member's debt is written off"),
    M.CLAIM: Movement("CNY", "clearing", "clearing", "the issuer owes the redeemer"),
    M.CLAIM_RESERVE: Movement("CNY", "reserve", "clearing", "money set aside at issue pays it"),
    M.COUNTERCLAIM: Movement("CNY", "clearing", "clearing", "a refund: redeemer owes issuer"),
    M.FUND: Movement("CNY", "clearing", "reserve", "a prepaid issuer sets money aside"),
    M.UNFUND: Movement("CNY", "reserve", "clearing", "money set aside is free again"),
    M.ACCEPTANCE_FEE: Movement("CNY", "clearing", "fees", "the redeemer's fee on redemptions"),
    M.ACCEPTANCE_FEE_BACK: Movement("CNY", "fees", "clearing", "that fee, on a refund"),
    M.ISSUE_FEE: Movement("CNY", "clearing", "fees", "the issuer's fee on points given"),
    M.ISSUE_FEE_BACK: Movement("CNY", "fees", "clearing", "that fee, on points taken back"),
    M.BREAKAGE: Movement("CNY", "reserve", "breakage", "reserve of expired points, by contract"),
    M.SHARE_LOSS: Movement("CNY", "clearing", "clearing", "a loss is borne by a survivor"),
    M.DISPUTE: Movement("CNY", "clearing", "clearing", "a dispute is decided: one owes another"),
    M.FUND_PREPAID: Movement("CNY", "prepaid", "reserve", "a paid block covers new points"),
    M.UNFUND_PREPAID: Movement("CNY", "reserve", "prepaid", "that money is in the block again"),
    M.REPAY_LOSS: Movement("CNY", "clearing", "clearing", "a defaulter repays who bore its loss"),
    M.DEPOSIT: Movement("CNY", "bank", "collateral", "an organisation pays collateral in"),
    M.WITHDRAW: Movement("CNY", "collateral", "bank", "an organisation takes collateral out"),
    M.PAY_IN: Movement("CNY", "bank", "clearing", "a debtor pays its position in"),
    M.PAY_OUT: Movement("CNY", "clearing", "bank", "a creditor is paid its position"),
    M.BUY_BLOCK: Movement("CNY", "bank", "prepaid", "an issuer pays a block in advance"),
    M.RETURN_BLOCK: Movement("CNY", "prepaid", "bank", "what is left of a block is paid back"),
    M.CONTRIBUTE: Movement("CNY", "bank", "guarantee", "a share of the guarantee fund comes in"),
    M.RETURN_CONTRIBUTION: Movement("CNY", "guarantee", "bank", "that share is paid back"),
    M.SET_FIRST_LOSS: Movement("CNY", "bank", "first_loss", "the operator sets first loss aside"),
    M.RETURN_FIRST_LOSS: Movement("CNY", "first_loss", "bank", "the operator takes it back"),
    M.COVER_COLLATERAL: Movement("CNY", "collateral", "clearing", "it pays what a defaulter owes"),
    M.COVER_GUARANTEE: Movement("CNY", "guarantee", "clearing", "the fund pays for a defaulter"),
    M.COVER_FIRST_LOSS: Movement(
        "CNY", "first_loss", "clearing", "the operator pays for a defaulter"
    ),
    M.COVER_BLOCK: Movement(
        "CNY", "prepaid", "clearing", "what is left of a defaulter's block pays what it owes"
    ),
    M.RECOVER: Movement("CNY", "bank", "clearing", "a defaulter pays after all"),
}

SETTLEMENT: Final = frozenset(movement for movement in M if movement >= M.DEPOSIT)
"""Movements of money that was paid or set aside: they settle a window and are not in its net."""
