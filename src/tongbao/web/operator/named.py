"""What the operator's pages call what only they show: proposals, disputes and their terms."""

from typing import Final

from tongbao.web import labels
from tongbao.web.words import mark

PROPOSALS: Final = {
    "collateral-deposit": mark("Collateral to be paid in"),
    "collateral-withdrawal": mark("Collateral to be given back"),
    "block-purchase": mark("Block to be bought by the issuer"),
    "block-return": mark("Block to be given back"),
    "contribute": mark("Contribution to the guarantee fund"),
    "return-contribution": mark("Contribution to be given back"),
    "set-first-loss": mark("First loss to be set aside"),
    "return-first-loss": mark("First loss to be given back"),
    "guarantee-cap": mark("Part and cap in the guarantee fund"),
    "guarantee-assess": mark("Assessment of the guarantee fund"),
    "bank-account": mark("Bank account"),
    "declare-default": mark("Declaration of a default"),
    "lift-default": mark("End of a default"),
    "reinstate": mark("Issuing again after a suspension"),
    "dispute": mark("End of a dispute"),
    "liability-estimate": mark("Estimate of breakage"),
}
"""Kinds of proposals; one that is not here is shown as it is."""

DECISIONS: Final = PROPOSALS | {
    "settlement": mark("Settlement"),
    "adjustment": mark("Adjustment of a member's points"),
}
"""Whatever one person proposes and another decides."""

WAYS: Final = {
    "member": "/operator/members/",
    "operation": "/operator/operations/",
    "hold": "/operator/operations/",
    "settlement": "/operator/settlements/",
    "dispute": "/operator/disputes/",
    "proposal": "/operator/proposals/",
    "report": "/operator/bank/reports/",
    "estimate": "/operator/liability#estimate-",
}
"""Where the pages of what facts are about are."""

MOVEMENTS: Final = labels.MOVEMENTS | {
    "release": mark("Points released"),
    "cancel": mark("Pending points taken back"),
    "hold": mark("Points held"),
    "void": mark("Held points freed"),
    "owe": mark("Points owed"),
    "repay": mark("Owed points repaid"),
    "gift": mark("Gift"),
    "adjust_up": mark("Points added by hand"),
    "adjust_down": mark("Points taken by hand"),
    "merge_wallet": mark("Points moved to the other membership"),
    "merge_held": mark("Held points moved to it"),
    "merge_pending": mark("Pending points moved to it"),
    "merge_owing": mark("Owed points moved to it"),
    "forfeit": mark("Points given up"),
    "forfeit_pending": mark("Pending points given up"),
    "write_off": mark("Owed points written off"),
    "breakage": mark("Reserve of expired points"),
    "share_loss": mark("Loss borne"),
    "dispute": mark("Dispute decided"),
    "repay_loss": mark("Loss repaid"),
    "deposit": mark("Collateral paid in"),
    "withdraw": mark("Collateral given back"),
    "pay_in": mark("Position paid in"),
    "pay_out": mark("Position paid out"),
    "buy_block": mark("Block bought"),
    "return_block": mark("Block given back"),
    "contribute": mark("Contribution to the fund"),
    "return_contribution": mark("Contribution given back"),
    "set_first_loss": mark("First loss set aside"),
    "return_first_loss": mark("First loss given back"),
    "cover_collateral": mark("Covered by its collateral"),
    "cover_guarantee": mark("Covered by the fund"),
    "cover_first_loss": mark("Covered by the first loss"),
    "cover_block": mark("Covered by its block"),
    "recover": mark("Paid by the defaulter after all"),
}
"""Every way in which an amount moves."""

ACCOUNTS: Final = {
    "wallet": mark("Wallet"),
    "held": mark("Held"),
    "pending": mark("Pending"),
    "owing": mark("Owing"),
    "issued": mark("In circulation"),
    "owed": mark("Owed by members"),
    "clearing": mark("Position"),
    "reserve": mark("Reserve"),
    "collateral": mark("Collateral"),
    "prepaid": mark("Prepaid block"),
    "guarantee": mark("Guarantee fund"),
    "bank": mark("Bank account"),
    "fees": mark("Fees"),
    "breakage": mark("Breakage"),
    "first_loss": mark("First loss"),
}
"""Kinds of accounts."""

PLACES: Final = {
    "mall": mark("Mall"),
    "resort": mark("Resort"),
    "street": mark("Street"),
    "online": mark("Online"),
}
"""Kinds of sites."""
