"""Intents: what a receipt asks of the ledger, before it is decided how points are spent."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct, field

from tongbao.alliance.types import Outlet
from tongbao.intake.entry import Entry
from tongbao.intake.receipts import Receipt
from tongbao.intake.rejects import Reject, reject
from tongbao.intake.resolve import Names
from tongbao.kernel import limits
from tongbao.points.operations import Line

_PLAIN: Final = re.compile(r"[!-~]+")


class Sale(Struct, kw_only=True):
    """A sale to post; ``wanted``: points to spend, up to them when ``up_to``."""

    key: str
    entries: list[Entry]
    amount: int
    lines: tuple[Line, ...]
    wanted: int
    up_to: bool


class Return(Struct, kw_only=True):
    """One line that came back; ``original_key`` names the sale when the file does."""

    key: str
    entry: Entry
    original_key: str | None


class Intent(Struct, kw_only=True):
    """What one receipt asks for at one outlet; sale and returns concern the same member."""

    outlet: Outlet
    member: int
    sale: Sale | None = None
    returns: list[Return] = field(default_factory=list)


def key_of(kind: str, outlet: str, receipt: str, line: str = "") -> str:
    """Give the idempotency key of a receipt, or of one line of it; any text gives a good key."""
    parts = [kind, outlet, receipt, line] if line else [kind, outlet, receipt]
    key = ":".join(parts)
    # A sale ends with its receipt; where something may follow, a colon in it could mislead.
    clear = kind == "sale" or ":" not in receipt + line
    if clear and len(key) <= limits.KEY and _PLAIN.fullmatch(key):
        return key
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
    return f"{kind}:{outlet}:#{digest}"


def intents_of(
    receipts: Sequence[Receipt], names: Names, *, lines: bool
) -> tuple[list[Intent], list[Reject]]:
    """Give what receipts ask for, and the rows that cannot ask for anything."""
    intents: list[Intent] = []
    rejects: list[Reject] = []
    for receipt in receipts:
        rejects += [reject(entry, fault) for entry, fault in receipt.rejected]
        by_member: dict[int, Intent] = {}
        ids = line_ids([*receipt.sold, *receipt.returned])
        for entry in (*receipt.sold, *receipt.returned):
            outlet = names.outlet(entry.outlet)
            member = names.member(entry, outlet) if isinstance(outlet, Outlet) else outlet
            if not isinstance(outlet, Outlet) or not isinstance(member, int):
                assert not isinstance(member, int)
                rejects.append(reject(entry, member))
            elif member not in by_member:
                by_member[member] = Intent(outlet=outlet, member=member)
        for entry in receipt.returned:
            intent = _intent_of(entry, names, by_member)
            if intent is not None:
                line = ids[entry.line] if lines else ""
                intent.returns.append(_return(entry, line))
        if receipt.sold:
            intent = _intent_of(receipt.sold[0], names, by_member)
            if intent is not None:
                intent.sale = _sale(receipt.sold, ids, lines=lines)
        intents += by_member.values()
    return intents, rejects


def line_ids(entries: Sequence[Entry]) -> dict[int, str]:
    """Give the ids of a receipt's lines by line number of the file.

    An id is the line's own, or the item with ``#2`` for its second time, or the place.
    """
    ids: dict[int, str] = {}
    seen: dict[str, int] = {}
    for place, entry in enumerate(entries, start=1):
        name = entry.line_id or entry.item or str(place)
        times = seen[name] = seen.get(name, 0) + 1
        plain = times == 1 or entry.line_id is not None  # its own ids are for the file to mend
        ids[entry.line] = name if plain else f"{name}#{times}"
    return ids


def _intent_of(entry: Entry, names: Names, by_member: dict[int, Intent]) -> Intent | None:
    outlet = names.outlet(entry.outlet)
    member = names.member(entry, outlet) if isinstance(outlet, Outlet) else outlet
    return by_member.get(member) if isinstance(member, int) else None


def _return(entry: Entry, line: str) -> Return:
    original = entry.return_of
    return Return(
        key=key_of("return", entry.outlet, entry.receipt, line),
        entry=entry,
        original_key=None if original is None else key_of("sale", entry.outlet, original),
    )


def _sale(sold: list[Entry], ids: dict[int, str], *, lines: bool) -> Sale:
    first = sold[0]
    spending = next((entry for entry in sold if entry.points), first)
    return Sale(
        key=key_of("sale", first.outlet, first.receipt),
        entries=sold,
        amount=sum(entry.amount for entry in sold),
        lines=tuple(
            Line(id=ids[e.line], amount=e.amount, item=e.item, quantity=e.quantity) for e in sold
        )
        if lines
        else (),
        wanted=spending.points,
        up_to=spending.up_to,
    )
