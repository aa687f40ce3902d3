"""What the commands on liability share: how they begin, and what they print."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from tongbao.cli import organisation as organisations
from tongbao.cli import output, session
from tongbao.cli.pages import moment
from tongbao.cli.session import Session
from tongbao.kernel.amounts import show as plain
from tongbao.kernel.db import Connection
from tongbao.liability import cohorts, months
from tongbao.liability.backtest import Score
from tongbao.liability.breakage import Forecast
from tongbao.liability.estimates import Estimate, Line
from tongbao.liability.periods import Period, Row
from tongbao.liability.types import AsOf

Code = Callable[[int], str]


@contextmanager
def reading() -> Iterator[Session]:
    """Open a session whose queries all see one snapshot."""
    with session.open_session() as opened, snapshot(opened.conn, "READ ONLY"):
        yield opened


@contextmanager
def snapshot(conn: Connection, more: str = "READ WRITE") -> Iterator[None]:
    """Open a transaction in which everything is seen as at one moment."""
    with conn.transaction():
        conn.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, {more}".encode())
        yield


def journal_position(conn: Connection) -> int:
    """Give the position that all committed operations lie below; postings wait a moment."""
    with conn.transaction():
        return cohorts.position(conn)


def whose(opened: Session, organisation: str | None) -> int | None:
    """Give the id of the organisation that was named, if one was."""
    return None if organisation is None else organisations.find(opened.conn, organisation)


def month_or_last(opened: Session, given: str | None) -> date:
    """Read a month; none: the last one that is over."""
    if given is not None:
        return months.parse(given)
    return months.last_complete(opened.at, opened.settings.time_zone)


def as_of(opened: Session, on: str | None, position: int | None) -> AsOf:
    """Say how far to look: to the end of a business day, to a position, or to the end."""
    if on is None:
        return AsOf(position=position)
    ends = months.end_of_day(months.parse_day(on), opened.settings.time_zone)
    return AsOf(before=ends, position=position)


def codes(conn: Connection) -> Code:
    """Give a function that gives an organisation's code, and asks for each once."""
    known: dict[int, str] = {}

    def code(organisation: int) -> str:
        if organisation not in known:
            known[organisation] = organisations.code_of(conn, organisation)
        return known[organisation]

    return code


def data(one: Any, **more: object) -> dict[str, Any]:
    """Give a struct as data, with what follows from its fields."""
    return {name: getattr(one, name) for name in one.__struct_fields__} | more


def percent(ppm: int) -> str:
    """Write parts per million as a percentage with two decimals."""
    return f"{ppm / 10_000:.2f} %"


def amounts(one: object, *names: str) -> Iterator[str]:
    """Write the amounts of some fields."""
    return (plain(getattr(one, name)) for name in names)


def forecasts(title: str, found: Sequence[Forecast]) -> None:
    """Print what is expected of cohorts, and the sums."""
    ultimate = sum(one.expected.ultimate for one in found)
    rows: list[tuple[object, ...]] = [
        (
            months.show(one.cohort), one.age, *amounts(one, "given", "redeemed", "lost"),
            plain(one.expected.ultimate), plain(one.breakage), percent(one.expected.rate),
            percent(one.expected.developed), one.expected.basis,
        )
        for one in found
    ]  # fmt: skip
    if found:
        sums = (sum(getattr(one, name) for one in found) for name in ("given", "redeemed", "lost"))
        lost = sum(one.breakage for one in found)
        rows.append(("all", "", *map(plain, sums), plain(ultimate), plain(lost), "", "", ""))
    output.table(
        title,
        ["month", ">age", ">given", ">redeemed", ">lost", ">will be redeemed", ">breakage",
         ">rate", ">developed", "basis"],
        rows,
    )  # fmt: skip


def scores(found: Sequence[Score]) -> None:
    """Print how well estimates would have done."""
    if not found:
        output.line("history is too short: nothing could have been estimated before")
        return
    output.table(
        "What would have been expected, against what has happened (errors in per cent)",
        [">months ahead", "way", ">cuts", ">cases", ">predicted", ">happened", ">MAPE", ">WAPE",
         ">bias"],
        [
            (
                one.ahead, one.way, one.cuts, one.cases, plain(round(one.predicted)),
                plain(one.happened),
                *("-" if error is None else f"{error:.1f}" for error in (one.mape, one.wape)),
                "-" if one.bias is None else f"{one.bias:+.1f}",
            )
            for one in found
        ],
    )  # fmt: skip


def periods(closed: Sequence[Period], zone: str) -> None:
    """Print the closed periods."""
    output.table(
        "Closed periods",
        ["ends with", ">cohorts", ">moved", ">revenue", ">deferred", "closed by", "at"],
        [
            (
                months.show(one.month), one.cohorts, one.changed,
                *amounts(one, "revenue", "deferred"), one.closed_by,
                moment(one.closed_at, zone),
            )
            for one in closed
        ],
    )  # fmt: skip


def rows(found: Sequence[Row]) -> None:
    """Print where an issuer's cohorts stood at the end of a period."""
    output.table(
        "Its cohorts",
        ["month", ">given", ">redeemed", ">expected", ">rate", ">estimate", ">allocated",
         ">recognised", ">of this period", ">deferred"],
        [
            (
                months.show(one.cohort), plain(one.issued - one.clawed_back),
                *amounts(one, "redeemed", "expected"), percent(one.rate), one.estimate_id or "-",
                *amounts(one, "allocated", "recognised", "revenue", "deferred"),
            )
            for one in found
        ],
    )  # fmt: skip


def estimates(found: Sequence[Estimate]) -> None:
    """Print estimates with their decisions."""
    output.table(
        "Estimates",
        [">estimate", "as at the end of", "method", ">cohorts", ">given", ">will be redeemed",
         "by", "state", "decided by", "reason"],
        [
            (
                one.id, months.show(one.through), one.method, one.cohorts,
                *amounts(one, "given", "expected"), one.made_by, one.state, one.decided_by or "-",
                one.reason,
            )
            for one in found
        ],
    )  # fmt: skip


def lines(found: Sequence[Line], code: Code) -> None:
    """Print what an estimate says, cohort by cohort, and what it was made from."""
    output.table(
        "Its cohorts",
        ["issuer", "month", ">age", ">given", ">redeemed", ">lost", ">rate", ">developed",
         ">credibility", "basis"],
        [
            (
                code(one.issuer_id), months.show(one.cohort), one.age,
                *amounts(one, "given", "redeemed", "lost"), percent(one.rate),
                percent(one.developed), percent(one.credibility), one.basis,
            )
            for one in found
        ],
    )  # fmt: skip
