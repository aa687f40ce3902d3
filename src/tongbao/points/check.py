"""Check an operation by itself: what makes no sense is malformed.

Nothing is remembered of a malformed request; the caller mends it and may use the same key. Form is
checked before anything is read. Times are held against the server's once the key is known to be
new: a request that was good when it first came is answered again however late it is repeated.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

from msgspec import Struct

from tongbao.alliance import regions
from tongbao.kernel import limits, once, texts
from tongbao.kernel.amounts import AmountOutOfRange
from tongbao.points import operations as ops
from tongbao.points import refusals
from tongbao.points.detail import WHOLE_SALE

_ID_MAX: Final = 2**63 - 1
_INSTANT: Final = timedelta(microseconds=1)


class Rules(Struct, frozen=True, kw_only=True):
    """What a door allows: how old a business time may be (none: as old as history goes).

    ``zone`` is the alliance's time zone, for business days. A wallet sleeps after ``dormant``
    without its member (none: never).
    """

    past: timedelta | None = timedelta(days=35)
    dormant: timedelta | None = None
    zone: str = "Asia/Shanghai"


def check(op: ops.Operation) -> None:
    """Refuse an operation that is malformed whatever the books and the clock say."""
    once.check(op.key)
    _id("scope", op.scope)
    _instant("effective_at", op.effective_at)
    for name in ("channel", "reference", "campaign", "terminal", "staff"):
        _text(name, getattr(op, name), limits.NAME)
    _CHECKS[type(op)](op)


def check_times(op: ops.Operation, at: datetime, rules: Rules) -> None:
    """Refuse times that lie too far from the server's time ``at``."""
    if op.effective_at is not None:
        earliest = limits.EARLIEST if rules.past is None else at - rules.past
        _time("effective_at", op.effective_at, earliest, at + limits.AHEAD)
    if isinstance(op, ops.Award):
        earned_at = op.effective_at or at
        _time("release_at", op.release_at, limits.EARLIEST, at + limits.LOT)
        _time("expires_at", op.expires_at, earned_at + _INSTANT, at + limits.LOT)
    elif isinstance(op, ops.Hold):
        _time("expires_at", op.expires_at, at + _INSTANT, at + limits.HOLD)


def _amount(name: str, value: Any, least: int = 0) -> None:
    if type(value) is not int or not least <= value <= limits.AMOUNT:
        raise AmountOutOfRange(name=name, amount=_shown(value), least=least, most=limits.AMOUNT)


def _shown(value: Any) -> int | str:
    """Give what was sent for an amount as a refusal may say it, however large or strange."""
    if type(value) is not int:
        return repr(value)[:40]
    return value if value.bit_length() < 64 else f"a number of {value.bit_length()} bits"


def _flag(name: str, value: Any) -> None:
    if type(value) is not bool:
        raise refusals.FlagMalformed(name=name)


def _list(name: str, value: Any, kind: type) -> None:
    if not isinstance(value, tuple | list) or not all(isinstance(one, kind) for one in value):
        raise refusals.LinesMalformed(reason=f"{name} is not a list of what it should be")


def _id(name: str, value: Any) -> None:
    if type(value) is not int or not 0 < value <= _ID_MAX:
        raise refusals.IdMalformed(name=name)


def _instant(name: str, value: Any) -> None:
    if value is not None and (not isinstance(value, datetime) or value.tzinfo is None):
        shown = value.isoformat() if isinstance(value, datetime) else repr(value)[:40]
        raise refusals.TimeOutOfRange(
            name=name,
            time=shown,
            earliest=limits.EARLIEST.isoformat(),
            latest=datetime.max.replace(tzinfo=UTC).isoformat(),
        )


def _time(name: str, value: datetime | None, earliest: datetime, latest: datetime) -> None:
    if value is not None and not earliest <= value <= latest:
        raise refusals.TimeOutOfRange(
            name=name,
            time=value.isoformat(),
            earliest=earliest.isoformat(),
            latest=latest.isoformat(),
        )


def _text(name: str, value: Any, most: int, *, needed: bool = False) -> None:
    """Take texts as they are; kernel/texts.py says which ones, here without trimming them."""
    if value is None and not needed:
        return
    if not isinstance(value, str) or texts.line(name, value, most) != value:
        raise texts.TextMalformed(name=name, most=most)


def _lines(lines: tuple[ops.Line, ...], amount: int) -> None:
    _list("lines", lines, ops.Line)
    if not lines:
        return
    if len(lines) > limits.LINES:
        raise refusals.LinesMalformed(reason=f"a sale has at most {limits.LINES} lines")
    total = 0
    for line in lines:
        _text("line id", line.id, limits.NAME, needed=True)
        _text("item", line.item, limits.NAME)
        _amount("line amount", line.amount)
        _amount("quantity", line.quantity, 1)
        total += line.amount
    if any(line.id == WHOLE_SALE for line in lines):
        raise refusals.LinesMalformed(reason=f"{WHOLE_SALE} is the id of a sale without lines")
    if len({line.id for line in lines}) != len(lines):
        raise refusals.LinesMalformed(reason="two lines have the same id")
    if total != amount:
        raise refusals.LinesMalformed(reason=f"the lines sum to {total}, the sale is {amount}")


def _award(op: ops.Award) -> None:
    _id("member", op.member)
    _id("outlet", op.outlet)
    _amount("amount", op.amount)
    if op.points is not None:
        _amount("points", op.points)
    _instant("release_at", op.release_at)
    _instant("expires_at", op.expires_at)
    _lines(op.lines, op.amount)
    texts.choice("lot_kind", str(op.lot_kind), ("earned", "bought", "goodwill"))
    if op.limited_to is not None:
        _scope(op.limited_to)
    _code(op.code)


def _scope(scope: Any) -> None:
    if not isinstance(scope, ops.Scope):
        raise refusals.ScopeMalformed(reason="a scope has regions, formats and organisations")
    parts = (scope.regions, scope.formats, scope.organisations)
    if not all(isinstance(part, tuple | list) for part in parts):
        raise refusals.ScopeMalformed(reason="a scope is of lists")
    if not (scope.regions or scope.formats or scope.organisations):
        raise refusals.ScopeMalformed(reason="a scope names a region, a format or an organisation")
    if max(map(len, (scope.regions, scope.formats, scope.organisations))) > limits.LINES:
        raise refusals.ScopeMalformed(reason=f"a scope names at most {limits.LINES} of each")
    for region in scope.regions:
        _text("region", region, limits.CODE, needed=True)
        regions.check(region)
    for code in scope.formats:
        _text("format", code, limits.NAME, needed=True)
    for organisation in scope.organisations:
        _id("organisation", organisation)


def _code(code: Any) -> None:
    if code is not None:
        _id("device", code.device)
        _id("step", code.step)


def _proof(proof: Any) -> None:
    if proof is not None:
        texts.choice("proof", str(proof), get_args(ops.Proof))


def _purchase(op: ops.Purchase) -> None:
    _id("member", op.member)
    _id("outlet", op.outlet)
    _amount("amount", op.amount, 1)
    _amount("points", op.points)
    _flag("up_to", op.up_to)
    _lines(op.lines, op.amount)
    _code(op.code)
    _proof(op.proof)
    if op.quote is not None:
        _id("quote", op.quote)


def _hold(op: ops.Hold) -> None:
    _id("member", op.member)
    _id("outlet", op.outlet)
    _amount("points", op.points, 1)
    _instant("expires_at", op.expires_at)
    _flag("up_to", op.up_to)
    _code(op.code)
    _proof(op.proof)


def _capture(op: ops.Capture) -> None:
    _id("hold", op.hold)
    _amount("points", op.points)
    _amount("cash", op.cash)
    _amount("points + cash", op.points + op.cash, 1)
    _flag("final", op.final)
    _lines(op.lines, op.points + op.cash)


def _by_hold(op: ops.Void | ops.ExpireHold) -> None:
    _id("hold", op.hold)


def _advice(op: ops.Advice) -> None:
    _id("member", op.member)
    _id("outlet", op.outlet)
    if op.hold is not None:
        _id("hold", op.hold)
    _amount("points", op.points, 1)
    _amount("cash", op.cash)
    _amount("points + cash", op.points + op.cash, 1)
    _lines(op.lines, op.points + op.cash)
    _code(op.code)


def _refund(op: ops.Refund) -> None:
    _id("original", op.original)
    if op.amount is not None:
        _amount("amount", op.amount, 1)
        if op.lines:
            raise refusals.LinesMalformed(reason="a refund is by lines or by amount, not both")
    _list("lines", op.lines, ops.RefundLine)
    if len(op.lines) > limits.LINES:
        raise refusals.LinesMalformed(reason=f"a refund has at most {limits.LINES} lines")
    for line in op.lines:
        _text("line id", line.id, limits.NAME, needed=True)
        _amount("line amount", line.amount, 1)


def _reversal(op: ops.Reversal) -> None:
    once.check(op.original_key)
    if op.original_key == op.key:
        raise refusals.KeyMalformed(most=limits.KEY)


def _gift(op: ops.Gift) -> None:
    _id("member", op.member)
    _id("to", op.to)
    _amount("points", op.points, 1)
    _proof(op.proof)


def _propose(op: ops.ProposeAdjustment) -> None:
    _id("member", op.member)
    _id("organisation", op.organisation)
    _amount("points", abs(op.points) if type(op.points) is int else op.points, 1)
    _text("reason", op.reason, limits.TEXT, needed=True)
    _text("by", op.by, limits.NAME, needed=True)


def _decide(op: ops.DecideAdjustment) -> None:
    _id("proposal", op.proposal)
    _flag("approve", op.approve)
    _text("by", op.by, limits.NAME, needed=True)


def _of_member(op: ops.ExpireLots) -> None:
    _id("member", op.member)


def _of_award(op: ops.ReleasePending | ops.CancelPending) -> None:
    _id("award", op.award)


def _merge(op: ops.Merge) -> None:
    _id("member", op.member)
    _id("into", op.into)


def _close(op: ops.Close) -> None:
    _id("member", op.member)
    _flag("forfeit", op.forfeit)
    if op.give_to is not None:
        _id("give_to", op.give_to)


_CHECKS: Final[dict[type, Callable[[Any], None]]] = {
    ops.Award: _award,
    ops.Purchase: _purchase,
    ops.Hold: _hold,
    ops.Capture: _capture,
    ops.Void: _by_hold,
    ops.ExpireHold: _by_hold,
    ops.Advice: _advice,
    ops.Refund: _refund,
    ops.Reversal: _reversal,
    ops.Gift: _gift,
    ops.ProposeAdjustment: _propose,
    ops.DecideAdjustment: _decide,
    ops.ExpireLots: _of_member,
    ops.ReleasePending: _of_award,
    ops.CancelPending: _of_award,
    ops.Merge: _merge,
    ops.Close: _close,
}
