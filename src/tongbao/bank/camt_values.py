"""Values in messages of a bank: amounts, dates, numbers, directions."""

from datetime import UTC, date, datetime

from tongbao.bank.refusals import BankFileMalformed
from tongbao.bank.xml_reader import Node
from tongbao.kernel import amounts, texts
from tongbao.kernel.errors import Malformed


def amount_of(node: Node, path: str) -> int:
    """Give the amount at a path in fen; refuses ``bank-file-malformed``."""
    text = node.get(path) or ""
    if text.startswith("."):
        text = "0" + text
    try:
        amount = amounts.parse(text.removesuffix(".") or "none")
    except Malformed as error:
        raise _wrong(node, path, text) from error
    if amount < 0:
        raise _wrong(node, path, text)
    return amount


def currency_of(node: Node, path: str) -> str:
    """Give the currency of the amount at a path; refuses ``bank-file-malformed``."""
    found = node.find(path)
    currency = found.currency if found is not None else None
    if currency is None or len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise _wrong(node, path, currency or "")
    return currency


def sign_of(node: Node) -> int:
    """Give 1 for money that came in and -1 for money that went out."""
    return 1 if incoming(node) else -1


def incoming(node: Node) -> bool:
    """Say whether money came in (CRDT) or went out (DBIT); refuses ``bank-file-malformed``."""
    found = node.get("CdtDbtInd")
    if found not in ("CRDT", "DBIT"):
        raise _wrong(node, "CdtDbtInd", found or "")
    return found == "CRDT"


def day_of(node: Node, path: str = "") -> date | None:
    """Give the day at a path, as ``Dt`` or as the day of ``DtTm``; None when there is none."""
    where = path + "/" if path else ""
    text = node.get(where + "Dt") or node.get(where + "DtTm")
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise _wrong(node, path, text) from error


def time_of(node: Node, path: str) -> datetime:
    """Give the time at a path, in UTC when it names no zone; refuses ``bank-file-malformed``."""
    text = node.get(path) or ""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong(node, path, text) from error


def number_of(node: Node, path: str) -> int | None:
    """Give the whole number at a path; None when there is none."""
    text = node.get(path)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise _wrong(node, path, text)
    return int(text)


def _wrong(node: Node, path: str, text: str) -> BankFileMalformed:
    what = f"{node.tag}/{path}" if path else node.tag
    return BankFileMalformed(line=node.line, reason=f"{what} is {texts.shown(text)!r}")
