"""How exception items end: as somebody may close one, and as others are closed."""

from typing import Final

from tongbao.web.words import mark

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
