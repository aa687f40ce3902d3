"""Tills' files: looked at once, then read line by line; what is wrong is said of each line."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from tongbao.clearing import calendar
from tongbao.clearing.calendar import Cutover
from tongbao.kernel import amounts, csv_file, limits, once, texts
from tongbao.kernel.amounts import AmountMalformed, AmountOutOfRange
from tongbao.kernel.errors import Refusal
from tongbao.kernel.files import FileMalformed, FileUnreadable, TimeMalformed, ValueMissing
from tongbao.reconcile import columns
from tongbao.reconcile.refusals import TillValueMalformed

Kind = Literal["purchase", "award", "sale", "refund", "reversal"]

_DELIMITERS: Final = (",", ";", "\t", "|")
_WORDS: Final[dict[Kind, str]] = {
    "purchase": "purchase redeem redemption burn spend debit 消费 核销 积分消费",
    "award": "award earn accrual credit 积分发放 发放",
    "sale": "sale 销售",
    "refund": "refund return 退货 退款",
    "reversal": "reversal reverse 冲正 撤销",
}
_KINDS: Final = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_GROUPED: Final = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_LARGEST: Final = 2**63 - 1


class How(Struct, frozen=True, kw_only=True):
    """How a till's file is written: headers by field, where they are not the known ones."""

    columns: dict[str, str] = {}
    delimiter: str | None = None
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    amounts: Literal["yuan", "fen"] = "yuan"


class TillFile(Struct, frozen=True, kw_only=True):
    """A file with the places of its fields; ``digest`` is of its content and how it is read."""

    path: Path
    how: How
    header: list[str]
    delimiter: str
    places: dict[str, int]
    totals: bool
    digest: bytes


class TillLine(Struct, array_like=True, kw_only=True):
    """What a till says of one operation; None: it does not say. Amounts and points are fen.

    ``receipt_key`` is the key that an import gives to the receipt. ``terminal`` is what the till
    calls itself; the ledger knows outlets only.
    """

    line: int
    kind: Kind
    operation: int | None = None
    key: str | None = None
    receipt_key: str | None = None
    receipt: str | None = None
    outlet: int | None = None
    terminal: str | None = None
    amount: int | None = None
    points: int | None = None
    earned: int | None = None
    day: date | None = None

    @property
    def label(self) -> str:
        """What people know it by."""
        return self.receipt or self.key or str(self.operation)


class Fault(Struct, frozen=True):
    """A line that cannot be used, with the refusal's code and sentence."""

    line: int
    code: str
    reason: str


def examine(path: Path, how: How) -> TillFile:
    """Look at a file.

    Refuses ``file-unreadable``, ``file-malformed``, ``column-missing``, ``column-repeated`` and
    ``till-file-unknown``.
    """
    try:
        texts.line("file name", path.name)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
            size = file.tell()
    except OSError as error:
        raise FileUnreadable(file=path, reason=error.strerror) from None
    if not size:
        raise FileMalformed(file=path.name, reason="it is empty")
    digest.update(msgspec.json.encode(how, order="deterministic"))
    delimiter, header = _header(path, how)
    places, totals = columns.find(path, header, how.columns)
    return TillFile(
        path=path,
        how=how,
        header=header,
        delimiter=delimiter,
        places=places,
        totals=totals,
        digest=digest.digest(),
    )


def _header(path: Path, how: How) -> tuple[str, list[str]]:
    """Find what separates fields: what makes the first line one of headers that are known."""
    if how.delimiter is not None:
        if len(how.delimiter) != 1 or how.delimiter in '\r\n"\0':
            raise TillValueMalformed(
                field="delimiter", given=how.delimiter[:40], wanted="single character"
            )
        return how.delimiter, csv_file.read_header(path, how.encoding, how.delimiter)
    headers = [(d, csv_file.read_header(path, how.encoding, d)) for d in _DELIMITERS]
    wanted = set(how.columns.values())
    for delimiter, header in headers:
        if len(header) > 1 and (columns.is_known(header) or wanted.intersection(header)):
            return delimiter, header
    return headers[0]


def read_lines(
    file: TillFile, outlets: Mapping[str, int], outlet: int | None, cutover: Cutover
) -> Iterator[TillLine | Fault]:
    """Give what each line says, or why it says nothing.

    ``outlets``: the organisation's, by code. ``outlet``: the one of lines that name none.
    """
    take = _taker(file, outlets, outlet, cutover)
    for number, cells, refusal in _rows(file):
        if cells is None:
            assert refusal is not None, "a row has cells or says why not"
            yield Fault(number, refusal.code, str(refusal))
            continue
        try:
            said = take(number, cells)
        except Refusal as fault:
            yield Fault(number, fault.code, str(fault))
        else:
            yield said


def read_totals(file: TillFile) -> Iterator[tuple[int, dict[str, int | str | None]]]:
    """Give each line's totals by field; outlet and terminal are texts, the others fen or counts.

    Refuses what is wrong with the first line that cannot be read: a total with a hole says nothing.
    """
    money = _money(file.how)
    for number, cells, refusal in _rows(file):
        if refusal is not None or cells is None:
            raise refusal or FileMalformed(file=file.path.name, reason=f"line {number}")
        row: dict[str, int | str | None] = {}
        for field, place in file.places.items():
            text = cells[place].strip()
            if not text or field in ("outlet", "terminal"):
                row[field] = text or None
            elif field.endswith(("_points", "_cash")):
                row[field] = abs(money(text))
            else:
                row[field] = _whole(field, text)
        yield number, row


def _rows(file: TillFile) -> Iterator[tuple[int, list[str] | None, Refusal | None]]:
    rows = csv_file.read_rows(file.path, file.header, file.how.encoding, file.delimiter, 0, 0)
    for _, number, cells, refusal in rows:
        yield number, cells, refusal


def _taker(
    file: TillFile, outlets: Mapping[str, int], default: int | None, cutover: Cutover
) -> Callable[[int, Sequence[str]], TillLine]:
    places, money = file.places, _money(file.how)
    day_of = _day_reader(cutover)
    codes = {number: code for code, number in outlets.items()}

    def text(field: str, cells: Sequence[str]) -> str | None:
        place = places.get(field)
        return (cells[place].strip() or None) if place is not None else None

    def number(field: str, cells: Sequence[str]) -> int | None:
        given = text(field, cells)
        return None if given is None else money(given)

    def take(line: int, cells: Sequence[str]) -> TillLine:
        amount, points = number("amount", cells), number("points", cells)
        kind = _kind(text("kind", cells), negative=(amount or 0) < 0 or (points or 0) < 0)
        said = TillLine(line=line, kind=kind, outlet=default)
        code = text("outlet", cells)
        if code is not None:
            if code not in outlets:
                raise TillValueMalformed(
                    field="outlet", given=texts.shown(code), wanted="outlet of this organisation"
                )
            said.outlet = outlets[code]
        operation, said.key = text("operation", cells), text("key", cells)
        said.operation = None if operation is None else _whole("operation", operation)
        if said.key is not None:
            once.check(said.key)
        receipt = text("receipt", cells)
        if receipt is not None:
            said.receipt = texts.line("receipt", receipt)
            if said.outlet is not None:
                prefix = "return" if kind == "refund" else "sale"
                said.receipt_key = once.of_receipt(prefix, codes[said.outlet], said.receipt)
        if operation is None and said.key is None and receipt is None:
            raise ValueMissing(field="receipt")
        terminal = text("terminal", cells)
        said.terminal = None if terminal is None else texts.line("terminal", terminal)
        said.amount = None if amount is None else abs(amount)
        said.points = None if points is None else abs(points)
        said.earned = number("earned", cells)
        when = text("time", cells)
        said.day = None if when is None else day_of(when)
        return said

    return take


def _kind(given: str | None, *, negative: bool) -> Kind:
    if given is None:
        return "refund" if negative else "sale"
    kind = _KINDS.get(given.casefold())
    if kind is None:
        choices = "purchase, award, sale, refund or reversal"
        raise TillValueMalformed(field="kind", given=texts.shown(given), wanted=choices)
    return "refund" if negative and kind != "reversal" else kind


def _money(how: How) -> Callable[[str], int]:
    if how.amounts == "yuan":
        return _yuan
    return _fen


def _yuan(text: str) -> int:
    return amounts.parse(text.replace(",", "") if _GROUPED.fullmatch(text) else text)


def _fen(text: str) -> int:
    plain = text.removeprefix("-")
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= 18):
        raise AmountMalformed(amount=texts.shown(text))
    if int(plain) > limits.AMOUNT:
        raise AmountOutOfRange(name="amount", amount=text, least=0, most=limits.AMOUNT)
    return int(text)


def _whole(field: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) <= _LARGEST):
        raise TillValueMalformed(field=field, given=texts.shown(text), wanted="whole number")
    return int(text)


def _day_reader(cutover: Cutover) -> Callable[[str], date]:
    """Give the function that reads a time as its business day; one without a zone is local."""

    def day_of(text: str) -> date:
        try:
            when = datetime.fromisoformat(text)
            if when.tzinfo is None:
                when = when.replace(tzinfo=cutover.zone)
            return calendar.business_date(when, cutover)
        except (ValueError, OverflowError):
            raise TimeMalformed(given=texts.shown(text)) from None

    return day_of
