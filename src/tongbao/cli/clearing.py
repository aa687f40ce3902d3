"""``tongbao clearing``: close the open window, look at windows, net them."""

from typing import Annotated

import typer

from tongbao.alliance import organisations
from tongbao.clearing import windows
from tongbao.clearing.report import Payments, Report, report
from tongbao.cli import net_pages, output, pages, session
from tongbao.kernel import limits
from tongbao.kernel.amounts import show as yuan
from tongbao.kernel.db import Connection

app = typer.Typer(add_completion=False)

WindowId = Annotated[int, typer.Argument(metavar="WINDOW", help="The window's number.")]


@app.callback()
def clearing() -> None:
    """Close windows and see who owes whom."""


@app.command()
def close(as_json: output.Json = False) -> None:
    """Close the open window; what is posted from now on is in the next one."""
    with session.open_session() as opened:
        with opened.conn.transaction():
            closed = windows.close(opened.conn, opened.at)
        opens = windows.current(opened.conn)
    if as_json:
        output.json({"closed": closed, "open": opens})
    else:
        output.line(f"window {closed.id} is closed, window {opens.id} is open")


@app.command("list")
def show_all(
    limit: Annotated[
        int, typer.Option(min=1, max=limits.PAGE, help="Windows shown, newest first.")
    ] = 20,
    as_json: output.Json = False,
) -> None:
    """List the newest windows."""
    with session.open_session() as opened:
        found = windows.newest(opened.conn, limit=limit)
        zone = opened.settings.time_zone
    if as_json:
        output.json({"windows": found})
        return
    output.table(
        "Windows",
        [">window", "opened", "closed"],
        [(w.id, *(pages.moment(at, zone) for at in (w.opened_at, w.closed_at))) for w in found],
    )


@app.command()
def show(
    window: WindowId,
    limit: Annotated[
        int, typer.Option(min=1, max=limits.PAGE, help="Positions and pairs shown.")
    ] = 20,
    as_json: output.Json = False,
) -> None:
    """Show a window: what is owed, what netting makes of it, the largest positions and pairs."""
    with session.open_session() as opened, opened.conn.transaction():
        opened.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        found = report(opened.conn, window, limit)
        if as_json:
            output.json(found)
        else:
            _print(opened.conn, found)


@app.command()
def net(
    window: WindowId,
    regional: Annotated[
        bool, typer.Option("--regional", help="By region first, then between regions.")
    ] = False,
    level: Annotated[
        str, typer.Option(help="What a region is: a province or a prefecture.")
    ] = "province",
    limit: Annotated[int, typer.Option(min=1, max=limits.BULK, help="Rows shown.")] = 20,
    as_json: output.Json = False,
) -> None:
    """Net a window: what each organisation receives or pays, fees and reserves included."""
    with session.open_session() as opened, opened.conn.transaction():
        opened.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        if regional:
            net_pages.regional(opened.conn, window, level, limit, as_json=as_json)
        else:
            net_pages.flat(opened.conn, window, limit, as_json=as_json)


def _print(conn: Connection, found: Report) -> None:
    window = found.window
    state = "closed" if window.closed_at else "open"
    output.table(
        f"Window {window.id}, {state}",
        ["paid", ">payments", ">yuan"],
        [
            ("claim by claim (gross)", *_cells(found.gross)),
            ("pair by pair (bilateral)", *_cells(found.bilateral)),
            ("all at once: paid in", *_cells(found.collections)),
            ("all at once: paid out", *_cells(found.payouts)),
            ("kept: reserves, fees, breakage", "", yuan(found.kept)),
        ],
    )
    codes: dict[int, str] = {}

    def code(organisation: int) -> str:
        if organisation not in codes:
            codes[organisation] = organisations.get(conn, organisation).code
        return codes[organisation]

    output.table(
        f"Positions: the {len(found.nets)} largest of {found.organisations}",
        ["organisation", ">receives", ">reserve", ">fees", ">breakage"],
        [
            (code(n.organisation_id), *map(yuan, (n.clearing, n.reserve, n.fees, n.breakage)))
            for n in found.nets
        ],
    )
    output.table(
        f"Pairs: the {len(found.pairs)} largest of {found.pairs_in_all}",
        ["owes", "to", ">owed", ">owed back", ">net", ">claims"],
        [
            (
                code(p.debtor), code(p.creditor), yuan(p.owed), yuan(p.owed_back), yuan(p.net),
                f"{p.claims:,}",
            )
            for p in found.pairs
        ],
    )  # fmt: skip


def _cells(payments: Payments) -> tuple[str, str]:
    return f"{payments.count:,}", yuan(payments.amount)
