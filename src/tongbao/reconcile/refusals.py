"""What a till's file, a reconciliation or a dispute may be refused for."""

from tongbao.kernel.errors import Conflict, Malformed, NotFound, Refused


class TillFileUnknown(Malformed):
    code = "till-file-unknown"
    text = "{file} has neither the columns of lines nor those of totals; it has {found}"


class TillValueMalformed(Malformed):
    code = "till-value-malformed"
    text = "{field} is {given!r}, which is no {wanted}"


class DayMalformed(Malformed):
    code = "day-malformed"
    text = "{given!r} is not a business day that has begun"


class OutletElsewhere(Refused):
    code = "outlet-elsewhere"
    text = "outlet {outlet} is not of organisation {organisation}"


class ReconciliationNotFound(NotFound):
    code = "reconciliation-not-found"
    text = "there is no reconciliation {reconciliation}"


class DisputeNotFound(NotFound):
    code = "dispute-not-found"
    text = "there is no dispute {dispute}"


class DisputeExists(Conflict):
    code = "dispute-exists"
    text = "this was disputed before: dispute {dispute}, {state}"


class DisputeNothing(Refused):
    code = "dispute-nothing"
    text = "operation {operation} left nothing of the kind {kind} between these two"


class DisputeExceedsClaim(Refused):
    code = "dispute-exceeds-claim"
    text = "{wanted} fen are disputed of {most}"


class DisputeTooLate(Refused):
    code = "dispute-too-late"
    text = "operation {operation} is older than {days} days"


class DisputeState(Conflict):
    code = "dispute-state"
    text = "dispute {dispute} is {state}"


class DisputeSide(Refused):
    code = "dispute-side"
    text = "organisation {organisation} is not the one that answers dispute {dispute}"


class DisputeUnanswered(Refused):
    code = "dispute-unanswered"
    text = "dispute {dispute} may still be answered until {until}"


class DisputeProposed(Conflict):
    code = "dispute-proposed"
    text = "proposal {proposal} about dispute {dispute} is not decided yet"
