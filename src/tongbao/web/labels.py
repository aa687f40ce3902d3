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

EXCEPTIONS: Final = {
    "advice": mark("Advice that could not be posted"),
    "headroom": mark("Headroom nearly used up"),
    "replenishment": mark("Block to be bought"),
    "risk-self-award": mark("Staff gave itself points"),
    "risk-favourite": mark("One member is favoured"),
    "risk-refund-cycle": mark("Points by refunds in a circle"),
    "till": mark("Till and records differ"),
    "dispute": mark("Dispute to decide"),
    "period-to-close": mark("Period to be closed"),
    "broken-law": mark("A law of the books is broken"),
    "bank-file-refused": mark("Bank file refused"),
    "bank-status": mark("Payment refused by the bank"),
    "bank-unknown": mark("Payment that fits nothing"),
    "bank-amount": mark("Payment of another amount"),
    "bank-duplicate": mark("Payment made twice"),
    "bank-returned": mark("Payment that came back"),
    "bank-unexpected": mark("Payment that nobody expected"),
    "bank-missing": mark("Payment that has not come"),
    "bank-gap": mark("Statement missing"),
    "bank-no-account": mark("No bank account known"),
}
"""Kinds of exception items; one that is not here is shown as it is."""

FACTS: Final = {
    "member": mark("Member"),
    "organisation": mark("Organisation"),
    "outlet": mark("Outlet"),
    "operation": mark("Operation"),
    "settlement": mark("Settlement"),
    "points": mark("Points"),
    "amount": mark("Amount"),
    "used": mark("Used"),
    "limit": mark("Limit"),
    "headroom": mark("Headroom"),
    "collateral": mark("Collateral"),
    "clearing": mark("Position"),
    "circulation": mark("In circulation"),
    "reserve": mark("Reserve"),
    "prepaid": mark("Left of the block"),
    "used_share": mark("Used of its limit"),
    "level": mark("Level"),
    "reason": mark("Reason"),
    "effective_at": mark("When"),
    "count": mark("Count"),
}
"""What an exception item says, by name."""

LOG: Final = {
    "sign-in": mark("Signed in"),
    "sign-in-refused": mark("Sign-in refused"),
    "member-sign-in": mark("Member signed in"),
    "member-sign-in-refused": mark("Member's sign-in refused"),
    "second-factor-set-up": mark("Second factor set up"),
    "second-factor-refused": mark("Second factor refused"),
    "recovery-code-used": mark("Recovery code used"),
    "sso-refused": mark("Single sign-on refused"),
    "staff-added": mark("Person added"),
    "staff-changed": mark("Person changed"),
    "staff-link": mark("Link made"),
    "outlet-added": mark("Outlet added"),
    "outlet-changed": mark("Outlet changed"),
    "terminal-added": mark("Terminal added"),
    "terminal-changed": mark("Terminal blocked or freed"),
    "member-looked-at": mark("Member looked at"),
    "member-lock": mark("Spending locked or freed"),
    "organisation-status": mark("Organisation's state changed"),
    "contract-signed": mark("Contract signed"),
    "settlement-proposed": mark("Settlement proposed"),
    "settlement-decided": mark("Settlement decided"),
    "payment-file-taken": mark("Payment file taken"),
    "exception-closed": mark("Exception closed"),
    "risk-decided": mark("Risk decided"),
    "device-revoked": mark("Device revoked"),
}
"""What people do, as the log names it."""
