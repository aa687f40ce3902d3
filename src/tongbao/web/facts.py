"""Facts: what exception items and proposals say, as people read it.

The desk keeps them as its packages wrote them: amounts in fen, codes, ids. Here each gets its
name, its unit and, where it is about something that has a page, the way there.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, Literal

from msgspec import Struct

from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.web import labels
from tongbao.web.words import mark

Q = sql.load(__package__, "facts_queries.sql")

Kind = Literal[
    "text",
    "member",
    "word",
    "money",
    "points",
    "percent",
    "moment",
    "date",
    "number",
    "label",
    "note",
]

KINDS: Final[dict[str, Kind]] = {
    **dict.fromkeys(
        (
            "amount", "used", "limit", "headroom", "collateral", "clearing", "reserve", "prepaid",
            "below", "block", "wanted", "owed", "loss", "required", "cap", "least", "cash",
            "here_amount", "till_amount", "expected", "differs", "opening", "former_closing",
        ),
        "money",
    ),
    **dict.fromkeys(("points", "circulation", "here_points", "till_points"), "points"),
    **dict.fromkeys(("used_share", "level", "share"), "percent"),
    **dict.fromkeys(("effective_at", "due", "here_at"), "moment"),
    "label": "label",
    "note": "note",
    **dict.fromkeys(
        ("booked_on", "execute_on", "valid_from", "signed_on", "day", "closed_on"), "date"
    ),
    **dict.fromkeys(
        (
            "count", "missing", "candidates", "differences", "cohorts", "offenders", "law",
            "largest", "times",
        ),
        "number",
    ),
}  # fmt: skip
METHODS: Final = {"chain-ladder": mark("chain ladder"), "judgement": mark("judgement")}
"""How breakage is estimated."""

WORDS: Final = {
    "direction": {"in": mark("in"), "out": mark("out")},
    "waits_for": {"answer": mark("an answer"), "decision": mark("a decision")},
    "needed": {
        "an account": mark("an account"),
        "an account with a mandate": mark("an account with a mandate"),
    },
    "state": labels.LEG_STATES,
    "reason": {
        "insufficient-points": mark("there were not enough points"),
        "hold-captured": mark("the hold was captured already"),
        "too-many-lots": mark("the points are of too many lots"),
    },
    "method": METHODS,
    "why": {
        text: text
        for text in (
            mark("something came back"),
            mark("no payment has its end-to-end id"),
            mark("several payments could be meant"),
            mark("no payment is known that it could be of"),
            mark("it was paid before"),
            mark("the bank had rejected it"),
            mark("it was instructed again meanwhile"),
            mark("the amount is not what is left to be paid"),
            mark("it came back and was not paid before"),
            mark("what came back is not what was paid"),
            mark("the amount is not what is left of the payment file"),
        )
    },
    "sentence": {
        text: text
        for text in (
            mark("Per unit, all balances sum to zero."),
            mark("Each balance equals the sum of its transfers."),
            mark("No balance is below its floor."),
            mark(
                "What a member has, holds, awaits and owes is what its lots, holds and debts say."
            ),
            mark("What an organisation has issued and set aside is what remains in its lots."),
            mark("Claims per issuer, redeemer and window equal the transfers between the two."),
            mark("Every transfer fits its operation, and every lot is the sum of its transfers."),
            mark(
                "Each operation has exactly one idempotency record, and each accepted key one"
                " operation."
            ),
            mark("A refund never exceeds what it refunds, line by line, nor captures their hold."),
            mark("The positions of a window sum to zero, fees included, and equal its transfers."),
            mark("The journal's hash chain is unbroken."),
            mark("Budgets: nothing is given away beyond what was allowed."),
            mark(
                "What settlements say was paid is what moved; their states follow from their legs."
            ),
        )
    },
    "action": {
        "correct-line": mark("correct the line and send the file again"),
        "post-late": mark("post it now with its business time, or open a dispute"),
        "send-reversal": mark("send the reversal again"),
        "cancel-at-till": mark("cancel it at the till, or send an advice"),
        "work-on-exception": mark("work on the advice that could not be posted"),
        "reverse-at-till": mark("reverse it at the till, too"),
        "reverse-here": mark("reverse it here, or book it at the till"),
        "refund-difference": mark("refund the difference, or correct the till"),
        "post-difference": mark("post the difference as an advice, or correct the till"),
        "open-dispute": mark("look at both receipts; what cannot be undone is a dispute"),
        "strike-at-till": mark("strike out the second at the till"),
        "move-day": mark("reconcile it on its own business day"),
        "correct-outlet": mark("correct the outlet of the terminal"),
        "send-lines": mark("send the lines of the day"),
    },
}
"""What facts that are one of a few words are called, by the name of the fact."""


class Fact(Struct, frozen=True, kw_only=True):
    """One fact: what it is called, how its value is written, and where it leads."""

    title: str
    kind: Kind
    value: Any
    to: str | None = None


def told(conn: Connection, given: Mapping[str, Any], ways: Mapping[str, str]) -> list[Fact]:
    """Give facts as they are shown, in their order; outlets by name.

    ``ways`` says where the pages of what has an id are, such as ``/operator/members/``.
    """
    names = _outlets(conn, given)
    return [_fact(name, value, names, ways) for name, value in _flat(given)]


def _flat(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        if isinstance(value, dict):
            yield from _flat(value)
        elif value is not None and name != "organisation":
            yield name, value


def _fact(name: str, value: Any, outlets: Mapping[int, str], ways: Mapping[str, str]) -> Fact:
    title = labels.FACTS.get(name, name.replace("_", " "))
    way = ways.get(name)
    to = f"{way}{value}" if way is not None and isinstance(value, int) else None
    if name == "outlet":
        return Fact(title=title, kind="text", value=outlets.get(value, value), to=to)
    if to is not None:
        kind: Kind = "member" if name == "member" else "text"
        return Fact(title=title, kind=kind, value=value, to=to)
    words = WORDS.get(name, {})
    if isinstance(value, str) and value in words:
        return Fact(title=title, kind="word", value=words[value])
    kind = KINDS.get(name, "text")
    return (
        Fact(title=title, kind=kind, value=value) if kind == "text" else _read(title, kind, value)
    )


_READ: Final[dict[str, Callable[[str], object]]] = {
    "moment": datetime.fromisoformat,
    "date": date.fromisoformat,
    "label": str,
    "note": str,
}


def _read(title: str, kind: Kind, value: Any) -> Fact:
    """Read a fact of a kind; one that is not written so is shown as it is."""
    read = _READ.get(kind)
    if read is None:
        return Fact(title=title, kind=kind if isinstance(value, int) else "text", value=value)
    try:
        return Fact(title=title, kind=kind, value=read(str(value)))
    except ValueError:
        return Fact(title=title, kind="text", value=value)


def _outlets(conn: Connection, given: Mapping[str, Any]) -> dict[int, str]:
    outlet = given.get("outlet")
    if not isinstance(outlet, int):
        return {}
    return dict(conn.execute(Q.name_of_outlet, {"outlet": outlet}).fetchall())
