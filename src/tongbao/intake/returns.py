"""Returns: which earlier sale a line that came back belongs to.

The sale that the file names; else the member's most recent sale at the outlet before the return
that has a line of the same item with enough left. Nothing is guessed beyond that.
"""

from collections.abc import Iterable, Sequence
from typing import Final

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


class _Bought(Struct):
    """An earlier sale: its operation, and what is left of its lines (fen) by line id."""

    operation: int
    left: dict[str, int]


def match(
    conn: Connection, intents: Sequence[Intent], earlier: dict[tuple[int, str], int]
) -> dict[str, Refund | Fault]:
    """Give for the key of each return its refund, or why there is none.

    ``earlier``: what returns that were posted before follow, by scope and key; these are not
    matched anew.
    """
    made: dict[str, Refund | Fault] = {}
    waiting = [intent for intent in intents if intent.returns]
    for start in range(0, len(waiting), _TOGETHER):
        part = waiting[start : start + _TOGETHER]
        recent = _recent(conn, part)
        named = _named(conn, part)
        for place, intent in enumerate(part):
            for back in intent.returns:
                scope = intent.outlet.organisation_id
                known = earlier.get((scope, back.key))
                if back.original_key is not None:
                    sales = [s for s in [named.get((scope, back.original_key))] if s is not None]
                else:
                    sales = recent.get(place, [])
                if known is not None:
                    sales = [s for s in sales if s.operation == known] or [_Bought(known, {})]
                made[back.key] = _refund(back, scope, sales, known=known is not None)
    return made


def _refund(back: Return, scope: int, sales: list[_Bought], *, known: bool) -> Refund | Fault:
    entry = back.entry
    amount = abs(entry.amount)
    for sale in sales:
        line = _line_of(entry, amount, sale)
        if line is None:
            continue
        if line in sale.left:
            sale.left[line] -= amount
        return _make(back, scope, sale.operation, line)
    if sales and (back.original_key is not None or known):
        # The sale is beyond doubt: let posting say what is wrong, or that it was done before.
        return _make(back, scope, sales[0].operation, entry.line_id or entry.item or WHOLE_SALE)
    return fault_of(ReturnWithoutSale(amount=amounts.show(amount)))


def _make(back: Return, scope: int, operation: int, line: str) -> Refund:
    entry = back.entry
    amount = abs(entry.amount)
    whole = line == WHOLE_SALE
    return Refund(
        key=back.key,
        scope=scope,
        effective_at=entry.at,
        reference=entry.receipt,
        original=operation,
        amount=amount if whole else None,
        lines=() if whole else (RefundLine(line, amount),),
    )


def _line_of(entry: Entry, amount: int, sale: _Bought) -> str | None:
    """Give the line of a sale that ``amount`` of the entry's item can come off."""
    name = entry.line_id or entry.item
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
