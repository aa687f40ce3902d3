"""``tongbao demo``: a made-up alliance lives through a month, and what happened is shown."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
import typer

from tongbao.cli import demo_pages, output, pages, settled_pages
from tongbao.cli.sandboxed import Sandbox, open_sandbox
from tongbao.kernel.amounts import show
from tongbao.ledger.verify import Report
from tongbao.points.explain import Explanation, as_data, explain
from tongbao.points.statements import Statement, statement
from tongbao.sandbox import (
    alliance,
    applying,
    console,
    month,
    people,
    picture,
    settled_day,
    story,
    traffic,
)
from tongbao.sandbox.month import Month
from tongbao.sandbox.picture import Closed, Picture
from tongbao.sandbox.settled_day import SettledDay
from tongbao.upkeep import verifications

app = typer.Typer(add_completion=False)

DATABASE: Final = "tongbao_demo"
_MEMBERS: Final = 2_000
_TOP: Final = 14
_PARTIES: Final = 8
_COLUMNS: Final = 5
_BROKEN: Final = 1


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the demo shows."""

    month: Month
    picture: Picture
    settled: SettledDay
    statement: Statement
    explanation: Explanation
    report: Report


@app.command()
def demo(
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another month.")] = 2026,
    members: Annotated[int, typer.Option(min=100, max=20_000, help="How many.")] = _MEMBERS,
    database: Annotated[
        str, typer.Option(help="The sandbox to make anew, beside the real database.")
    ] = DATABASE,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where its files go; emptied first. Unset: demo in the data folder."),
    ] = None,
    serve: Annotated[
        bool | None,
        typer.Option("--serve/--no-serve", help="Serve its pages afterwards; unset: if watched."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port of its pages; 0: a free one.")
    ] = 8080,
    as_json: output.Json = False,
) -> None:
    """Build a made-up alliance, let it live through a month, settle its last day, verify the laws.

    Works in a database of its own; the real one is not touched. The same seed gives the same
    month, to the last id, and the same files, to the byte. Exits with 1 when a law is broken.
    In a terminal it goes on and serves the alliance's pages until Ctrl-C.
    """
    with open_sandbox(database, month.FIRST) as sandbox:
        where = sandbox.settings.data_dir / "demo" if folder is None else folder
        shown = _run(sandbox, seed, members, where, quiet=as_json)
    if as_json:
        output.json(_as_data(shown, seed, database))
    else:
        _print(shown, sandbox.settings.time_zone, database)
    if not shown.report.holds:
        raise typer.Exit(_BROKEN)
    if serve if serve is not None else sys.stdout.isatty() and not as_json:
        demo_pages.serve(sandbox.settings, port)
    elif not as_json:
        output.line(f"See its pages: TONGBAO_DATABASE={database} tongbao serve")


def _run(sandbox: Sandbox, seed: int, crowd: int, folder: Path, *, quiet: bool) -> Shown:
    random = traffic.seeded(seed)
    secret = sandbox.settings.identity_secret
    with output.progress("a month passes", month.DAYS, quiet=quiet) as advance:
        with sandbox.begin() as conn:
            made = alliance.found(conn, random, crowd, story.CAST, month.FIRST, secret)
            people.add(conn, made, traffic.seeded(seed), month.FIRST)
        lived = month.live(sandbox.begin, made, random, advance)
    with sandbox.begin() as conn:
        taken = picture.take(conn, month.LAST)
    zone = ZoneInfo(sandbox.settings.time_zone)
    settled = settled_day.settle(sandbox.begin, sandbox.conn, made, folder, seed, zone)
    with sandbox.begin() as conn:
        applying.apply(conn, settled_day.AT)
    sold = lived.story.ids[story.EXPLAINED]
    console.live_in(
        sandbox.begin, made, sold, traffic.seeded(seed), sandbox.settings, settled_day.AT
    )
    # It begins a transaction of its own: one snapshot for all laws.
    report = verifications.verify(
        sandbox.conn, lambda: settled_day.AT, origin="command", incremental=False
    )
    with sandbox.begin() as conn:
        return Shown(
            month=lived,
            picture=taken,
            settled=settled,
            statement=statement(conn, made.members[story.LIN]),
            explanation=explain(conn, lived.story.ids[story.EXPLAINED]),
            report=report,
        )


def _as_data(shown: Shown, seed: int, database: str) -> dict[str, Any]:
    tally = shown.month.tally
    return {
        "seed": seed,
        "database": database,
        "from": month.FIRST,
        "until": month.LAST,
        "posted": dict(tally.posted),
        "refused": dict(tally.refused),
        "withheld": dict(tally.withheld),
        "exceptions": tally.exceptions,
        **msgspec.structs.asdict(shown.picture),
        "settled": shown.settled,
        "statement": shown.statement,
        "explanation": as_data(shown.explanation),
        "laws": {"holds": shown.report.holds, **msgspec.structs.asdict(shown.report)},
    }


def _print(shown: Shown, zone: str, database: str) -> None:
    sizes = shown.picture.sizes
    days = [pages.moment(when, zone)[:10] for when in (month.FIRST, month.LAST - month.MINUTE)]
    output.line(
        f"通宝 Tongbao demo: {sizes.organisations} organisations, {sizes.formats} formats,"
        f" {sizes.outlets} outlets at {sizes.sites} sites, {sizes.members:,} members."
    )
    output.line(
        f"From {days[0]} to {days[1]}: {sizes.operations:,} operations, {sizes.transfers:,}"
        f" transfers, {sizes.lots:,} lots, {sizes.seals} sealed batches."
    )
    _print_answers(shown.month)
    _print_organisations(shown.picture)
    _print_claims(shown.picture)
    _heading("One member: how the points came and went")
    pages.member(shown.statement, zone)
    _heading("One of her purchases, lot by lot: 120 points of three issuers pay at a fourth")
    pages.operation(shown.explanation, zone)
    _heading("The last day is settled: two people, payment files, the bank's answer")
    if shown.picture.closed is not None:
        _print_positions(shown.picture, shown.picture.closed)
    settled_pages.show(shown.settled)
    _print_laws(shown.report)
    member, operation = shown.statement.member.id, shown.explanation.id
    output.line(f"Look further; the database {database} stays as it is until the next demo:")
    for command in (
        f"show member {member}",
        f"show operation {operation}",
        f"show organisation {alliance.STRAINED}",
        "show outlet jinheng-ja",
    ):
        output.line(f"  TONGBAO_DATABASE={database} tongbao {command}")
    demo_pages.sign_ins()


def _heading(text: str) -> None:
    output.line(f"── {text} ".ljust(pages.WIDTH, "─"))
    output.line()


def _print_answers(lived: Month) -> None:
    tally = lived.tally
    posted = tally.posted.most_common()
    no = [(code, count, "refused") for code, count in tally.refused.most_common()]
    no += [(code, count, "reward withheld") for code, count in tally.withheld.most_common()]
    rows = []
    for n in range(max(len(posted), len(no))):
        kind, count = posted[n] if n < len(posted) else ("", 0)
        code, times, what = no[n] if n < len(no) else ("", 0, "")
        left = (kind.replace("_", " "), f"{count:,}" if count else "", "")
        rows.append((*left, code, what, f"{times:,}" if times else ""))
    output.table("What was answered", ["posted", ">", "", "said no", "", ">"], rows, pages.WIDTH)


def _print_organisations(taken: Picture) -> None:
    rows = [
        (
            one.code,
            one.name.split(" (")[0],
            *map(_yuan, (one.issued, one.spent, one.accepted, one.circulation)),
            *map(_yuan, (one.reserve, one.clearing)),
            "-" if one.headroom is None else _yuan(one.headroom),
        )
        for one in taken.organisations
    ]
    strained = [row for row in rows[_TOP:] if row[0] == alliance.STRAINED]
    output.table(
        f"Who issued, who redeemed (points and yuan; the first {_TOP})",
        ["code", "", ">issued", ">spent", ">accepted", ">in circ.", ">reserve", ">position",
         ">headroom"],
        [*rows[:_TOP], *strained],
        pages.WIDTH,
    )  # fmt: skip


def _print_claims(taken: Picture) -> None:
    heads, rows = picture.matrix(taken.claims, _PARTIES, _COLUMNS)
    output.table(
        "Claims of the month: the issuer (row) owes the redeemer (column), yuan",
        ["", *(f">{head}" for head in heads)],
        [(issuer, *map(pages.amount, amounts)) for issuer, amounts in rows],
        pages.WIDTH,
    )


def _print_positions(taken: Picture, closed: Closed) -> None:
    codes = {one.id: one.code for one in taken.organisations}
    moved = sorted((n for n in closed.nets if n.organisation_id in codes), key=lambda n: n.clearing)
    pay = [n for n in moved if n.clearing < 0][:_PARTIES]
    get = [n for n in reversed(moved) if n.clearing > 0][:_PARTIES]
    rows = [
        (
            codes[pay[n].organisation_id] if n < len(pay) else "",
            show(-pay[n].clearing) if n < len(pay) else "",
            "",
            codes[get[n].organisation_id] if n < len(get) else "",
            show(get[n].clearing) if n < len(get) else "",
        )
        for n in range(max(len(pay), len(get)))
    ]
    output.table(
        f"Net positions of window {closed.window.id}, closed (yuan)",
        ["pays", ">", "", "is paid", ">"],
        rows,
        pages.WIDTH,
    )
    if closed.settled is not None:
        paid = closed.settled
        output.line(
            f"The day before, window {paid.through_window} was settled by {paid.collections}"
            f" collections of {show(paid.paid_in)} and {paid.payouts} payouts of"
            f" {show(paid.paid_out)};"
        )
        output.line("what is left stays with the operator: reserves, fees, breakage.")
        output.line()


def _print_laws(report: Report) -> None:
    _heading("The laws, verified over the whole journal")
    output.table(
        "",
        ["law", "", ">ms", ""],
        [
            (r.law, r.sentence, f"{r.milliseconds:,.0f}", "ok" if r.holds else "BROKEN")
            for r in report.results
        ],
        pages.WIDTH,
    )


def _yuan(fen: int) -> str:
    """Write whole yuan, rounded half up, for tables that show the order of things."""
    whole = (abs(fen) + 50) // 100
    return f"{'-' if fen < 0 else ''}{whole:,}" if whole else "-"
