"""What the operator's pages call what only they show: proposals, disputes and their terms."""

from typing import Final

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

ENDS: Final = {
    "written-off": mark("Written off"),
    "corrected": mark("Corrected"),
    "no-fault": mark("Nothing was wrong"),
    "duplicate": mark("Dealt with elsewhere"),
    "other": mark("Otherwise"),
}
"""How somebody may close an exception item on its page."""

CLOSED_HOW: Final = ENDS | {
    "cleared": mark("Nothing was wrong"),
    "confirmed": mark("Confirmed"),
    "answered": mark("Answered"),
    "decided": mark("Decided"),
    "reconciled": mark("Reconciled"),
    "complete": mark("Complete again"),
    "instructed": mark("Instructed after all"),
    "below-level": mark("Below the level again"),
    "bought": mark("Bought"),
    "matched": mark("Matched"),
    "returned": mark("Sent back"),
    "paid": mark("Paid"),
    "closed": mark("Closed"),
    "reversed": mark("Called off"),
}
"""How items were closed, by a person or by what put them right."""

WAYS: Final = {
    "member": "/operator/members/",
    "operation": "/operator/operations/",
    "hold": "/operator/operations/",
    "settlement": "/operator/settlements/",
    "dispute": "/operator/disputes/",
    "proposal": "/operator/proposals/",
    "report": "/operator/bank/reports/",
}
"""Where the pages of what facts are about are."""
