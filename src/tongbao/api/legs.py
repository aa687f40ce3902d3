"""Legs of settlements over HTTP: instructed, booked, given up, explained down to the claims."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act, act_all, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.paging import pages
from tongbao.api.proposals import Whose
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Id, Money, PathId, Reason
from tongbao.clearing import booking, explain, legs, settlements
from tongbao.clearing.explain import Kind
from tongbao.clearing.types import Leg, LegState
from tongbao.kernel import limits
from tongbao.kernel.db import Connection

_LAST: Final = 2**31 - 1

READ: Final = everybody("clearing:read")
WRITE: Final = operators("clearing:write", status_code=200)
PATH: Final = "/v1/settlements/{settlement:str}/legs/{organisation:str}"

Reference = Annotated[
    str,
    Meta(min_length=1, max_length=limits.KEY, description="The bank's; the same one is once."),
]


class LegOut(Struct, frozen=True, kw_only=True):
    """What one organisation is paid in a settlement, or pays (``amount`` is negative then)."""

    settlement: Id
    organisation: Id
    through_window: int
    amount: Money
    paid: Money
    left: Money
    state: LegState
    attempt: int
    end_to_end_id: str


class LegLineOut(Struct, frozen=True, kw_only=True):
    """What one kind of thing with one counterparty did to a position; positive: owed to it."""

    kind: Kind
    counterparty: Id | None
    amount: Money
    operations: int


class PartOut(Struct, frozen=True, kw_only=True):
    """A window that a leg pays: how far it moved the position, and by which lines."""

    window: int
    amount: Money
    lines: list[LegLineOut]


class ExplanationOut(Struct, frozen=True, kw_only=True):
    """What a leg is made of; all of it adds up to the fen.

    ``carried_over``: what was left of the leg before, of settlement ``former``. ``otherwise``:
    what moved the position outside windows since.
    """

    leg: LegOut
    former: Id | None
    carried_over: Money
    otherwise: Money
    windows: list[PartOut]


class SingleOut(Struct, frozen=True, kw_only=True):
    """One operation behind a line; ``owner`` is its member, or the organisation."""

    operation: Id
    owner: Id
    kind: str
    written_at: datetime
    effective_at: datetime
    amount: Money


class BookIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount that the bank has moved."""

    amount: Money
    reference: Reference


class LegReturnIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount that came back, and why."""

    amount: Money
    reference: Reference
    reason: Reason


class LegReasonIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: Reason


@post("/v1/settlements/{settlement:str}/instruct", **WRITE)
async def instruct(
    request: Req, caller: Me, actor: Actor, settlement: PathId
) -> Response[Page[LegOut]]:
    """Note that the bank is told of an approved settlement; its legs are answered."""
    return await act_all(
        request, caller, actor, None, LegOut,
        lambda conn, at: settlements.instruct(conn, number(settlement), by=actor, at=at),
    )  # fmt: skip


@get("/v1/legs", **READ)
async def list_own(
    request: Req,
    caller: Me,
    organisation: Whose = None,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[LegOut]:
    """List the legs of one organisation, yours unless named, the newest settlement first."""
    who = reach.whose(caller, organisation) or caller.organisation_id
    return await pages(
        request, LegOut, cursor, limit, _LAST, lambda one: one.settlement_id,
        lambda conn, before, most: legs.of_organisation(conn, who, before=before, limit=most),
    )  # fmt: skip


@get("/v1/settlements/{settlement:str}/legs", **operators("clearing:read"))
async def list_legs(
    request: Req, settlement: PathId, cursor: Cursor = None, limit: Limit = ROWS
) -> Page[LegOut]:
    """List the legs of a settlement in the order of their organisations."""
    return await pages(
        request, LegOut, cursor, limit, 0, lambda one: one.organisation_id,
        lambda conn, after, most: settlements.legs_after(conn, number(settlement), after, most),
    )  # fmt: skip


@get(PATH, **READ)
async def get_leg(request: Req, caller: Me, settlement: PathId, organisation: PathId) -> LegOut:
    """Give an organisation's leg of a settlement."""
    who = reach.organisation(caller, organisation)
    return await show(request, LegOut, lambda conn: legs.get(conn, number(settlement), who))


@get(PATH + "/explanation", **READ)
async def explain_leg(
    request: Req, caller: Me, settlement: PathId, organisation: PathId
) -> ExplanationOut:
    """Explain a leg by windows and lines, with what was carried over."""
    who = reach.organisation(caller, organisation)
    return await show(
        request, ExplanationOut, lambda conn: explain.explain_leg(conn, number(settlement), who)
    )


@get("/v1/windows/{window:str}/organisations/{organisation:str}/claims", **READ)
async def list_singles(
    request: Req,
    caller: Me,
    window: PathId,
    organisation: PathId,
    kind: Annotated[Kind, QueryParameter(description="The kind of the line.")],
    counterparty: Annotated[
        str | None, QueryParameter(description="The other side of the line, if it has one.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[SingleOut]:
    """List the operations behind a line of an organisation's window, in their order."""
    who = reach.organisation(caller, organisation)
    other = None if counterparty is None else number(counterparty)
    return await pages(
        request, SingleOut, cursor, limit, 0, lambda one: one.operation_id,
        lambda conn, after, most: explain.singles(
            conn, who, number(window), kind, other, after=after, limit=most
        ),
    )  # fmt: skip


@post(PATH + "/book", **WRITE)
async def book(
    request: Req,
    caller: Me,
    actor: Actor,
    settlement: PathId,
    organisation: PathId,
    data: JSONBody[BookIn],
) -> Response[LegOut]:
    """Book by hand that the bank has moved an amount for a leg."""

    def do(conn: Connection, leg: tuple[int, int], at: datetime) -> Leg:
        amount = data.amount.value
        return booking.book(conn, *leg, amount, reference=data.reference, at=at, by=actor)

    return await _change(request, caller, actor, data, settlement, organisation, do)


@post(PATH + "/return", **WRITE)
async def return_payment(
    request: Req,
    caller: Me,
    actor: Actor,
    settlement: PathId,
    organisation: PathId,
    data: JSONBody[LegReturnIn],
) -> Response[LegOut]:
    """Book that an amount paid for a leg came back: it is in the position again."""

    def do(conn: Connection, leg: tuple[int, int], at: datetime) -> Leg:
        amount = data.amount.value
        return booking.return_payment(
            conn, *leg, amount, reference=data.reference, reason=data.reason, at=at, by=actor
        )

    return await _change(request, caller, actor, data, settlement, organisation, do)


@post(PATH + "/refuse", **WRITE)
async def refuse(
    request: Req,
    caller: Me,
    actor: Actor,
    settlement: PathId,
    organisation: PathId,
    data: JSONBody[LegReasonIn],
) -> Response[LegOut]:
    """Note that the bank refuses a leg; then instruct it again, or let it fail."""

    def do(conn: Connection, leg: tuple[int, int], at: datetime) -> Leg:
        return legs.reject_leg(conn, *leg, reason=data.reason, at=at, by=actor)

    return await _change(request, caller, actor, data, settlement, organisation, do)


@post(PATH + "/instruct", **WRITE)
async def instruct_again(
    request: Req, caller: Me, actor: Actor, settlement: PathId, organisation: PathId
) -> Response[LegOut]:
    """Instruct a refused leg once more, under a new end-to-end id."""

    def do(conn: Connection, leg: tuple[int, int], at: datetime) -> Leg:
        return legs.reinstruct_leg(conn, *leg, by=actor, at=at)

    return await _change(request, caller, actor, None, settlement, organisation, do)


@post(PATH + "/fail", **WRITE)
async def fail(
    request: Req,
    caller: Me,
    actor: Actor,
    settlement: PathId,
    organisation: PathId,
    data: JSONBody[LegReasonIn],
) -> Response[LegOut]:
    """Give a leg up: what is left of it is carried over to the next settlement."""

    def do(conn: Connection, leg: tuple[int, int], at: datetime) -> Leg:
        return legs.fail_leg(conn, *leg, by=actor, reason=data.reason, at=at)

    return await _change(request, caller, actor, data, settlement, organisation, do)


async def _change(
    request: Req,
    caller: Me,
    actor: str,
    data: object,
    settlement: str,
    organisation: str,
    do: Callable[[Connection, tuple[int, int], datetime], Leg],
) -> Response[Any]:
    leg = number(settlement), number(organisation)
    return await act(request, caller, actor, data, LegOut, lambda conn, at: do(conn, leg, at))


ROUTES: Final[list[BaseRouteHandler]] = [
    instruct, list_own, list_legs, get_leg, explain_leg, list_singles, book, return_payment,
    refuse, instruct_again, fail,
]  # fmt: skip
