"""What tills did without a network, as both consoles list it: allowances, and what came home."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from tongbao.kernel import sql
from tongbao.web import closings
from tongbao.web.lists import Choice, Column, Listing, Row
from tongbao.web.words import Words, mark

Q = sql.load(__package__, "offline_queries.sql")

To = Callable[[Row], str | None]
STATES: Final = {
    "active": mark("Good"),
    "expired": mark("Ended"),
    "revoked": mark("Ended early"),
}
KINDS: Final = {"spend": mark("Points taken"), "award": mark("Sale that earns")}
LINE_STATES: Final = {
    "posted": mark("Posted"),
    "exception": mark("Not covered"),
    "refused": mark("Refused"),
    "accepted": mark("Being posted"),
}
WHYS: Final = {
    "insufficient-points": mark("there were not enough points"),
    "hold-captured": mark("the hold was captured already"),
    "too-many-lots": mark("the points are of too many lots"),
    "allowance-expired": mark("it was not in the time of the allowance"),
    "allowance-exceeded": mark("it was more than the allowance"),
    "offline-line-malformed": mark("its amounts make no sense"),
    "identity-not-found": mark("nobody is a member with this phone or card"),
    "payment-code-malformed": mark("the payment code was not of that minute"),
    "payment-code-unknown": mark("the payment code was not of that minute"),
    "payment-code-expired": mark("the payment code was not of that minute"),
    "payment-code-used": mark("the payment code was used before"),
    "member-not-active": mark("the membership is not active"),
    "headroom-exceeded": mark("the organisation could give no more points"),
    "prepaid-exhausted": mark("the organisation could give no more points"),
    "organisation-not-active": mark("the organisation could give no more points"),
    "outlet-closed": mark("the outlet was closed"),
    "reversed": mark("it was called off"),
}
"""Why lines were refused, or points did not cover them; others are shown by their code."""


def _late(late: int, spoken: Words) -> str:
    return spoken.span(timedelta(seconds=late))


def _why(code: str, spoken: Words) -> str:
    return spoken.say(WHYS.get(code, code))


def allowances(page: To) -> Listing:
    """List what terminals may do offline, for a console in which each has a page."""
    return Listing(
        name="allowances",
        query=Q.allowances,
        sort="-id",
        search=("terminal", "outlet", "issued_by", "id"),
        hint=mark("Terminal, outlet, number or who gave it"),
        dates="valid_from",
        choices=(Choice(name="state", title=mark("State"), values=STATES),),
        columns=(
            Column(
                name="id",
                title=mark("Allowance"),
                kind="id",
                sort=True,
                to=page,
            ),
            Column(
                name="terminal",
                title=mark("Terminal"),
                second="outlet",
                second_title=mark("Outlet"),
            ),
            Column(name="state", title=mark("State"), kind="state", says=STATES),
            Column(name="spent", title=mark("Taken"), kind="points"),
            Column(name="spend_points", title=mark("Points at most"), kind="points", sort=True),
            Column(name="sold", title=mark("Sold"), kind="money"),
            Column(name="award_amount", title=mark("Sales at most"), kind="money", sort=True),
            Column(
                name="lines",
                title=mark("Came home"),
                kind="number",
                to=page,
            ),
            Column(name="valid_from", title=mark("From"), kind="moment", sort=True),
            Column(name="good_until", title=mark("Until"), kind="moment", sort=True),
            Column(name="issued_by", title=mark("Given by"), kind="person"),
        ),
        empty=mark("No allowance yet"),
        advice=mark("Give a terminal with a key one, and it goes on selling without a network."),
    )


def lines(console: str, terminal: To) -> Listing:
    """List what came home from offline tills, for a console at a path, with terminals on pages."""
    return Listing(
        name="offline-lines",
        query=Q.offline_lines,
        sort="-received_at",
        search=("terminal", "outlet", "known_by", "refusal"),
        within={"refusal": WHYS},
        hint=mark("Terminal, outlet, the end of a phone or card, or why"),
        dates="at",
        choices=(
            Choice(name="kind", title=mark("Kind"), values=KINDS),
            Choice(name="state", title=mark("What became of it"), values=LINE_STATES),
        ),
        columns=(
            Column(name="at", title=mark("When"), kind="moment", sort=True),
            Column(
                name="received_at",
                title=mark("Came home"),
                kind="moment",
                sort=True,
                second="late",
                second_title=mark("How late"),
                second_tells=_late,
            ),
            Column(
                name="terminal",
                title=mark("Terminal"),
                second="outlet",
                second_title=mark("Outlet"),
                to=terminal,
            ),
            Column(name="kind", title=mark("Kind"), says=KINDS),
            Column(name="known_by", title=mark("Member")),
            Column(name="amount", title=mark("Bill"), kind="money"),
            Column(name="points", title=mark("Points taken"), kind="points"),
            Column(
                name="state",
                title=mark("What became of it"),
                kind="state",
                says=LINE_STATES,
                second="refusal",
                second_title=mark("Why"),
                second_tells=_why,
                to=lambda row: (
                    f"{console}/operations/{row['operation_id']}" if row["operation_id"] else None
                ),
            ),
            Column(
                name="closed_how",
                title=mark("How it was resolved"),
                says=closings.CLOSED_HOW | {"open": mark("Waits for somebody")},
                to=lambda row: f"{console}/exceptions/{row['item']}" if row["item"] else None,
            ),
        ),
        empty=mark("Nothing has come home from an offline till"),
        advice=mark("What a terminal did without a network is listed here once it has sent it."),
    )
