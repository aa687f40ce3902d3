"""How settlements, their legs and what explains them are printed."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict

from tongbao.clearing import explain as explaining
from tongbao.clearing.explain import Explanation
from tongbao.clearing.types import Leg, Settlement, Skipped, Step
from tongbao.cli import organisation as organisations
from tongbao.cli import output, pages
from tongbao.kernel.amounts import show as yuan
from tongbao.kernel.db import Connection

_WHY = {
    "unfinished": "an earlier leg is not finished",
    "ahead": "it was settled through a later window",
    "defaulted": "it is in default",
}


def say(found: Settlement) -> None:
    """Print a settlement in one line."""
    output.line(
        f"settlement {found.id} through window {found.through_window} is "
        f"{found.state.replace('_', ' ')}: "
        f"{output.count(found.collections, 'collection')} of {yuan(found.to_collect)}, "
        f"{output.count(found.payouts, 'payout')} of {yuan(found.to_pay)}"
        + (f"; {found.skipped:,} skipped" if found.skipped else "")
    )


def say_leg(leg: Leg) -> None:
    """Print a leg in one line."""
    way = "pays" if leg.amount < 0 else "is paid"
    output.line(
        f"leg {leg.end_to_end_id} is {leg.state.replace('_', ' ')}: the organisation {way} "
        f"{yuan(abs(leg.amount))}, {yuan(leg.paid)} of it so far"
    )


def as_data(leg: Leg) -> dict[str, Any]:
    """Give a leg as data, with what follows from it."""
    return {**asdict(leg), "left": leg.left, "end_to_end_id": leg.end_to_end_id}


def listed(found: Sequence[Settlement]) -> None:
    """Print settlements as a table."""
    output.table(
        "Settlements",
        [">settlement", "date", ">through", "state", ">collect", ">paid in", ">pay", ">paid out",
         ">legs", ">unfinished", ">failed", ">skipped"],
        [
            (
                s.id, s.business_date, s.through_window, s.state.replace("_", " "),
                yuan(s.to_collect), yuan(s.paid_in), yuan(s.to_pay), yuan(s.paid_out),
                f"{s.collections + s.payouts:,}", s.unfinished, s.failed, s.skipped,
            )
            for s in found
        ],
    )  # fmt: skip


def legs(conn: Connection, found: Sequence[Leg], limit: int) -> None:
    """Print the largest legs as a table; who pays has a negative amount."""
    largest = sorted(found, key=lambda leg: (-abs(leg.amount), leg.organisation_id))[:limit]
    output.table(
        f"Legs: the {len(largest)} largest of {len(found):,}",
        ["organisation", ">amount", ">paid", "state", "end-to-end id"],
        [
            (
                organisations.code_of(conn, leg.organisation_id), yuan(leg.amount),
                yuan(leg.paid), leg.state.replace("_", " "), leg.end_to_end_id,
            )
            for leg in largest
        ],
    )  # fmt: skip


def show(
    conn: Connection,
    found: Settlement,
    told: Sequence[Leg],
    skipped: Sequence[Skipped],
    steps: Sequence[Step],
    limit: int,
    zone: str,
) -> None:
    """Print a settlement with its legs, who was skipped, and its trail."""
    listed([found])
    legs(conn, told, limit)
    if skipped:
        output.table(
            f"Skipped: {min(limit, len(skipped))} of {len(skipped):,}",
            ["organisation", "why"],
            [
                (organisations.code_of(conn, one.organisation_id), _WHY[one.reason])
                for one in skipped[:limit]
            ],
        )
    shown = [s for s in steps if s.organisation_id is None] + [
        s for s in steps if s.organisation_id is not None
    ]
    output.table(
        "Trail",
        ["at", "of", "is", "by", "reason"],
        [
            (
                pages.moment(step.at, zone),
                "settlement" if step.organisation_id is None
                else organisations.code_of(conn, step.organisation_id),
                step.state.replace("_", " "), step.done_by, step.reason or "",
            )
            for step in sorted(shown[: limit + 8], key=lambda step: step.at)
        ],
    )  # fmt: skip


def explain(conn: Connection, number: int, who: int, limit: int, *, as_json: bool) -> None:
    """Print what a leg is made of."""
    found = explaining.explain_leg(conn, number, who)
    if as_json:
        output.json({**asdict(found), "leg": as_data(found.leg)})
        return
    say_leg(found.leg)
    rows = _rows(conn, found)
    output.table(
        f"The leg of {organisations.code_of(conn, who)} in settlement {number}"
        + (f", {limit} of {len(rows):,} lines" if len(rows) > limit else ""),
        [">window", "line", "with", ">operations", ">yuan"],
        [*rows[:limit], ("", "together", "", "", yuan(found.leg.amount))],
    )


def singles(
    conn: Connection,
    who: int,
    window: int,
    kind: str,
    other: int | None,
    after: int,
    limit: int,
    zone: str,
    *,
    as_json: bool,
) -> None:
    """Print the single claims behind a line."""
    known: Any = kind  # singles() refuses what is no kind
    found = explaining.singles(conn, who, window, known, other, after=after, limit=limit)
    if as_json:
        output.json({"operations": found})
        return
    output.table(
        f"{kind} of window {window}",
        [">operation", "kind", "at", ">owner", ">yuan"],
        [
            (
                one.operation_id,
                one.kind,
                pages.moment(one.effective_at, zone),
                one.owner_id,
                yuan(one.amount),
            )
            for one in found
        ],
    )


def _rows(conn: Connection, found: Explanation) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    if found.carried_over:
        rows.append(("", f"left of settlement {found.former}", "", "", yuan(found.carried_over)))
    if found.otherwise:
        rows.append(("", "otherwise: covers, money that came back", "", "", yuan(found.otherwise)))
    for part in found.windows:
        rows += [
            (
                part.window_id, line.kind, organisations.code_of(conn, line.counterparty_id),
                f"{line.operations:,}", yuan(line.amount),
            )
            for line in part.lines
        ]  # fmt: skip
    return rows
