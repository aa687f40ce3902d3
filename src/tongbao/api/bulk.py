"""Bulk over HTTP: many operations in one call, each for itself or all or none."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, Final

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from msgspec import Struct

from tongbao.access.keys import Caller
from tongbao.api import building, calls, lookup, operations
from tongbao.api.caller import needs
from tongbao.api.calls import Call
from tongbao.api.lookup import Found
from tongbao.api.problems import InternalError, refusal_as_problem, status_of
from tongbao.api.wire import MemberRef
from tongbao.api.wire_bulk import (
    AdviceItem,
    AwardItem,
    BulkIn,
    BulkOut,
    CancelItem,
    CaptureItem,
    GiftItem,
    HoldItem,
    Item,
    ItemOut,
    PurchaseItem,
    RefundItem,
    ReleaseItem,
    ReversalItem,
    VoidItem,
)
from tongbao.api.writes import Made, answered, keep, replayed, write
from tongbao.hosting import parts
from tongbao.kernel import clock, once
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, Refusal, Refused
from tongbao.points import early
from tongbao.points import operations as ops
from tongbao.points.check import Rules
from tongbao.points.outcome import Outcome
from tongbao.points.post import post as post_together
from tongbao.teller.handed import Result
from tongbao.teller.teller import Teller

_TOLD: Final = 100
"""Refused operations that the refusal of an atomic bulk names."""

_EXAMPLE: Final = {
    "mode": "independent",
    "operations": [
        {
            "kind": "award",
            "key": "till-7-000123",
            "member": {"card": "6200 0000 0001"},
            "outlet": "bj-01",
            "amount": {"value": 20000, "unit": "CNY"},
        }
    ],
}
_BUILD: Final[dict[type, Callable[[Call, Any, Found], ops.Operation]]] = {
    PurchaseItem: building.purchase,
    AwardItem: building.award,
    HoldItem: building.hold,
    AdviceItem: building.advice,
    GiftItem: building.gift,
    CaptureItem: lambda call, item, _: building.capture(call, item, item.hold),
    VoidItem: lambda call, item, _: building.void(call, item, item.hold),
    ReleaseItem: lambda call, item, _: building.release(call, item, item.award),
    CancelItem: lambda call, item, _: building.cancel(call, item, item.award),
    RefundItem: lambda call, item, _: building.refund(call, item),
    ReversalItem: lambda call, item, _: building.reversal(call, item),
}


class BulkRefused(Refused):
    code = "bulk-refused"
    text = "{refused} of these operations are refused, so none was posted"


class BulkMalformed(Malformed):
    code = "bulk-malformed"
    text = "{refused} of these operations make no sense, so none was posted"


class _Made(Struct, frozen=True):
    """One item: what it asks as a call of its own, and the operation, or why there is none."""

    call: Call
    kind: str
    op: ops.Operation | Refusal


@post(
    "/v1/bulk",
    status_code=200,
    opt=needs("points:write", example=_EXAMPLE),
)
async def bulk(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[BulkIn],
) -> Response[BulkOut]:
    """Post many operations, up to 1,000, each with a key of its own.

    `independent`: each for itself, answered as a call of its own would be. `atomic`: all in one
    transaction, or, if one of them is refused, none; the refusal names those that were.
    """
    call = calls.of(request, caller, data)
    if any(item.key == call.key for item in data.operations):
        raise once.KeyReused
    items = await _make(request, caller, call, data.operations)
    if data.mode == "atomic":
        teller = parts.of(request).teller
        return await write(request, caller, data, lambda conn: _together(conn, items, teller.rules))
    with calls.alone(request, call):
        before = await parts.read(request, lambda conn: replayed(conn, call))
        if before is not None:
            return before
        results = await _each(request, items)
        made = Made(body=_told(results), status=200)
        if any(one.status == 400 or one.status >= 500 for one in results):
            return answered(made)  # what is to be mended or asked again is asked with the same key
        return await parts.write(request, lambda conn: keep(conn, call, made))


async def _make(
    request: Request[Any, Any, Any], caller: Caller, call: Call, given: Sequence[Item]
) -> list[_Made]:
    """Build what can be built; all names are looked up at once."""
    refs = [ref for item in given for ref in _members(item)]
    codes = [code for item in given if (code := getattr(item, "outlet", None)) is not None]
    found = await lookup.find(request, caller, refs, codes)
    made = []
    for item in given:
        asked = ops.Asked(once.fingerprint(("bulk", item)), call.asked.request_id)
        own = Call(scope=call.scope, key=item.key, asked=asked)
        op: ops.Operation | Refusal
        try:
            op = _BUILD[type(item)](own, item, found)
        except Refusal as refusal:
            op = refusal
        made.append(_Made(own, str(item.__struct_config__.tag), op))
    return made


def _members(item: Item) -> list[MemberRef]:
    named = (getattr(item, "member", None), getattr(item, "to", None))
    return [ref for ref in named if ref is not None]


async def _each(request: Request[Any, Any, Any], items: Sequence[_Made]) -> list[ItemOut]:
    """Hand every operation to the teller; each is answered for itself."""
    shared = parts.of(request)
    handed = _hand_in(shared.teller, [one.op for one in items if not isinstance(one.op, Refusal)])
    missing = [
        (item, item.op)
        for item in items
        if isinstance(item.op, Refusal) and not isinstance(item.op, Malformed)
    ]
    early_ones: dict[str, Outcome] = {}
    if missing:
        at = clock.now()
        early_ones = await parts.write(request, lambda conn: _refuse(conn, missing, at))
    posted = await shared.crossing.of(handed)
    results = iter(posted)
    return [
        _item(item, early_ones.get(item.call.key, item.op))
        if isinstance(item.op, Refusal)
        else _item(item, next(results))
        for item in items
    ]


def _hand_in(teller: Teller, good: Sequence[ops.Operation]) -> "Future[Sequence[Result]]":
    """Hand in what could be built, all at once; what the teller refuses, it refuses of each."""
    try:
        return teller.submit_all(good)
    except Refusal as refusal:
        refused: Future[Sequence[Result]] = Future()
        refused.set_result([refusal] * len(good))
        return refused


def _refuse(
    conn: Connection, missing: Sequence[tuple[_Made, Refusal]], at: datetime
) -> dict[str, Outcome]:
    """Keep the refusals of what named somebody who is not there, like those of posting."""
    return {
        item.call.key: early.refuse(
            conn, item.call.scope, item.call.key, item.call.asked, item.kind, refusal, at
        )
        for item, refusal in missing
    }


def _together(conn: Connection, items: Sequence[_Made], rules: Rules) -> Made:
    """Post all operations in this transaction; refuse, and so undo, all if one is refused."""
    good = [item.op for item in items if not isinstance(item.op, Refusal)]
    outcomes = iter(post_together(conn, good, clock.now(), rules) if good else ())
    results = [
        _item(item, item.op if isinstance(item.op, Refusal) else next(outcomes)) for item in items
    ]
    bad = [one for one in results if one.problem is not None]
    if not bad:
        return Made(body=_told(results), status=200)
    told = [
        {"key": one.key, "code": one.problem.code, "detail": one.problem.detail}
        for one in bad[:_TOLD]
        if one.problem is not None
    ]
    kind = BulkMalformed if any(one.status == 400 for one in bad) else BulkRefused
    raise kind(refused=len(bad), operations=told)


def _item(item: _Made, result: Outcome | Exception) -> ItemOut:
    """Tell what became of one operation."""
    asked = item.call.asked.request_id
    if isinstance(result, Outcome) and result.refusal is None:
        return ItemOut(key=item.call.key, status=201, operation=operations.tell(result))
    if isinstance(result, Outcome):
        problem = operations.refused(result, asked)
    else:
        why = result if isinstance(result, Refusal) else InternalError()
        problem = refusal_as_problem(why, status_of(why.code, type(why)), asked)
    return ItemOut(key=item.call.key, status=problem.status, problem=problem)


def _told(results: Sequence[ItemOut]) -> BulkOut:
    posted = sum(one.operation is not None for one in results)
    return BulkOut(posted=posted, refused=len(results) - posted, operations=tuple(results))


ROUTES: Final[list[BaseRouteHandler]] = [bulk]
