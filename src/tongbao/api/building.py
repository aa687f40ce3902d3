"""Build operations from what came over the wire, once it is known who and where that is."""

from collections.abc import Sequence
from typing import Any

from tongbao.api.calls import Call
from tongbao.api.lookup import Found, MemberAmbiguous, number
from tongbao.api.wire import (
    AdjustmentIn,
    AdviceIn,
    AwardIn,
    CaptureIn,
    Common,
    GiftIn,
    HoldIn,
    LineIn,
    PlainIn,
    PurchaseIn,
    RefundIn,
    ReversalIn,
)
from tongbao.points import operations as ops


def purchase(
    call: Call, data: PurchaseIn, found: Found, proof: ops.Proof | None = None
) -> ops.Operation:
    """Build a purchase; ``proof`` is what was checked of the member."""
    return ops.Purchase(
        member=found.member(data.member),
        outlet=found.outlet(data.outlet),
        amount=data.amount.value,
        points=data.points.value,
        up_to=data.up_to,
        lines=_lines(data.lines),
        quote=None if data.quote is None else number(data.quote),
        code=found.code(data.member),
        proof=proof,
        **_common(call, data),
    )


def award(call: Call, data: AwardIn, found: Found) -> ops.Operation:
    """Build an award."""
    return ops.Award(
        member=found.member(data.member),
        outlet=found.outlet(data.outlet),
        amount=data.amount.value,
        points=None if data.points is None else data.points.value,
        lines=_lines(data.lines),
        release_at=data.release_at,
        expires_at=data.expires_at,
        code=found.code(data.member),
        **_common(call, data),
    )


def hold(call: Call, data: HoldIn, found: Found, proof: ops.Proof | None = None) -> ops.Operation:
    """Build a hold; ``proof`` is what was checked of the member."""
    return ops.Hold(
        member=found.member(data.member),
        outlet=found.outlet(data.outlet),
        points=data.points.value,
        up_to=data.up_to,
        expires_at=data.expires_at,
        code=found.code(data.member),
        proof=proof,
        **_common(call, data),
    )


def advice(call: Call, data: AdviceIn, found: Found) -> ops.Operation:
    """Build an advice."""
    return ops.Advice(
        member=found.member(data.member),
        outlet=found.outlet(data.outlet),
        points=data.points.value,
        cash=data.cash.value,
        hold=None if data.hold is None else number(data.hold),
        lines=_lines(data.lines),
        code=found.code(data.member),
        **_common(call, data),
    )


def gift(call: Call, data: GiftIn, found: Found, proof: ops.Proof | None = None) -> ops.Operation:
    """Build a gift; refuses ``member-ambiguous`` for payment codes, which are good at tills."""
    if data.member.code is not None or data.to.code is not None:
        raise MemberAmbiguous
    return ops.Gift(
        member=found.member(data.member),
        to=found.member(data.to),
        points=data.points.value,
        proof=proof,
        **_common(call, data),
    )


def capture(call: Call, data: CaptureIn, hold_id: str) -> ops.Operation:
    """Build a capture of a hold."""
    return ops.Capture(
        hold=number(hold_id),
        points=data.points.value,
        cash=data.cash.value,
        final=data.final,
        lines=_lines(data.lines),
        **_common(call, data),
    )


def void(call: Call, data: PlainIn, hold_id: str) -> ops.Operation:
    """Build a void of a hold."""
    return ops.Void(hold=number(hold_id), **_common(call, data))


def release(call: Call, data: PlainIn, award_id: str) -> ops.Operation:
    """Build a release of a pending award."""
    return ops.ReleasePending(award=number(award_id), **_common(call, data))


def cancel(call: Call, data: PlainIn, award_id: str) -> ops.Operation:
    """Build a cancelling of a pending award."""
    return ops.CancelPending(award=number(award_id), **_common(call, data))


def refund(call: Call, data: RefundIn) -> ops.Operation:
    """Build a refund."""
    return ops.Refund(
        original=number(data.original),
        amount=None if data.amount is None else data.amount.value,
        lines=tuple(ops.RefundLine(one.id, one.amount.value) for one in data.lines),
        **_common(call, data),
    )


def reversal(call: Call, data: ReversalIn) -> ops.Operation:
    """Build a reversal."""
    return ops.Reversal(original_key=data.original_key, **_common(call, data))


def proposal(
    call: Call, data: AdjustmentIn, found: Found, organisation: int, by: str
) -> ops.Operation:
    """Build the proposal of an adjustment."""
    return ops.ProposeAdjustment(
        member=found.member(data.member),
        organisation=organisation,
        points=data.points.value,
        reason=data.reason,
        by=by,
        **_common(call, data),
    )


def decision(
    call: Call, data: PlainIn, adjustment: str, by: str, *, approve: bool
) -> ops.Operation:
    """Build the decision of an adjustment."""
    return ops.DecideAdjustment(
        proposal=number(adjustment), by=by, approve=approve, **_common(call, data)
    )


def _common(call: Call, data: Common) -> dict[str, Any]:
    """Give what every operation has, from the call and what it sent."""
    return {
        "key": call.key,
        "scope": call.scope,
        "asked": call.asked,
        "effective_at": data.effective_at,
        "channel": data.channel,
        "reference": data.reference,
        "campaign": data.campaign,
        "terminal": data.terminal,
        "staff": data.staff,
    }


def _lines(lines: Sequence[LineIn]) -> tuple[ops.Line, ...]:
    return tuple([ops.Line(one.id, one.amount.value, one.item, one.quantity) for one in lines])
