"""Positions: who owes us and whom we owe, by window and counterparty, down to the claims."""

from typing import Any, Final, cast

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.alliance import organisations
from tongbao.alliance.organisations import OrganisationNotFound
from tongbao.clearing import explain as explaining
from tongbao.clearing import exposure, legs, settlements, windows
from tongbao.clearing.explain import Kind
from tongbao.clearing.types import Window
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.web import labels, lists, pages, who
from tongbao.web.called import names
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.who import MERCHANT, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "claim_queries.sql")

STATES: Final = {"waiting": mark("Not settled yet"), **labels.LEG_STATES}
WAYS: Final = {"paid": mark("Is paid to us"), "pay": mark("Is paid by us")}
WINDOWS: Final = Listing(
    name="windows",
    query=Q.windows,
    sort="-id",
    search=("id",),
    hint=mark("Number of the window"),
    dates="opened_at",
    choices=(Choice(name="state", title=mark("State"), values=STATES),),
    columns=(
        Column(
            name="id",
            title=mark("Window"),
            kind="id",
            sort=True,
            to=lambda row: f"/merchant/positions/{row['id']}",
        ),
        Column(name="net", title=mark("Owed to us (−: by us)"), kind="money", sort=True),
        Column(
            name="state",
            title=mark("State"),
            kind="state",
            says=STATES,
            to=lambda row: (
                f"/merchant/settlements/{row['settlement_id']}" if row["settlement_id"] else None
            ),
        ),
        Column(name="opened_at", title=mark("Opened"), kind="moment"),
        Column(name="closed_at", title=mark("Closed at"), kind="moment"),
    ),
    empty=mark("Nothing has moved your position yet"),
    advice=mark("It moves when points of others are spent here, or yours elsewhere."),
)
COUNTERPARTIES: Final = Listing(
    name="counterparties",
    query=Q.counterparties,
    sort="-net",
    search=("name", "code"),
    hint=mark("Name or code"),
    dates="last_at",
    columns=(
        lists.by_name(mark("Organisation"), lambda row: f"/merchant/counterparties/{row['id']}"),
        Column(name="due", title=mark("Owed to us"), kind="money", sort=True),
        Column(name="owed", title=mark("Owed by us"), kind="money", sort=True),
        Column(name="net", title=mark("Net"), kind="money", sort=True),
        Column(name="lately", title=mark("Of it not settled yet"), kind="money", sort=True),
        Column(name="last_at", title=mark("Last claim"), kind="date", sort=True),
    ),
    empty=mark("You have claims with nobody yet"),
    advice=mark("They arise when points of others are spent here, or yours elsewhere."),
)
WITH_ONE: Final = Listing(
    name="claims-by-window",
    query=Q.claims_by_window,
    sort="-id",
    search=("id",),
    hint=mark("Number of the window"),
    dates="opened_at",
    columns=(
        Column(
            name="id",
            title=mark("Window"),
            kind="id",
            sort=True,
            to=lambda row: f"/merchant/positions/{row['id']}",
        ),
        Column(name="due", title=mark("Owed to us"), kind="money", sort=True),
        Column(name="owed", title=mark("Owed by us"), kind="money", sort=True),
        Column(name="net", title=mark("Net"), kind="money", sort=True),
        Column(name="operations", title=mark("Operations"), kind="number", sort=True),
        Column(name="opened_at", title=mark("Opened"), kind="moment"),
    ),
    empty=mark("No claims with this organisation"),
    advice=mark("They arise when points of the one are spent at the other."),
)
CLAIMS: Final = Listing(
    name="claims",
    query=Q.operations_of_line,
    sort="-id",
    search=("organisation", "outlet"),
    hint=mark("Organisation or outlet"),
    dates="effective_at",
    columns=(
        Column(
            name="id",
            title=mark("Operation"),
            kind="id",
            sort=True,
            to=lambda row: f"/merchant/claims/{row['id']}",
        ),
        Column(name="kind", title=mark("Kind"), says=labels.OPERATIONS),
        Column(
            name="organisation", title=mark("Where"), second="outlet", second_title=mark("Outlet")
        ),
        Column(name="amount", title=mark("Owed to us (−: by us)"), kind="money", sort=True),
        Column(name="effective_at", title=mark("When"), kind="moment"),
    ),
    empty=mark("There is nothing behind this line"),
    advice=mark("Choose another line of the position."),
)
LINES: Final = Listing(
    name="lines",
    query=b"SELECT l.kind || '-' || coalesce(l.counterparty_id, 0) AS id, l.window_id, l.kind,"
    b" coalesce(l.counterparty_id, 0) AS other, coalesce(o.name, '') AS counterparty, l.operations,"
    b" l.amount, abs(l.amount) AS size FROM (" + explaining.LINES + b") AS l"
    b" LEFT JOIN alliance.organisation AS o ON l.counterparty_id = o.id",
    sort="-size",
    search=("counterparty", "kind"),
    hint=mark("What it is, or with whom"),
    undated="all are of one window",
    choices=(Choice(name="kind", title=mark("What"), values=labels.LINES),),
    columns=(
        Column(
            name="kind",
            title=mark("What"),
            says=labels.LINES,
            sort=True,
            to=lambda row: f"/merchant/positions/{row['window_id']}/{row['kind']}/{row['other']}",
        ),
        Column(name="counterparty", title=mark("With"), sort=True),
        Column(name="operations", title=mark("Operations"), kind="number", sort=True),
        Column(name="amount", title=mark("Owed to us (−: by us)"), kind="money", sort=True),
    ),
    empty=mark("Nothing moved it in this window"),
    advice=mark("It moves when points of others are spent here, or yours elsewhere."),
)
SETTLEMENTS: Final = Listing(
    name="settlements",
    query=Q.settlements,
    sort="-id",
    search=("id", "state", "way"),
    hint=mark("Number, state or direction"),
    dates="business_date",
    days=True,
    choices=(
        Choice(name="way", title=mark("Direction"), values=WAYS),
        Choice(name="state", title=mark("State"), values=labels.LEG_STATES),
    ),
    columns=(
        Column(
            name="business_date",
            title=mark("Business date"),
            kind="date",
            sort=True,
            to=lambda row: f"/merchant/settlements/{row['id']}",
        ),
        Column(name="id", title=mark("Settlement"), kind="id", sort=True),
        Column(name="way", title=mark("Direction"), says=WAYS),
        Column(name="amount", title=mark("Owed to us (−: by us)"), kind="money", sort=True),
        Column(name="paid", title=mark("Moved"), kind="money", sort=True),
        Column(name="state", title=mark("State"), kind="state", says=labels.LEG_STATES),
    ),
    empty=mark("Nothing has been settled yet"),
    advice=mark("The operator settles when the cycle of your contract is over."),
)


@get("/merchant/positions", opt=sees(*MERCHANT))
async def position_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show how the organisation stands, and its position window by window."""
    at, mine = clock.now(), who.of(request).organisation_id
    standing = await parts.read(request, lambda conn: exposure.of(conn, mine, at))
    values = {"organisation": mine}
    return await lists.show(request, "merchant/positions.html", WINDOWS, values, ex=standing)


@get("/merchant/counterparties", opt=sees(*MERCHANT))
async def counterparty_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List who owes us and whom we owe."""
    mine = {"organisation": who.of(request).organisation_id}
    (settled,) = await parts.read(
        request, lambda conn: conn.execute(Q.settled_through, mine).fetchone() or (0,)
    )
    values = mine | {"settled": settled}
    return await lists.show(request, "merchant/counterparties.html", COUNTERPARTIES, values)


@get("/merchant/counterparties/{other:int}", opt=sees(*MERCHANT))
async def counterparty_page(request: Request[Any, Any, Any], other: FromPath[int]) -> Response[Any]:
    """List the claims with one other organisation, window by window."""
    values = {"organisation": who.of(request).organisation_id, "other": other}

    def ask(conn: Connection) -> str:
        if conn.execute(Q.claims_by_window, values).fetchone() is None:
            raise OrganisationNotFound(organisation=other)
        return organisations.get(conn, other).name

    name = await parts.read(request, ask)
    return await lists.show(request, "merchant/counterparty.html", WITH_ONE, values, name=name)


@get("/merchant/positions/{window:int}", opt=sees(*MERCHANT))
async def position_page(request: Request[Any, Any, Any], window: FromPath[int]) -> Response[Any]:
    """Show what moved the position in a window, line by line; the lines add up to it."""
    mine = who.of(request).organisation_id
    values = {"organisation": mine, "after": window - 1, "through": window}

    def ask(conn: Connection) -> tuple[Window, int]:
        told = windows.get(conn, window)
        (net,) = conn.execute(Q.moved_in_window, values).fetchone() or (0,)
        return told, net

    told, net = await parts.read(request, ask)
    return await lists.show(
        request, "merchant/position.html", LINES, values, window=told, total=net
    )


@get("/merchant/positions/{window:int}/{kind:str}/{other:int}", opt=sees(*MERCHANT))
async def line_page(
    request: Request[Any, Any, Any],
    window: FromPath[int],
    kind: FromPath[str],
    other: FromPath[int],
) -> Response[Any]:
    """List the operations behind a line; ``other`` 0: between the organisation's own accounts."""
    mine = who.of(request).organisation_id
    values = explaining.values_of(mine, window, cast(Kind, kind), other or None)
    found = await parts.read(request, lambda conn: names(conn, [other]))
    return await lists.show(
        request,
        "merchant/line.html",
        CLAIMS,
        values,
        window=window,
        line=labels.LINES[kind],
        name=found.get(other, ""),
    )


@get("/merchant/settlements", opt=sees(*MERCHANT))
async def settlement_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what the organisation was paid, or paid."""
    mine = {"organisation": who.of(request).organisation_id}
    return await lists.show(request, "merchant/settlements.html", SETTLEMENTS, mine)


@get("/merchant/settlements/{settlement:int}", opt=sees(*MERCHANT))
async def settlement_page(
    request: Request[Any, Any, Any], settlement: FromPath[int]
) -> Response[str]:
    """Explain what the organisation is paid in a settlement, or pays, window by window."""
    mine = who.of(request).organisation_id

    def ask(conn: Connection) -> dict[str, Any]:
        legs.get(conn, settlement, mine)
        told = explaining.explain_leg(conn, settlement, mine)
        return {"told": told, "one": settlements.get(conn, settlement)}

    return pages.page(
        request,
        "merchant/settlement.html",
        states=labels.LEG_STATES,
        **await parts.read(request, ask),
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    position_list,
    position_page,
    line_page,
    counterparty_list,
    counterparty_page,
    settlement_list,
    settlement_page,
]
