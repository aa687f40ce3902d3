"""``tongbao exposure``: how organisations stand against their limits and blocks."""

from heapq import nlargest
from typing import Annotated

import typer

from tongbao.clearing import exposure as standing
from tongbao.clearing.exposure import Exposure
from tongbao.cli import organisation as organisations
from tongbao.cli import output, session
from tongbao.kernel import limits
from tongbao.kernel.amounts import show as yuan

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def exposure() -> None:
    """See how organisations stand against their limits and blocks."""


@app.command("list")
def show_all(
    limit: Annotated[int, typer.Option(min=1, max=limits.PAGE, help="Organisations shown.")] = 50,
    alerted: Annotated[
        bool, typer.Option("--alerted", help="Only those at a level, or short of a block.")
    ] = False,
    as_json: output.Json = False,
) -> None:
    """List organisations, those that have used most of their limit first."""
    with session.open_session() as opened, opened.conn.transaction():
        opened.conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        everybody = standing.every(opened.conn, opened.at)
        wanted = (one for one in everybody if not alerted or one.level or one.wanted)
        found = nlargest(limit, wanted, key=_urgency)
    if as_json:
        output.json({"exposures": found})
        return
    output.table(
        "Exposure",
        [
            "organisation", "status", ">position", ">collateral", ">circulation", ">reserve",
            ">block", ">limit", ">used", ">headroom",
        ],
        [
            (
                one.code, one.status,
                *map(yuan, (one.clearing, one.collateral, one.circulation, one.reserve)),
                "-" if one.block is None else yuan(one.prepaid), _bound(one.limit),
                _share(one), _bound(one.headroom),
            )
            for one in found
        ],
    )  # fmt: skip


@app.command()
def show(
    organisation: Annotated[
        str, typer.Argument(metavar="ORGANISATION", help="The organisation's code or id.")
    ],
    as_json: output.Json = False,
) -> None:
    """Show how an organisation stands."""
    with session.open_session() as opened:
        who = organisations.find(opened.conn, organisation)
        found = standing.of(opened.conn, who, opened.at)
    if as_json:
        output.json(found)
        return
    rows = [
        ("position, negative is owed", yuan(found.clearing)),
        ("points in circulation", yuan(found.circulation)),
        ("set aside for them", yuan(found.reserve)),
        ("collateral", yuan(found.collateral)),
        ("guarantee fund", yuan(found.guarantee)),
        ("limit", _bound(found.limit)),
        ("used of it", f"{yuan(found.used)}, {_share(found)}"),
        ("headroom", _bound(found.headroom)),
        ("warned at", ", ".join(f"{level / 10_000:g} %" for level in found.levels) or "-"),
    ]
    if found.block is not None:
        rows.append(("left of its blocks", yuan(found.prepaid)))
        rows.append(("blocks to be bought", yuan(found.wanted)))
    output.table(f"{found.name} ({found.code}), {found.status}", ["", ">"], rows)


@app.command()
def alerts(as_json: output.Json = False) -> None:
    """Raise an exception item for each level that is reached, and end those that are not."""
    with session.open_session() as opened, opened.conn.transaction():
        done = standing.raise_alerts(opened.conn, opened.at)
    if as_json:
        output.json(done)
    else:
        output.line(f"{done.raised:,} alerts raised, {done.ended:,} ended")


def _urgency(one: Exposure) -> tuple[int, int, int]:
    share = -1 if one.used_share is None else one.used_share
    return share, one.wanted, -one.organisation_id


def _bound(amount: int | None) -> str:
    return "not bounded" if amount is None else yuan(amount)


def _share(one: Exposure) -> str:
    return "-" if one.used_share is None else f"{one.used_share / 10_000:.1f} %"
