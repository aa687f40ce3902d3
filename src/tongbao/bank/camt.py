"""Statements and notifications of a bank (camt.053, camt.054), read line by line.

A line is one movement of money: a transaction of an entry, or the entry itself where the bank
gives no transactions. The sums that the bank gives are compared with the lines.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from msgspec import Struct

from tongbao.bank.camt_line import Entry, Line, entry_of, line_of_detail, line_of_entry
from tongbao.bank.camt_values import amount_of, currency_of, day_of, number_of, sign_of, time_of
from tongbao.bank.fields import yuan
from tongbao.bank.refusals import BankFileMalformed, BankSumsDiffer
from tongbao.bank.types import Head
from tongbao.bank.xml_reader import Event, Node, require
from tongbao.kernel import limits

MESSAGES: Final = ("camt.053.001.02", "camt.053.001.08", "camt.054.001.08")
CONTAINERS: Final = {
    "BkToCstmrStmt": ("Document",),
    "BkToCstmrDbtCdtNtfctn": ("Document",),
    "Stmt": ("BkToCstmrStmt",),
    "Ntfctn": ("BkToCstmrDbtCdtNtfctn",),
    "Ntry": ("Stmt", "Ntfctn"),
    "NtryDtls": ("Ntry",),
}
# What a statement opens with: its own balance, or the one it takes over.
_OPENING: Final = ("OPBD", "PRCD")


class Statement(Struct, kw_only=True):
    """One statement or notification; ``opening`` and ``closing`` only of a statement.

    Money that came in is positive. ``credits`` and ``debits`` are the sums of its booked lines in
    CNY, ``foreign`` counts the booked ones in other currencies, ``pending`` those not booked.
    """

    number: int
    id: str = ""
    account: str = ""
    currency: str | None = None
    sequence: int | None = None
    opening: int | None = None
    closing: int | None = None
    closed_on: date | None = None
    lines: int = 0
    entries: int = 0
    credits: int = 0
    debits: int = 0
    foreign: int = 0
    pending: int = 0


Item = Head | Statement | Line
"""What a message gives in turn: its head, then lines and, after its lines, each statement."""


def lines(message: str, events: Iterator[Event]) -> Iterator[Item]:
    """Read a message from its events.

    Refuses what ``xml_reader.read`` refuses, and ``bank-sums-differ``.
    """
    reading = _Reading(message)
    for tag, node in events:
        for item in reading.take(tag, node):
            if not reading.headed:
                raise BankFileMalformed(line=1, reason="the message has no group header")
            yield item
    if not reading.statements:
        raise BankFileMalformed(line=1, reason="the message has no statement")


class _Open:
    """The entry that is being read: its pieces, and the sum of its transactions so far."""

    def __init__(self) -> None:
        self.pieces: dict[str, Node] = {}
        self.entry: Entry | None = None
        self.blocks = 0
        self.batches = 0
        self.said = 0
        self.details = 0
        self.sum = 0

    def known(self, where: Node | None) -> Entry:
        """Give what the entry says of all its transactions; it comes before them."""
        if self.entry is None:
            self.entry = entry_of(self.pieces, where)
        return self.entry

    def detail(self, node: Node) -> Line:
        entry = self.known(node)
        self.details += 1
        line = line_of_detail(entry, node)
        self.sum += line.amount if line.incoming == entry.incoming else -line.amount
        return line

    def finish(self) -> Line | None:
        """Give the line of an entry without transactions; else check that they make it up."""
        entry = self.known(None)
        if not self.details:
            return line_of_entry(entry, self.pieces)
        where = f"line {entry.line}"
        if self.batches == self.blocks and self.said not in (0, self.details):
            raise BankSumsDiffer(
                where=where, what="the count of transactions", found=self.said,
                expected=self.details,
            )  # fmt: skip
        if self.sum != entry.amount:
            raise BankSumsDiffer(
                where=where, what="the amount of an entry", found=yuan(entry.amount),
                expected=yuan(self.sum),
            )  # fmt: skip
        return None


class _Reading:
    """Goes through the events of one message and keeps what the next one needs."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.headed = False
        self.statements = 0
        self.statement = Statement(number=0)
        self.summary: Node | None = None
        self.entry = _Open()

    def take(self, tag: str, node: Node | None) -> Iterator[Item]:
        if node is None:
            yield from self.turn(tag)
            return
        inside, _, name = tag.partition("/")
        if name == "GrpHdr":
            yield self.head(node)
        elif inside in ("Stmt", "Ntfctn"):
            if name == "TxsSummry":
                self.summary = node
            elif name in _OF_STATEMENT:
                _OF_STATEMENT[name](self.statement, node)
        elif inside == "Ntry":
            self.entry.pieces[name] = node
        elif name == "Btch":
            self.entry.batches += 1
            self.entry.said += number_of(node, "NbOfTxs") or 0
            self.entry.pieces[name] = node
        elif name == "TxDtls":
            yield self.count(self.entry.detail(node))

    def turn(self, tag: str) -> Iterator[Item]:
        """Begin or end a container."""
        match tag:
            case "Stmt" | "Ntfctn":
                self.statements += 1
                self.statement, self.summary = Statement(number=self.statements), None
            case "/Stmt" | "/Ntfctn":
                yield self.finish()
            case "Ntry":
                self.entry = _Open()
            case "NtryDtls":
                self.entry.blocks += 1
            case "/Ntry":
                alone = self.entry.finish()
                if alone is not None:
                    yield self.count(alone)
                self.sum_up(self.entry.known(None))

    def head(self, node: Node) -> Head:
        if self.headed:
            raise BankFileMalformed(line=node.line, reason="there are two group headers")
        self.headed = True
        return Head(
            message=self.message,
            message_id=require(node, "MsgId"),
            created_at=time_of(node, "CreDtTm"),
        )

    def sum_up(self, entry: Entry) -> None:
        statement = self.statement
        statement.entries += 1
        if not entry.booked:
            statement.pending += 1
        elif entry.currency != "CNY":
            statement.foreign += 1
        elif entry.incoming:
            statement.credits += entry.amount
        else:
            statement.debits += entry.amount

    def count(self, line: Line) -> Line:
        self.statement.lines += 1
        if self.statement.lines > limits.BANK_LINES:
            raise BankFileMalformed(
                line=line.line, reason=f"there are more than {limits.BANK_LINES} lines"
            )
        line.statement = self.statement.number
        return line

    def finish(self) -> Statement:
        statement = self.statement
        if not statement.id or not statement.account:
            raise BankFileMalformed(line=1, reason="a statement has no Id or no account")
        if self.message.startswith("camt.053"):
            _check_balances(statement)
        if self.summary is not None:
            _check_summary(statement, self.summary)
        return statement


def _set_id(statement: Statement, node: Node) -> None:
    statement.id = node.text.strip()[: limits.CODE]


def _set_sequence(statement: Statement, node: Node) -> None:
    text = node.text.strip()
    if text.isdecimal() and len(text) <= 15:
        statement.sequence = int(text)


def _set_account(statement: Statement, node: Node) -> None:
    found = node.get("Id/Othr/Id") or node.get("Id/IBAN")
    statement.account = (found or "")[: limits.CODE]
    statement.currency = node.get("Ccy")


def _set_pages(_: Statement, node: Node) -> None:
    if node.get("PgNb") != "1" or node.get("LastPgInd") not in ("true", "1"):
        raise BankFileMalformed(
            line=node.line, reason="a statement in several pages; ask the bank for one file"
        )


def _set_balance(statement: Statement, node: Node) -> None:
    kind = node.get("Tp/CdOrPrtry/Cd")
    amount = amount_of(node, "Amt") * sign_of(node)
    currency = currency_of(node, "Amt")
    if statement.currency is None:
        statement.currency = currency
    if kind == "CLBD":
        statement.closing = amount
        statement.closed_on = day_of(node, "Dt")
    elif kind in _OPENING and (statement.opening is None or kind == "OPBD"):
        statement.opening = amount


_OF_STATEMENT: Final = {
    "Id": _set_id,
    "ElctrncSeqNb": _set_sequence,
    "LglSeqNb": _set_sequence,
    "StmtPgntn": _set_pages,
    "Acct": _set_account,
    "Bal": _set_balance,
}


def _check_balances(statement: Statement) -> None:
    """Refuse a statement whose entries are not what is between its balances."""
    opening, closing = statement.opening, statement.closing
    if opening is None or closing is None or statement.closed_on is None:
        raise BankFileMalformed(
            line=1, reason=f"statement {statement.id} lacks its opening or its closing balance"
        )
    if not statement.foreign and opening + statement.credits - statement.debits != closing:
        raise BankSumsDiffer(
            where=f"statement {statement.id}",
            what="the closing balance",
            found=yuan(closing),
            expected=yuan(opening + statement.credits - statement.debits),
        )


def _check_summary(statement: Statement, node: Node) -> None:
    """Refuse a statement whose own count of entries or sums are not those of its entries."""
    where = f"statement {statement.id}"
    count = number_of(node, "TtlNtries/NbOfNtries")
    if count is not None and count != statement.entries:
        raise BankSumsDiffer(
            where=where, what="the number of entries", found=count, expected=statement.entries
        )
    for path, found in (
        ("TtlCdtNtries/Sum", statement.credits),
        ("TtlDbtNtries/Sum", statement.debits),
    ):
        if node.get(path) is not None and not statement.foreign and not statement.pending:
            said = amount_of(node, path)
            if said != found:
                raise BankSumsDiffer(where=where, what=path, found=yuan(said), expected=yuan(found))
