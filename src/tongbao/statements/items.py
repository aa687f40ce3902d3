"""What a movement means to those it concerns: the line it becomes, and the account it changes.

A movement between two accounts is a line for each organisation at its ends; where money goes from
one account of an organisation to another, both are its own.
"""

from typing import Final, NamedTuple

from tongbao.ledger.movements import MOVEMENTS, SETTLEMENT, M

POINTS: Final = ("circulation", "owed_points")
"""Accounts in points; all others are in yuan."""

ACCOUNTS: Final = (
    "position",
    "circulation",
    "owed_points",
    "reserve",
    "prepaid",
    "collateral",
    "guarantee",
    "fees",
    "breakage",
    "first_loss",
)
"""The accounts of a statement, in its order; the columns of ``statements.closing``."""

KINDS: Final = {
    "issued": "circulation",
    "owed": "owed_points",
    "clearing": "position",
    "reserve": "reserve",
    "prepaid": "prepaid",
    "collateral": "collateral",
    "guarantee": "guarantee",
    "fees": "fees",
    "breakage": "breakage",
    "first_loss": "first_loss",
}
"""The account of a statement for each kind of account that organisations have, ``bank`` apart.

Circulation is what members hold of an issuer's points: the balance of ``issued`` with the sign
turned. ``bank`` is the world outside; what is paid there is in the lines of the other account.
"""

FEES: Final = ("acceptance_fees", "acceptance_fees_back", "issue_fees", "issue_fees_back")
"""Items that contain VAT."""


class Item(NamedTuple):
    """A line that a movement becomes: for who gives or who takes, and how it changes an account."""

    gives: bool
    account: str
    name: str
    sign: int


def _give(account: str, name: str) -> Item:
    return Item(True, account, name, 1 if account == "circulation" else -1)


def _take(account: str, name: str) -> Item:
    return Item(False, account, name, -1 if account == "circulation" else 1)


ITEMS: Final[dict[M, tuple[Item, ...]]] = {
    M.AWARD: (_give("circulation", "awarded"),),
    M.AWARD_PENDING: (_give("circulation", "awarded_for_later"),),
    M.CANCEL: (_take("circulation", "cancelled"),),
    M.CLAW_BACK: (_take("circulation", "clawed_back"),),
    M.OWE: (_take("owed_points", "owed"),),
    M.REPAY: (_give("owed_points", "repaid"),),
    M.WRITE_OFF: (_give("owed_points", "written_off"),),
    M.EXPIRE: (_take("circulation", "expired"),),
    M.ADJUST_UP: (_give("circulation", "adjusted_up"),),
    M.ADJUST_DOWN: (_take("circulation", "adjusted_down"),),
    M.FORFEIT: (_take("circulation", "forfeited"),),
    M.FORFEIT_PENDING: (_take("circulation", "forfeited"),),
    # The claim itself is in ledger.claim, whole; what the reserve paid of it comes off again.
    M.CLAIM_RESERVE: (
        Item(True, "position", "paid_from_reserve", 1),
        _give("reserve", "claims_paid"),
    ),
    M.FUND: (_give("position", "reserve_funded"), _take("reserve", "funded")),
    M.UNFUND: (_give("reserve", "released"), _take("position", "reserve_released")),
    M.ACCEPTANCE_FEE: (_give("position", "acceptance_fees"), _take("fees", "acceptance_fees")),
    M.ACCEPTANCE_FEE_BACK: (
        _give("fees", "acceptance_fees_back"),
        _take("position", "acceptance_fees_back"),
    ),
    M.ISSUE_FEE: (_give("position", "issue_fees"), _take("fees", "issue_fees")),
    M.ISSUE_FEE_BACK: (_give("fees", "issue_fees_back"), _take("position", "issue_fees_back")),
    M.BREAKAGE: (_give("reserve", "breakage"), _take("breakage", "breakage")),
    M.SHARE_LOSS: (_give("position", "loss_shared"), _take("position", "loss_borne_by_others")),
    M.REPAY_LOSS: (_give("position", "loss_repaid"), _take("position", "loss_given_back")),
    M.DISPUTE: (_give("position", "dispute_paid"), _take("position", "dispute_received")),
    M.FUND_PREPAID: (_give("prepaid", "reserve_funded"), _take("reserve", "funded_from_prepaid")),
    M.UNFUND_PREPAID: (
        _give("reserve", "released_to_prepaid"),
        _take("prepaid", "reserve_released"),
    ),
    M.DEPOSIT: (_take("collateral", "deposited"),),
    M.WITHDRAW: (_give("collateral", "withdrawn"),),
    M.PAY_IN: (_take("position", "paid_in"),),
    M.PAY_OUT: (_give("position", "paid_out"),),
    M.BUY_BLOCK: (_take("prepaid", "block_bought"),),
    M.RETURN_BLOCK: (_give("prepaid", "block_returned"),),
    M.CONTRIBUTE: (_take("guarantee", "contributed"),),
    M.RETURN_CONTRIBUTION: (_give("guarantee", "contribution_returned"),),
    M.SET_FIRST_LOSS: (_take("first_loss", "set_aside"),),
    M.RETURN_FIRST_LOSS: (_give("first_loss", "taken_back"),),
    M.COVER_COLLATERAL: (
        _give("collateral", "used_as_cover"),
        _take("position", "covered_by_collateral"),
    ),
    M.COVER_GUARANTEE: (
        _give("guarantee", "used_as_cover"),
        _take("position", "covered_by_guarantee"),
    ),
    M.COVER_FIRST_LOSS: (
        _give("first_loss", "used_as_cover"),
        _take("position", "covered_by_first_loss"),
    ),
    M.COVER_BLOCK: (_give("prepaid", "used_as_cover"), _take("position", "covered_by_block")),
    M.RECOVER: (_take("position", "recovered"),),
}
"""The lines of the movements that are summed as they are.

Redemptions and what refunds restore are summed with the organisation at which they happened
(``REDEEMED``), claims and counter-claims are kept by posting (``CLAIMED``); the others move points
between members.
"""

REDEEMED: Final = (M.REDEEM, M.CAPTURE, M.RESTORE)
CLAIMED: Final = (M.CLAIM, M.COUNTERCLAIM)
ONE_BY_ONE: Final = frozenset({M.SHARE_LOSS, M.REPAY_LOSS, M.DISPUTE}) | SETTLEMENT
"""Movements whose lines stand alone, with their operation."""

_CLAIMS: Final = ("claims_due", "counterclaims_owed", "claims_owed", "counterclaims_due")
_SPENT: Final = (
    "redeemed_here",
    "redeemed_elsewhere",
    "restored_here",
    "restored_elsewhere",
    "used_to_repay",
)

PLACES: Final = (
    *(("position", name) for name in _CLAIMS),
    *((item.account, item.name) for items in ITEMS.values() for item in items),
    *(("circulation", name) for name in _SPENT),
)
"""Every account and item that there can be a line of."""

ORDER: Final = {
    place: n for n, place in enumerate(sorted(PLACES, key=lambda place: ACCOUNTS.index(place[0])))
}
"""The place of each line in a statement: account by account."""


def concerned(movement: M) -> bool:
    """Say whether a movement touches an account that statements show."""
    rule = MOVEMENTS[movement]
    return rule.from_kind in KINDS or rule.to_kind in KINDS
