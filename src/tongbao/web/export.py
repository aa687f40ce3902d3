"""Lists as CSV files that a spreadsheet opens as they are meant."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from litestar import Response

from tongbao.kernel import amounts, limits
from tongbao.web import doers
from tongbao.web.words import Words, mark

if TYPE_CHECKING:
    from tongbao.web.lists import Column, Listing

_PER_CENT: Final = limits.RATE // 100
_BOM: Final = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
MEMBER: Final = mark("Member number")
MORE: Final = mark("There is more: filter by date and export it in parts.")


def csv_of(
    listing: "Listing",
    rows: Sequence[dict[str, Any]],
    spoken: Words,
    names: Mapping[str, str],
    *,
    more: bool,
) -> Response[bytes]:
    """Give a list as a file.

    ``names``: those of the staff in it by what they sign in with, of members by their keys.
    """
    text = io.StringIO()
    text.write(_BOM)
    writer = csv.writer(text)
    columns = [column for column in listing.columns if column.title]
    head = []
    for column in columns:
        head.append(spoken.say(column.title))
        if column.kind == "member":
            head.append(spoken.say(MEMBER))
        if column.second:
            head.append(spoken.say(column.second_title))
    writer.writerow(head)
    for row in rows:
        writer.writerow(_cells(columns, row, spoken, names))
    if more:
        writer.writerow([spoken.say(MORE)])
    headers = {"Content-Disposition": f'attachment; filename="{listing.name}.csv"'}
    return Response(text.getvalue().encode(), media_type="text/csv; charset=utf-8", headers=headers)


def _cells(
    columns: "Sequence[Column]", row: dict[str, Any], spoken: Words, names: Mapping[str, str]
) -> list[str]:
    cells = []
    for column in columns:
        cells.append(_cell(column, row[column.name], spoken, names))
        if column.kind == "member":
            cells.append(str(row[column.name] or ""))
        if column.second:
            cells.append(_second(column, row[column.second], spoken))
    return cells


def _cell(column: "Column", value: Any, spoken: Words, names: Mapping[str, str]) -> str:
    if value is None:
        return ""
    if column.tells is not None:
        return _safe(column.tells(value, spoken))
    if column.kind == "member":
        return _safe(names.get(doers.key_of(value), ""))
    if column.kind in ("money", "points"):
        return amounts.show(value).replace(",", "")
    if isinstance(value, datetime):
        return _time(value.astimezone(spoken.zone), day=column.kind == "date")
    if column.kind == "percent":
        return f"{Decimal(value) / _PER_CENT}%"
    if column.kind == "person" and value not in column.says:
        return _safe(doers.plain(value, names, spoken))
    said = spoken.say(column.says.get(str(value), "")) or str(value)
    return said if column.kind == "number" else _safe(said)


def _time(at: datetime, *, day: bool) -> str:
    return at.date().isoformat() if day else at.isoformat(sep=" ", timespec="seconds")


def _second(column: "Column", value: Any, spoken: Words) -> str:
    if value is None:
        return ""
    return _safe(str(value) if column.second_tells is None else column.second_tells(value, spoken))


def _safe(text: str) -> str:
    """Give a text that no spreadsheet takes for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text
