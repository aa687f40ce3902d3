"""Intents: what a receipt asks of the ledger, before it is decided how points are spent."""

from collections.abc import Sequence

from msgspec import Struct, field

from tongbao.alliance.types import Outlet
from tongbao.intake.entry import Entry, Fault
from tongbao.intake.receipts import Receipt
from tongbao.intake.rejects import Reject, reject
from tongbao.intake.resolve import Names
from tongbao.kernel import once
from tongbao.points.operations import Line


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


def intents_of(
    receipts: Sequence[Receipt], names: Names, *, lines: bool
) -> tuple[list[Intent], list[Reject]]:
    """Give what receipts ask for, and the rows that cannot ask for anything."""
    intents: list[Intent] = []
    rejects: list[Reject] = []
    for receipt in receipts:
        rejects += [reject(entry, fault) for entry, fault in receipt.rejected]
        entries = [*receipt.sold, *receipt.returned]
        ids = line_ids(entries) if lines else {}
        by_member: dict[int, Intent] = {}
        intent_of: dict[int, Intent] = {}
        for entry in entries:
            found = _resolve(entry, names)
            if isinstance(found, Fault):
                rejects.append(reject(entry, found))
                continue
            outlet, member = found
            if member not in by_member:
                by_member[member] = Intent(outlet=outlet, member=member)
            intent_of[entry.line] = by_member[member]
        for entry in receipt.returned:
            if entry.line in intent_of:
                intent_of[entry.line].returns.append(_return(entry, ids.get(entry.line, "")))
        # One outlet and one member sold to: all lines are resolved, or none is.
        if receipt.sold and receipt.sold[0].line in intent_of:
            intent_of[receipt.sold[0].line].sale = _sale(receipt.sold, ids)
        intents += by_member.values()
    return intents, rejects


def _resolve(entry: Entry, names: Names) -> tuple[Outlet, int] | Fault:
    outlet = names.outlet(entry.outlet)
    if isinstance(outlet, Fault):
        return outlet
    member = names.member(entry, outlet)
    return member if isinstance(member, Fault) else (outlet, member)


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


def _return(entry: Entry, line: str) -> Return:
    original = entry.return_of
    return Return(
        key=once.of_receipt("return", entry.outlet, entry.receipt, line),
        entry=entry,
        original_key=None if original is None else once.of_receipt("sale", entry.outlet, original),
    )


def _sale(sold: list[Entry], ids: dict[int, str]) -> Sale:
    first = sold[0]
    spending = next((entry for entry in sold if entry.points), first)
    return Sale(
        key=once.of_receipt("sale", first.outlet, first.receipt),
        entries=sold,
        amount=sum(entry.amount for entry in sold),
        lines=tuple(
            Line(id=ids[e.line], amount=e.amount, item=e.item, quantity=e.quantity) for e in sold
        )
        if ids
        else (),
        wanted=spending.points,
        up_to=spending.up_to,
    )
