"""Entries: the rows of a file with their values read, or with what is wrong with them."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from decimal import (
    ROUND_HALF_UP,
    Context,
    Decimal,
    DecimalException,
    Inexact,
    InvalidOperation,
    Overflow,
)
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from tongbao.intake.mapping import Mapping
from tongbao.intake.raw import Cell, Raw
from tongbao.intake.refusals import PointsMalformed, QuantityMalformed
from tongbao.kernel import amounts, limits, texts
from tongbao.kernel.amounts import AmountMalformed, AmountOutOfRange
from tongbao.kernel.errors import Refusal
from tongbao.kernel.files import TimeMalformed, ValueMissing

_NUMBER: Final = 40
"""Characters of a number."""

_DECIMAL: Final = re.compile(r"[+-]?(?=\.?[0-9])[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]{1,3})?")
_EXACTLY: Final = Context(prec=3 * _NUMBER, traps=[InvalidOperation, Overflow, Inexact])
_ROUNDED: Final = Context(prec=3 * _NUMBER, rounding=ROUND_HALF_UP, traps=[InvalidOperation])


class Fault(Struct, frozen=True, array_like=True):
    """Why a row is rejected."""

    code: str
    reason: str


class Entry(Struct, array_like=True, kw_only=True):
    """One row: ``position`` is where it begins, ``at`` its time in UTC, ``amount`` is in fen.

    ``points``: to spend, as many as there are when ``up_to``. With ``fault`` only those values
    are there that could be read.
    """

    position: int
    line: int
    outlet: str = ""
    receipt: str = ""
    member: str = ""
    at: datetime | None = None
    amount: int = 0
    points: int = 0
    up_to: bool = False
    line_id: str | None = None
    item: str | None = None
    quantity: int = 1
    return_of: str | None = None
    fault: Fault | None = None


def fault_of(refusal: Refusal) -> Fault:
    """Give a refusal as what is wrong with a row."""
    return Fault(refusal.code, str(refusal))


def read_entries(
    rows: Iterable[Raw], mapping: Mapping, places: dict[str, int], zone: ZoneInfo
) -> Iterator[Entry]:
    """Read the values of rows; a row that cannot be read becomes an entry with its fault."""
    take = _taker(mapping, places, zone)
    for position, line, cells, refusal in rows:
        entry = Entry(position=position, line=line)
        if refusal is not None or cells is None:
            entry.fault = None if refusal is None else fault_of(refusal)
        else:
            try:
                take(entry, cells)
            except Refusal as fault:
                entry.fault = fault_of(fault)
        yield entry


def _taker(
    mapping: Mapping, places: dict[str, int], zone: ZoneInfo
) -> Callable[[Entry, list[Cell]], None]:
    """Give the function that reads cells into an entry, what groups receipts first."""
    amount_of = _amount_reader(mapping)
    time_of = _time_reader(mapping, zone)
    outlet, outlet_at = mapping.outlet, places.get("outlet", -1)
    receipt_at, member_at, time_at = places["receipt"], places["member"], places["time"]
    amount_at = places.get("amount", -1)
    quantity_at, price_at = places.get("quantity", -1), places.get("unit_price", -1)
    extras = [(field, places[field]) for field in ("line", "item", "return_of") if field in places]
    points_at = places.get("points", -1)

    def take(entry: Entry, cells: list[Cell]) -> None:
        code = outlet if outlet is not None else needed("outlet", cells[outlet_at])
        entry.outlet = texts.code("outlet", mapping.outlet_prefix + code)
        entry.receipt = texts.line("receipt", needed("receipt", cells[receipt_at]))
        entry.at = time_of(cells[time_at])
        entry.member = texts.line("member", needed("member", cells[member_at]))
        quantity = 1
        if quantity_at >= 0:
            quantity = _quantity(_text(cells[quantity_at]))
            entry.quantity = max(1, abs(quantity))
        if amount_at >= 0:
            entry.amount = amount_of(needed("amount", cells[amount_at]), "1")
        else:
            price = needed("unit_price", cells[price_at])
            entry.amount = amount_of(price, needed("quantity", cells[quantity_at]))
        if quantity < 0 < entry.amount:
            entry.amount = -entry.amount
        for field, place in extras:
            text = _text(cells[place])
            if text:
                value = texts.line(field, text)
                setattr(entry, "line_id" if field == "line" else field, value)
        if points_at >= 0:
            entry.points, entry.up_to = _points(_text(cells[points_at]))

    return take


def needed(field: str, cell: Cell) -> str:
    """Give the text of a cell; refuses ``value-missing`` when it is empty."""
    text = _text(cell)
    if not text:
        raise ValueMissing(field=field)
    return text


def _text(cell: Cell) -> str:
    return cell.strip() if isinstance(cell, str) else cell.isoformat()


def _amount_reader(mapping: Mapping) -> Callable[[str, str], int]:
    """Give the function that reads an amount, times a quantity, as fen; never by a float."""
    scale = 2 if mapping.amounts == "yuan" else 0
    exact = mapping.rounding == "exact"

    def read(text: str, quantity: str) -> int:
        if quantity == "1" and exact and scale:
            return amounts.parse(text)
        try:
            value = _EXACTLY.multiply(_decimal(text), _decimal(quantity))
            fen = value.scaleb(scale, _EXACTLY)
            if abs(fen) > limits.AMOUNT:
                raise AmountOutOfRange(
                    name="amount", amount=texts.shown(text), least=0, most=limits.AMOUNT
                )
            return int(fen.quantize(Decimal(1), context=_EXACTLY if exact else _ROUNDED))
        except DecimalException:
            raise AmountMalformed(amount=texts.shown(text)) from None

    return read


def _time_reader(mapping: Mapping, zone: ZoneInfo) -> Callable[[Cell], datetime]:
    written = mapping.time_format

    def read(cell: Cell) -> datetime:
        try:
            if isinstance(cell, datetime):
                when = cell
            elif not cell.strip():
                raise ValueMissing(field="time")
            elif written is None:
                when = datetime.fromisoformat(cell.strip())
            else:
                # A time without a zone gets the mapping's below.
                when = datetime.strptime(cell.strip(), written)  # noqa: DTZ007
            if when.tzinfo is None:
                when = when.replace(tzinfo=zone)
            return when.astimezone(UTC)
        except (ValueError, OverflowError):
            raise TimeMalformed(given=texts.shown(str(cell))) from None

    return read


def _decimal(text: str) -> Decimal:
    """Read a decimal text, also one with an exponent; raises ``InvalidOperation``."""
    if len(text) > _NUMBER or _DECIMAL.fullmatch(text) is None:
        raise InvalidOperation
    return Decimal(text)


def _quantity(text: str) -> int:
    """Give a quantity; a part of a piece, a weight or nothing counts as one piece."""
    if not text:
        return 1
    try:
        value = _decimal(text)
    except InvalidOperation:
        raise QuantityMalformed(given=texts.shown(text)) from None
    if abs(value) > limits.AMOUNT:
        raise QuantityMalformed(given=texts.shown(text))
    if value and value == value.to_integral_value():
        return int(value)
    return -1 if value < 0 else 1


def _points(text: str) -> tuple[int, bool]:
    """Read ``""``, ``12.34``, ``all`` or ``up to 12.34`` as points (fen) and whether up to them."""
    words = text.lower()
    if not words:
        return 0, False
    if words == "all":
        return limits.AMOUNT, True
    up_to = words.startswith("up to ")
    try:
        points = amounts.parse(words.removeprefix("up to "))
    except (AmountMalformed, AmountOutOfRange):
        raise PointsMalformed(given=texts.shown(text)) from None
    if points < 0:
        raise PointsMalformed(given=texts.shown(text))
    return points, up_to
