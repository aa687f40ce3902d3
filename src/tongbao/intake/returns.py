"""Returns: which earlier sale a line that came back belongs to.

The sale that the file names; else the member's most recent sale at the outlet before the return
that has a line of the same item with enough left. Nothing is guessed beyond that.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from tongbao.intake.checkpoint import Q
from tongbao.intake.entry import Entry, Fault, fault_of
from tongbao.intake.intents import Intent, Return
from tongbao.intake.refusals import ReturnWithoutSale
from tongbao.kernel import amounts, arrays
from tongbao.kernel.db import Connection
from tongbao.points.detail import WHOLE_SALE, decode
from tongbao.points.operations import Refund, RefundLine

LOOK_BACK: Final = 300
"""Sales of a member at an outlet that are looked through for a return."""

_TOGETHER: Final = 20
"""Receipts whose members' sales are in memory together."""


class Earlier(NamedTuple):
    """What a return that was posted before came off: the sale's operation and line."""

    operation: int
    line: str


class _Bought(Struct):
    """An earlier sale: its operation, and what is left of its lines (fen) by line id."""

    operation: int
    left: dict[str, int]


def match(
    conn: Connection, intents: Sequence[Intent], earlier: Mapping[tuple[int, str], Earlier]
) -> dict[str, Refund | Fault]:
    """Give for the key of each return its refund, or why there is none.

    ``earlier``: what returns that were posted before came off, by scope and key; these are not
    matched anew.
    """
    made: dict[str, Refund | Fault] = {}
    waiting = [intent for intent in intents if intent.returns]
    for start in range(0, len(waiting), _TOGETHER):
        part = waiting[start : start + _TOGETHER]
        recent = _recent(conn, part)
        named = _named(conn, part)
        for place, intent in enumerate(part):
            scope = intent.outlet.organisation_id
            for back in intent.returns:
                known = earlier.get((scope, back.key))
                if known is not None:
                    made[back.key] = _make(back, scope, *known)
                elif back.original_key is None:
                    made[back.key] = _search(back, scope, recent.get(place, []))
                else:
                    sale = named.get((scope, back.original_key))
                    made[back.key] = _take_off(back, scope, sale)
    return made


def _search(back: Return, scope: int, sales: list[_Bought]) -> Refund | Fault:
    """Take a return off the first of the member's sales that it can come off."""
    for sale in sales:
        line = _line_of(back.entry, sale)
        if line is not None:
            return _reduce(back, scope, sale, line)
    return _no_sale(back.entry)


def _take_off(back: Return, scope: int, sale: _Bought | None) -> Refund | Fault:
    """Take a return off the sale that it names; posting says what is wrong with it."""
    if sale is None:
        return _no_sale(back.entry)
    line = _line_of(back.entry, sale)
    if line is None:
        name = back.entry.line_id or back.entry.item
        line = WHOLE_SALE if name is None or WHOLE_SALE in sale.left else name
    return _reduce(back, scope, sale, line)


def _reduce(back: Return, scope: int, sale: _Bought, line: str) -> Refund:
    if line in sale.left:
        sale.left[line] -= abs(back.entry.amount)
    return _make(back, scope, sale.operation, line)


def _no_sale(entry: Entry) -> Fault:
    return fault_of(ReturnWithoutSale(amount=amounts.show(abs(entry.amount))))


def _make(back: Return, scope: int, operation: int, line: str) -> Refund:
    entry = back.entry
    amount = abs(entry.amount)
    whole = line == WHOLE_SALE or (entry.line_id or entry.item) is None
    return Refund(
        key=back.key,
        scope=scope,
        effective_at=entry.at,
        reference=entry.receipt,
        original=operation,
        amount=amount if whole else None,
        lines=() if whole else (RefundLine(line, amount),),
    )


def _line_of(entry: Entry, sale: _Bought) -> str | None:
    """Give the line of a sale that an entry can come off: of its item, with enough left."""
    amount, name = abs(entry.amount), entry.line_id or entry.item
    if name is None:
        return WHOLE_SALE if sum(sale.left.values()) >= amount else None
    for line, left in sale.left.items():
        if left >= amount and (line == name or line.startswith(f"{name}#")):
            return line
    return None


def _recent(conn: Connection, intents: Sequence[Intent]) -> dict[int, list[_Bought]]:
    """Give the sales to look through, by the place of the intent."""
    rows = conn.execute(
        Q.recent_sales,
        {
            "members": arrays.ints(intent.member for intent in intents),
            "outlets": arrays.ints(intent.outlet.id for intent in intents),
            "moments": arrays.times(intent.returns[0].entry.at for intent in intents),
            "limit": LOOK_BACK,
        },
    )
    sales: dict[int, list[_Bought]] = {}
    for n, operation, data, undone in rows:
        sales.setdefault(n - 1, []).append(_bought(operation, data, undone))
    return sales


def _named(conn: Connection, intents: Sequence[Intent]) -> dict[tuple[int, str], _Bought]:
    """Give the sales that returns name, by scope and key."""
    keys = list(
        dict.fromkeys(
            (intent.outlet.organisation_id, back.original_key)
            for intent in intents
            for back in intent.returns
            if back.original_key is not None
        )
    )
    if not keys:
        return {}
    rows = conn.execute(
        Q.sales_of_keys,
        {
            "scopes": arrays.ints(scope for scope, _ in keys),
            "keys": arrays.texts(key for _, key in keys),
        },
    )
    return {keys[n - 1]: _bought(operation, data, undone) for n, operation, data, undone in rows}


def _bought(operation: int, data: str, undone: Iterable[str] | None) -> _Bought:
    left = {line: amount for line, amount, _ in decode(data).lines}
    for text in undone or ():
        for line, amount, _ in decode(text).lines:
            if line in left:
                left[line] -= amount
    return _Bought(operation, left)
