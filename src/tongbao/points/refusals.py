"""What the operations may be refused for; what lower packages refuse too is named here again."""

from tongbao.alliance.contracts import NoContract
from tongbao.alliance.organisations import OrganisationNotFound
from tongbao.alliance.outlets import OutletNotFound
from tongbao.kernel.errors import Conflict, Malformed, NotFound, Refused
from tongbao.kernel.lists import ListTooLong
from tongbao.kernel.once import KeyMalformed, KeyReused
from tongbao.kernel.texts import ChoiceMalformed, TextMalformed
from tongbao.members.lock import MemberMerged, MemberNotActive, MemberNotFound

__all__ = [
    "ChoiceMalformed",
    "KeyMalformed",
    "KeyReused",
    "ListTooLong",
    "MemberMerged",
    "MemberNotActive",
    "MemberNotFound",
    "NoContract",
    "OrganisationNotFound",
    "OutletNotFound",
    "TextMalformed",
]


class BatchEmpty(Malformed):
    code = "batch-empty"
    text = "a batch has at least one operation"


class FlagMalformed(Malformed):
    code = "flag-malformed"
    text = "{name} must be true or false"


class IdMalformed(Malformed):
    code = "id-malformed"
    text = "{name} must be a whole number from 1 to 2^63 - 1"


class TimeOutOfRange(Malformed):
    code = "time-out-of-range"
    text = "{name} is {time}; it must lie between {earliest} and {latest}"


class LinesMalformed(Malformed):
    code = "lines-malformed"
    text = "{reason}"


class ScopeMalformed(Malformed):
    code = "scope-malformed"
    text = "{reason}"


class QuoteNotFound(NotFound):
    code = "quote-not-found"
    text = "there is no quote {quote}"


class QuoteMismatch(Refused):
    code = "quote-mismatch"
    text = "quote {quote} is for another sale: member, outlet, amount and points must be the same"


class QuoteUsed(Refused):
    code = "quote-used"
    text = "quote {quote} was used by operation {operation}"


class QuoteExpired(Refused):
    code = "quote-expired"
    text = "quote {quote} was good until {expired}"


class SpendLocked(Refused):
    code = "spend-locked"
    text = "member {member} has locked spending"


class WalletDormant(Refused):
    code = "wallet-dormant"
    text = "member {member} has not been here since {since}; the wallet wakes by a proof"


class StepUpRequired(Refused):
    code = "step-up-required"
    text = "spending {points} points needs a proof of the member: {proof}"


class VelocityExceeded(Refused):
    code = "velocity-exceeded"
    text = "this {subject} may {measure} {most} {unit} a {span}; {used} are used until {resets_at}"


class OwnLimitExceeded(Refused):
    code = "own-limit-exceeded"
    text = "member {member} allows itself {most} points a day; {used} are used until {resets_at}"


class PaymentCodeUsed(Refused):
    code = "payment-code-used"
    text = "this payment code was used before; the phone shows a new one every minute"


class PaymentCodeExpired(Refused):
    code = "payment-code-expired"
    text = "this payment code is not of this minute; scan the one that the phone shows now"


class SameMember(Refused):
    code = "same-member"
    text = "giver and receiver are the same member {member}"


class OutletClosed(Refused):
    code = "outlet-closed"
    text = "outlet {outlet} is closed"


class OrganisationNotActive(Refused):
    code = "organisation-not-active"
    text = "organisation {organisation} is {status}"


class IssuerStopped(Refused):
    code = "issuer-stopped"
    text = "organisation {organisation} is {status} and may not issue points"


class HeadroomExceeded(Refused):
    code = "headroom-exceeded"
    text = "organisation {organisation} has headroom for {headroom} fen, {needed} are needed"


class PrepaidExhausted(Refused):
    code = "prepaid-exhausted"
    text = "organisation {organisation} has {left} fen left of its block, {needed} are needed"


class InsufficientPoints(Refused):
    code = "insufficient-points"
    text = "{wanted} wanted, {available} can be spent here"


class PointsExceedAmount(Refused):
    code = "points-exceed-amount"
    text = "{points} points for a bill of {amount}"


class TooManyLots(Refused):
    code = "too-many-lots"
    text = "this would touch more than {most} lots; ask for less at a time"


class OperationNotFound(NotFound):
    code = "operation-not-found"
    text = "there is no operation {operation}"


class NotRefundable(Refused):
    code = "not-refundable"
    text = "operation {operation} is a {kind}; it cannot be refunded"


class RefundExceedsSale(Refused):
    code = "refund-exceeds-sale"
    text = "line {line} has {left} fen left to refund, {wanted} are asked"


class LineNotFound(Refused):
    code = "line-not-found"
    text = "operation {operation} has no line {line}"


class NotReversible(Refused):
    code = "not-reversible"
    text = "a {kind} is not undone by a reversal"


class Reversed(Refused):
    code = "reversed"
    text = "this operation was reversed before it arrived"


class HoldNotFound(NotFound):
    code = "hold-not-found"
    text = "there is no hold {hold}"


class HoldClosed(Refused):
    code = "hold-closed"
    text = "hold {hold} has nothing left"


class HoldExpired(Refused):
    code = "hold-expired"
    text = "hold {hold} expired at {expired_at}"


class HoldNotExpired(Refused):
    code = "hold-not-expired"
    text = "hold {hold} is good until {expires_at}"


class HoldExceeded(Refused):
    code = "hold-exceeded"
    text = "hold {hold} has {remaining} left, {wanted} are asked"


class HoldCaptured(Refused):
    code = "hold-captured"
    text = "hold {hold} was captured before and has {remaining} left, {wanted} are asked"


class NotPending(Refused):
    code = "not-pending"
    text = "award {award} has no pending points"


class ReleaseTooEarly(Refused):
    code = "release-too-early"
    text = "award {award} is pending until {release_at}"


class AdjustmentNotFound(NotFound):
    code = "adjustment-not-found"
    text = "there is no proposal {proposal}"


class AdjustmentDecided(Refused):
    code = "adjustment-decided"
    text = "proposal {proposal} is already {state}"


class TwoPeopleNeeded(Refused):
    code = "two-people-needed"
    text = "whoever proposed an adjustment may not decide it"


class MemberHasPoints(Refused):
    code = "member-has-points"
    text = "member {member} has {points} points: give them to somebody or give them up"


class MemberHasHolds(Refused):
    code = "member-has-holds"
    text = "member {member} has {held} points in holds: capture or void them first"


class NoOpenWindow(Conflict):
    code = "no-open-window"
    text = "no clearing window is open"
