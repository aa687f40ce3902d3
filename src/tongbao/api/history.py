"""What happened, and what a member has: balances at any time, lots, operations explained."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from tongbao.access.keys import Caller
from tongbao.api import etags, listing, lookup, telling
from tongbao.api.caller import needs
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.members import seen
from tongbao.api.operations import balances
from tongbao.api.wire import PathId, Time
from tongbao.api.wire_members import BalancesAt, Explained, LotOut, OperationRow
from tongbao.hosting import parts
from tongbao.hosting.gathering import Gathering
from tongbao.kernel import clock, limits
from tongbao.kernel.db import Connection
from tongbao.members.lock import MemberNotFound
from tongbao.points import explain, statements
from tongbao.points.history import Listed, Wanted, listed
from tongbao.points.outcome import Balances
from tongbao.points.statements import Place, StatedLot

READ: Final = needs("points:read")
_OPERATIONS: Final = "operations"
_LOTS: Final = "lots"

Asked = tuple[int, int | None]
"""A member, and the organisation that asks; None for the operator."""

MemberId = Annotated[
    str | None, QueryParameter(pattern=r"^[1-9][0-9]{0,17}$", description="Of this member only.")
]
OutletCode = Annotated[
    str | None,
    QueryParameter(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="Of this outlet only."),
]
Reference = Annotated[
    str | None,
    QueryParameter(
        min_length=1, max_length=limits.NAME, description="With this reference only, a receipt."
    ),
]
Since = Annotated[Time | None, QueryParameter(description="In effect at this time or later.")]
Until = Annotated[Time | None, QueryParameter(description="In effect before this time.")]
At = Annotated[Time | None, QueryParameter(description="As it was then; else as it is.")]
Basis = Annotated[
    Literal["written", "effective"],
    QueryParameter(description="Which time counts: when it was written, or took effect."),
]


@get("/v1/members/{member_id:str}/balances", opt=READ)
async def balances_of(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    member_id: PathId,
    at: At = None,
    basis: Basis = "written",
) -> Response[BalancesAt]:
    """Show a member's balances as they are, or as they were at a time.

    By `basis=written` what was known here then; by `effective` what had taken effect in business,
    also if it was written later.
    """
    number, now = lookup.number(member_id), clock.now()
    if at is None:
        found = await _balances_now(request, caller, number)
    else:
        found = await parts.read(
            request, lambda conn: _balances_then(conn, caller, number, at, basis)
        )
    told = BalancesAt(member=member_id, at=at or now, basis=basis, balances=balances(found))
    return etags.answer(request, told)


async def _balances_now(
    request: Request[Any, Any, Any], caller: Caller, member_id: int
) -> Balances:
    """Give what is asked most, together with whoever else asks; refuses ``member-not-found``."""
    gathering: Gathering[Asked, Balances] = request.app.state.balances
    asked = member_id, None if caller.operator else caller.organisation_id
    found = (await gathering.find([asked])).get(asked)
    if found is None:
        raise MemberNotFound(member=member_id)
    return found


def _balances_then(
    conn: Connection,
    caller: Caller,
    member_id: int,
    at: datetime,
    basis: Literal["written", "effective"],
) -> Balances:
    seen(conn, caller, member_id)
    return statements.balances(conn, member_id, at, basis)


@get("/v1/members/{member_id:str}/lots", opt=READ)
async def lots_of(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    member_id: PathId,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[LotOut]:
    """List a member's open lots in the order in which they are spent."""
    number = lookup.number(member_id)
    after = listing.after(_LOTS, cursor, Place)  # type: ignore[arg-type]  # a tuple's type

    def ask(conn: Connection) -> list[StatedLot]:
        seen(conn, caller, number)
        return statements.lots(conn, number, after, limit + 1)

    rows = await parts.read(request, ask)
    return listing.page(
        _LOTS, rows, limit, telling.lot, lambda lot: (lot.expires_at, lot.earned_at, lot.id)
    )


@get("/v1/operations", opt=needs("points:read", 404))
async def operations(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    member: MemberId = None,
    outlet: OutletCode = None,
    reference: Reference = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[OperationRow]:
    """List operations, newest first, all that are yours or those of a member, outlet, receipt."""
    before = listing.after(_OPERATIONS, cursor, int)
    found = await lookup.find(request, caller, codes=[] if outlet is None else [outlet])
    at_outlet = None if outlet is None else found.place(outlet)
    organisation = None if caller.operator else caller.organisation_id
    wanted = Wanted(
        organisation=organisation if at_outlet is None else at_outlet.organisation,
        member=None if member is None else lookup.number(member),
        outlet=None if at_outlet is None else at_outlet.id,
        reference=reference,
        since=since,
        until=until,
    )

    def ask(conn: Connection) -> list[Listed]:
        if wanted.member is not None:
            seen(conn, caller, wanted.member)
        return listed(conn, wanted, before, limit + 1)

    rows = await parts.read(request, ask)
    return listing.page(_OPERATIONS, rows, limit, telling.row, lambda one: one.id)


@get("/v1/operations/{operation_id:str}", opt=READ)
async def operation(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    operation_id: PathId,
) -> Response[Explained]:
    """Explain an operation: what it moved and why, what followed, its place in the journal."""
    number = lookup.number(operation_id)

    def ask(conn: Connection) -> explain.Explanation:
        return explain.explain(conn, number, None if caller.operator else caller.organisation_id)

    return etags.answer(request, telling.explained(await parts.read(request, ask)))


ROUTES: Final[list[BaseRouteHandler]] = [balances_of, lots_of, operations, operation]
