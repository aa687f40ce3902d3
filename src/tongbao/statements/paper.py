"""Statements on paper: a PDF in Chinese or English. The same statement is the same bytes.

Here everything is made into texts; ``page.typ`` lays them out. The fonts come with a package and
what is used of them is embedded, so that it looks the same everywhere.
"""

import threading
from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import typst

from tongbao.kernel.amounts import percent, show
from tongbao.statements import tables, words
from tongbao.statements.counterparties import issuers_table, redeemers_table
from tongbao.statements.grid import Table, breakable, column, table
from tongbao.statements.items import POINTS
from tongbao.statements.types import Account, Fee, Line, Statement

LANGUAGES: Final = words.LANGUAGES
LARGEST: Final = 500
"""Counterparties listed in a table; the rest are one line, and in the other formats."""

_MANY: Final = 200
_KEPT: Final = 10

_CLAIMS: Final = frozenset({
    "claims_due",
    "counterclaims_owed",
    "claims_owed",
    "counterclaims_due",
    "paid_from_reserve",
})  # fmt: skip
_SETTLED: Final = frozenset({"paid_in", "paid_out"})

_LAYOUT: Final = files(__package__).joinpath("page.typ").read_bytes()
_FONTS: Final = str(files("pylopdf_fonts_zh_cn"))
_own = threading.local()


def pdf(statement: Statement, language: str, zone: str = "Asia/Shanghai") -> bytes:
    """Print a statement in ``language`` (zh or en), with times in the time zone ``zone``."""
    texts = page(statement, language, zone)
    made = _compiler().compile(
        _LAYOUT,
        sys_inputs={"data": msgspec.json.encode(texts).decode()},
        format="pdf",
        timestamp=int(statement.period.closed_at.timestamp()),
    )
    assert isinstance(made, bytes), "a PDF is one file"
    if sum(len(table.rows) for table in texts["tables"]) > _MANY:
        _forget()
    return made


def _forget() -> None:
    """Let the compiler forget what it keeps of the last pages, some 80 MB of a thousand rows.

    What it has not used in this many documents it drops; small statements are quicker with it.
    """
    for _ in range(_KEPT):
        _compiler().compile(b"", format="svg")


def _compiler() -> typst.Compiler:
    """Give this thread's compiler: it keeps the fonts, which take longer to read than a page."""
    found: typst.Compiler | None = getattr(_own, "compiler", None)
    if found is None:
        found = _own.compiler = typst.Compiler(font_paths=[_FONTS], ignore_system_fonts=True)
    return found


def page(statement: Statement, language: str, zone: str) -> dict[str, Any]:
    """Give all texts of the page, as the layout expects them."""

    def say(key: str, **given: object) -> str:
        return words.word(key, language, **given)

    by = statement.operator.name
    notes = [say("note_signs"), say("note_dispute", operator=by)]
    if max(len(tables.issuers(statement)), len(tables.redeemers(statement))) > LARGEST:
        notes.append(say("note_complete", most=LARGEST))
    return {
        "language": language,
        "title": say("title"),
        "number": statement.number,
        "operator": breakable(by),
        "units": say("units"),
        "to": say("to"),
        "name": breakable(statement.organisation.name),
        "facts": _facts(statement, language, ZoneInfo(zone)),
        "tiles": _tiles(statement, language),
        "tables": _tables(statement, language, ZoneInfo(zone)),
        "nothing": say("nothing"),
        "notes-title": say("notes"),
        "notes": notes,
    }


def _facts(statement: Statement, language: str, zone: ZoneInfo) -> list[tuple[str, str]]:
    period = statement.period
    between = (
        f"{_moment(period.opened_at, zone)} – {_moment(period.closed_at, zone)}"
        if period.first_date is None
        else f"{period.first_date} – {period.last_date}"
    )
    windows = (
        f"{period.first_window}"
        if period.first_window == period.last_window
        else f"{period.first_window} – {period.last_window}"
    )
    return [
        (words.word("number", language), breakable(statement.number)),
        (words.word("code", language), breakable(statement.organisation.code)),
        (words.word("period", language), between),
        (words.word("windows", language), windows),
        (words.word("closed", language), _moment(period.closed_at, zone)),
    ]


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _tiles(statement: Statement, language: str) -> list[dict[str, str]]:
    """Tell the position in one row: opening, what changed it, closing."""
    account = statement.accounts[0]
    sums = {"claims": 0, "fees": 0, "settled": 0, "other": 0}
    for line in statement.lines:
        if line.account == "position":
            sums[_part(line)] += line.amount
    amounts = {"opening": account.opening, **sums, "closing": account.closing}
    return [
        {
            "label": words.word(f"tile_{name}", language),
            "value": show(amount),
            "note": words.word(_owed(amount), language) if name in ("opening", "closing") else "",
        }
        for name, amount in amounts.items()
    ]


def _part(line: Line) -> str:
    if line.item in _CLAIMS:
        return "claims"
    if line.vat is not None:
        return "fees"
    return "settled" if line.item in _SETTLED else "other"


def _owed(amount: int) -> str:
    return "even" if not amount else "owed_to_you" if amount > 0 else "owed_by_you"


def _tables(statement: Statement, language: str, zone: ZoneInfo) -> list[Table]:
    shown = [
        _account(account, statement.lines, language)
        for account in statement.accounts
        if account.account in ("position", "circulation")
        or account.opening
        or account.closing
        or any(line.account == account.account for line in statement.lines)
    ]
    shown += issuers_table(tables.issuers(statement), LARGEST, language)
    shown += redeemers_table(tables.redeemers(statement), LARGEST, language)
    for received in (False, True):
        fees = [fee for fee in statement.fees if fee.received is received]
        if fees:
            shown.append(_fees(fees, language, received=received))
    single = [line for line in statement.lines if line.operation is not None]
    if single:
        shown.append(_single(single, language, zone))
    return shown


def _account(account: Account, lines: Sequence[Line], language: str) -> Table:
    """Print an account: opening, each item once, closing."""
    sums: dict[str, tuple[int, int]] = {}
    for line in lines:
        if line.account == account.account:
            count, amount = sums.get(line.item, (0, 0))
            sums[line.item] = (count + line.count, amount + line.amount)
    rows = [[words.word("opening", language), "", show(account.opening)]]
    rows += [
        [words.word(item, language), f"{count:,}", show(amount)]
        for item, (count, amount) in sums.items()
    ]
    rows.append([words.word("closing", language), "", show(account.closing)])
    unit = "points_column" if account.account in POINTS else "yuan"
    return table(
        words.word(account.account, language),
        [
            column(words.word("item", language), wide=True, right=False),
            column(words.word("count", language)),
            column(words.word(unit, language)),
        ],
        rows,
        strong=[0, len(rows) - 1],
    )


def _fees(fees: Sequence[Fee], language: str, *, received: bool) -> Table:
    rows = [
        [
            words.word(f"fee_{fee.fee}", language),
            percent(fee.rate),
            *map(show, (fee.charged, -fee.given_back, fee.net, fee.vat, fee.gross)),
        ]
        for fee in fees
    ]
    sums = [sum(values) for values in zip(*map(_amounts, fees), strict=True)]
    rows.append([words.word("total", language), "", *map(show, sums)])
    names = ("rate", "charged", "given_back", "without_vat", "vat", "gross")
    return table(
        words.word("fees_received_title" if received else "fees_paid_title", language),
        [
            column(words.word("item", language), wide=True, right=False),
            *(column(words.word(name, language)) for name in names),
        ],
        rows,
        strong=[len(rows) - 1],
        note=words.word("fees_note", language),
    )


def _amounts(fee: Fee) -> tuple[int, ...]:
    return (fee.charged, -fee.given_back, fee.net, fee.vat, fee.gross)


def _single(lines: Sequence[Line], language: str, zone: ZoneInfo) -> Table:
    rows = [
        [
            "" if line.at is None else f"{line.at.astimezone(zone):%Y-%m-%d}",
            words.word(line.item, language),
            breakable(_why(line, language)),
            str(line.operation),
            show(line.amount),
        ]
        for line in sorted(lines, key=lambda line: line.operation or 0)
    ]
    return table(
        words.word("single", language),
        [
            column(words.word("when", language), right=False),
            column(words.word("item", language), right=False),
            column(words.word("reference", language), wide=True, right=False),
            column(words.word("operation", language)),
            column(words.word("yuan", language)),
        ],
        rows,
    )


def _why(line: Line, language: str) -> str:
    numbers = (
        ("settlement", line.settlement), ("dispute", line.dispute), ("default", line.default),
    )  # fmt: skip
    parts = [
        *(words.word(what, language, number=n) for what, n in numbers if n is not None),
        line.reference,
        line.reason,
        line.counterparty,
    ]
    return " · ".join(part for part in parts if part)
