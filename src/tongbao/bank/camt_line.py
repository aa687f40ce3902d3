"""One line of a bank's statement: what moved, how much, and by what it may be recognised."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Final

from msgspec import Struct

from tongbao.bank.camt_values import amount_of, currency_of, day_of, incoming
from tongbao.bank.refusals import BankFileMalformed
from tongbao.bank.xml_reader import Node
from tongbao.kernel import limits

_NOTHING: Final = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF"})


class Entry(Struct, frozen=True, kw_only=True):
    """What an entry says of all its transactions."""

    line: int
    amount: int
    currency: str
    incoming: bool
    booked: bool
    reversal: bool
    booked_on: date | None
    value_on: date | None
    reference: str | None
    batch: str | None


class Line(Struct, kw_only=True):
    """A movement of money on the account; ``line`` is where in the file it stands.

    ``batch`` is the id of the payment file that it stands for as a whole, when the bank says so.
    """

    line: int
    statement: int = 0
    amount: int
    currency: str
    incoming: bool
    booked: bool
    reversal: bool
    booked_on: date | None
    value_on: date | None
    end_to_end_id: str | None = None
    reference: str | None = None
    batch: str | None = None
    party: str | None = None
    account: str | None = None
    remittance: str | None = None


def entry_of(pieces: Mapping[str, Node], where: Node | None) -> Entry:
    """Give the entry whose pieces have been read; refuses ``bank-file-malformed``."""
    if "Amt" not in pieces or "CdtDbtInd" not in pieces or "Sts" not in pieces:
        line = where.line if where is not None else 1
        raise BankFileMalformed(line=line, reason="an entry lacks its amount, direction or status")
    whole = Node("Ntry", pieces["Amt"].line, None, "", list(pieces.values()))
    status = whole.get("Sts/Cd") or whole.get("Sts")
    booked_on = day_of(whole, "BookgDt") if "BookgDt" in pieces else None
    return Entry(
        line=whole.line,
        amount=_amount(whole),
        currency=currency_of(whole, "Amt"),
        incoming=incoming(whole),
        booked=status == "BOOK",
        reversal=whole.get("RvslInd") in ("true", "1"),
        booked_on=booked_on,
        value_on=day_of(whole, "ValDt") if "ValDt" in pieces else None,
        reference=_text(whole, "AcctSvcrRef", limits.CODE),
        batch=_batch(pieces),
    )


def line_of_entry(entry: Entry, pieces: Mapping[str, Node]) -> Line:
    """Give the line of an entry without transactions."""
    line = _line(entry, entry.amount, incoming=entry.incoming, where=entry.line)
    line.batch = _batch(pieces)
    if "AddtlNtryInf" in pieces:
        line.remittance = clean(pieces["AddtlNtryInf"].text, limits.TEXT)
    return line


def line_of_detail(entry: Entry, node: Node) -> Line:
    """Give the line of one transaction of an entry.

    A transaction without an amount, or with one in another currency than was booked, is taken to
    be the only one of its entry; if it is not, the sum does not match.
    """
    into = entry.incoming if node.find("CdtDbtInd") is None else incoming(node)
    path = "Amt" if node.find("Amt") is not None else "AmtDtls/TxAmt/Amt"
    amount = entry.amount
    if node.find(path) is not None and currency_of(node, path) == entry.currency:
        amount = amount_of(node, path)
    line = _line(entry, amount, incoming=into, where=node.line)
    end_to_end_id = _text(node, "Refs/EndToEndId", limits.CODE)
    line.end_to_end_id = None if end_to_end_id in _NOTHING else end_to_end_id
    line.reference = _text(node, "Refs/AcctSvcrRef", limits.CODE) or entry.reference
    line.reversal = entry.reversal or node.find("RtrInf") is not None
    # The other side of what came in is the debtor; of a payment that came back, the creditor.
    side = "Dbtr" if into != line.reversal else "Cdtr"
    line.party = _text(node, f"RltdPties/{side}/Nm", limits.NAME) or _text(
        node, f"RltdPties/{side}/Pty/Nm", limits.NAME
    )
    account = f"RltdPties/{side}Acct/Id"
    line.account = _text(node, f"{account}/Othr/Id", limits.CODE) or _text(
        node, f"{account}/IBAN", limits.CODE
    )
    line.remittance = _text(node, "RmtInf/Ustrd", limits.TEXT)
    return line


def _line(entry: Entry, amount: int, *, incoming: bool, where: int) -> Line:
    return Line(
        line=where,
        amount=amount,
        currency=entry.currency,
        incoming=incoming,
        booked=entry.booked,
        reversal=entry.reversal,
        booked_on=entry.booked_on,
        value_on=entry.value_on,
        reference=entry.reference,
    )


def _amount(whole: Node) -> int:
    """Give the entry's amount; of a currency with other decimals, as much as fen can say."""
    found = whole.find("Amt")
    if found is not None and found.currency not in (None, "CNY"):
        head, _, tail = found.text.strip().partition(".")
        found.text = f"{head}.{tail[:2]}" if tail else head
    return amount_of(whole, "Amt")


def _batch(pieces: Mapping[str, Node]) -> str | None:
    batch = pieces.get("Btch")
    if batch is None:
        return None
    found = batch.get("PmtInfId") or batch.get("MsgId")
    return found[: limits.CODE] if found else None


def _text(node: Node, path: str, most: int) -> str | None:
    found = node.get(path)
    return clean(found, most) if found else None


def clean(text: str, most: int) -> str | None:
    """Give a text of one line, as kept and shown: what cannot be printed is gone."""
    shown = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(shown.split())[:most] or None
