"""What the closed lists of the domain are called on pages."""

from typing import Final

from tongbao.web.words import mark

ROLES: Final = {
    "admin": mark("Administrator"),
    "settlement": mark("Settlement"),
    "marketer": mark("Marketing"),
    "auditor": mark("Auditor"),
    "manager": mark("Manager"),
    "finance": mark("Finance"),
    "cashier": mark("Cashier"),
    "partner": mark("Partner"),
}
ORGANISATION_ROLES: Final = {
    "operator": mark("Operator"),
    "merchant": mark("Merchant"),
    "partner": mark("Partner"),
    "supplier": mark("Supplier"),
}
ORGANISATION_STATES: Final = {
    "active": mark("Active"),
    "suspended": mark("Suspended"),
    "defaulted": mark("In default"),
    "closed": mark("Closed"),
}
OPERATIONS: Final = {
    "award": mark("Award"),
    "purchase": mark("Purchase"),
    "hold": mark("Hold"),
    "capture": mark("Capture"),
    "void": mark("Void"),
    "expire_hold": mark("Hold expired"),
    "advice": mark("Advice"),
    "refund": mark("Refund"),
    "reversal": mark("Reversal"),
    "gift": mark("Gift"),
    "propose_adjustment": mark("Adjustment proposed"),
    "decide_adjustment": mark("Adjustment decided"),
    "expire_lots": mark("Points expired"),
    "release_pending": mark("Points released"),
    "cancel_pending": mark("Pending points taken back"),
    "merge": mark("Memberships merged"),
    "close": mark("Membership closed"),
    "settlement": mark("Settlement payment"),
    "dispute": mark("Dispute decided"),
    "deposit": mark("Collateral paid in"),
    "withdraw": mark("Collateral given back"),
    "buy_block": mark("Block bought"),
    "return_block": mark("Block given back"),
    "contribute": mark("Contribution to the fund"),
    "return_contribution": mark("Contribution given back"),
    "set_first_loss": mark("First loss set aside"),
    "return_first_loss": mark("First loss given back"),
    "default": mark("Default covered"),
    "recovery": mark("Loss repaid"),
}
"""Kinds of operations: those of points, then those of money."""

SETTLEMENT_STATES: Final = {
    "proposed": mark("Proposed"),
    "approved": mark("Approved"),
    "instructed": mark("At the bank"),
    "partly_paid": mark("Partly paid"),
    "settled": mark("Settled"),
    "failed": mark("Failed"),
    "rejected": mark("Rejected"),
}
LEG_STATES: Final = {
    "open": mark("Open"),
    "instructed": mark("At the bank"),
    "partly_paid": mark("Partly paid"),
    "paid": mark("Paid"),
    "rejected": mark("Rejected"),
    "failed": mark("Failed"),
    "dropped": mark("Dropped"),
}
MEMBER_STATES: Final = {
    "active": mark("Active"),
    "suspended": mark("Suspended"),
    "merged": mark("Merged"),
    "closed": mark("Closed"),
}
IDENTITIES: Final = {
    "phone": mark("Phone"),
    "card": mark("Card"),
    "external": mark("External id"),
}
LOTS: Final = {
    "earned": mark("earned"),
    "bought": mark("bought"),
    "goodwill": mark("goodwill"),
}
EXCEPTION_STATES: Final = {"open": mark("Open"), "closed": mark("Closed")}
PROPOSAL_STATES: Final = {
    "proposed": mark("Proposed"),
    "approved": mark("Approved"),
    "rejected": mark("Rejected"),
}
STAFF_STATES: Final = {
    "active": mark("Active"),
    "invited": mark("Invited"),
    "disabled": mark("Disabled"),
}
CYCLES: Final = {
    "on_demand": mark("on demand"),
    "daily": mark("daily"),
    "weekly": mark("weekly"),
    "monthly": mark("monthly"),
}
LOSS_STEPS: Final = {
    "own_credits": mark("Its own credits"),
    "own_block": mark("Its prepaid block"),
    "collateral": mark("Its collateral"),
    "own_guarantee": mark("Its share of the fund"),
    "first_loss": mark("The operator's first loss"),
    "guarantee": mark("The guarantee fund"),
    "mutual": mark("The other members"),
    "creditors": mark("Its creditors"),
    "operator": mark("The operator"),
}
