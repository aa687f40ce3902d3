"""A simulated bank: it reads payment files and answers as a bank does.

It says which payments it takes (pain.002), notifies of each that it moved (camt.054) and sends the
day's statement (camt.053). Which payments it rejects, and why, follows from the seed and the
payment's id alone, so that the same files get the same answers.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Final

from msgspec import Struct

from tongbao.bank import camt_values
from tongbao.bank.fields import cut, element, leaf, moment, money, yuan
from tongbao.bank.pain import CREDIT_TRANSFER, DIRECT_DEBIT, NAMESPACE
from tongbao.bank.xml_reader import Node, read, require
from tongbao.kernel import limits

_CONTAINERS: Final = {
    "CstmrCdtTrfInitn": ("Document",),
    "CstmrDrctDbtInitn": ("Document",),
    "PmtInf": ("CstmrCdtTrfInitn", "CstmrDrctDbtInitn"),
}
_REASONS: Final = (
    ("AC01", "incorrect account number"),
    ("AC04", "closed account"),
    ("AM04", "insufficient funds"),
    ("RC01", "bank unknown"),
)
_STATEMENT_AT: Final = time(10, tzinfo=UTC)
_WHOLE: Final = 1_000_000


class Order(Struct, kw_only=True, gc=False):
    """One payment that the bank is asked to make; ``reason`` is why it does not."""

    end_to_end_id: str
    amount: int
    party: str
    account: str
    reason: tuple[str, str] | None = None


class Received(Struct, kw_only=True):
    """A payment file that the bank has received."""

    message: str
    message_id: str
    created_at: datetime
    execute_on: date
    account: str
    information_id: str
    orders: list[Order]

    @property
    def incoming(self) -> bool:
        """Whether money comes in for the one who sent the file."""
        return self.message == DIRECT_DEBIT

    @property
    def moved(self) -> list[Order]:
        """The payments that were made."""
        return [order for order in self.orders if order.reason is None]


class Answered(Struct, frozen=True, kw_only=True):
    """What the bank has answered: the files it wrote, and the balance after them."""

    files: list[Path]
    taken: int
    rejected: int
    closing: int


def respond(
    paths: Sequence[Path],
    folder: Path,
    *,
    seed: int,
    opening: int = 0,
    sequence: int = 1,
    rejects: int = 20_000,
) -> Answered:
    """Answer payment files: a pain.002 and a camt.054 for each, one camt.053 for all.

    ``opening`` is the balance (fen) of the account before, ``sequence`` the number of the
    statement, ``rejects`` how many payments are rejected, in parts per million. Nothing is read
    from the clock: answers are dated by the files. Refuses what reading XML refuses.
    """
    assert paths, "a bank answers to something"
    folder.mkdir(parents=True, exist_ok=True)
    received = [_receive(path) for path in paths]
    for one in received:
        for order in one.orders:
            order.reason = _judge(order, seed, rejects)
    files = []
    for one in received:
        files.append(_write(folder / f"{one.message_id}-pain.002.xml", _status_report(one)))
        if one.moved:
            name = folder / f"{one.message_id}-camt.054.xml"
            files.append(_write(name, _notification(one)))
    statement = _Statement(received, opening, sequence)
    files.append(_write(folder / f"{statement.id}-camt.053.xml", statement.write()))
    return Answered(
        files=files,
        taken=sum(len(one.moved) for one in received),
        rejected=sum(len(one.orders) - len(one.moved) for one in received),
        closing=statement.closing,
    )


def _receive(path: Path) -> Received:
    with open(path, "rb") as file:
        events = read(file, (CREDIT_TRANSFER, DIRECT_DEBIT), _CONTAINERS)
        message = next(events)[0]
        found = Received(
            message=message,
            message_id="",
            created_at=datetime.min.replace(tzinfo=UTC),
            execute_on=date.min,
            account="",
            information_id="",
            orders=[],
        )
        for tag, node in events:
            take = _PIECES.get(tag.partition("/")[2]) if node is not None else None
            if take is not None and node is not None:
                take(found, node)
    return found


def _take_header(found: Received, node: Node) -> None:
    found.message_id = require(node, "MsgId")
    found.created_at = camt_values.time_of(node, "CreDtTm")


def _take_information(found: Received, node: Node) -> None:
    found.information_id = node.text


def _take_day(found: Received, node: Node) -> None:
    found.execute_on = date.fromisoformat(node.get("Dt") or node.text)


def _take_own_account(found: Received, node: Node) -> None:
    found.account = require(node, "Id/Othr/Id")


def _take_transfer(found: Received, node: Node) -> None:
    found.orders.append(_order(node, "Cdtr", "Amt/InstdAmt"))


def _take_debit(found: Received, node: Node) -> None:
    found.orders.append(_order(node, "Dbtr", "InstdAmt"))


def _order(node: Node, side: str, amount: str) -> Order:
    return Order(
        end_to_end_id=require(node, "PmtId/EndToEndId"),
        amount=camt_values.amount_of(node, amount),
        party=require(node, f"{side}/Nm", limits.NAME),
        account=require(node, f"{side}Acct/Id/Othr/Id"),
    )


_PIECES: Final[dict[str, Callable[[Received, Node], None]]] = {
    "GrpHdr": _take_header,
    "PmtInfId": _take_information,
    "ReqdExctnDt": _take_day,
    "ReqdColltnDt": _take_day,
    "DbtrAcct": _take_own_account,
    "CdtrAcct": _take_own_account,
    "CdtTrfTxInf": _take_transfer,
    "DrctDbtTxInf": _take_debit,
}


def _judge(order: Order, seed: int, rejects: int) -> tuple[str, str] | None:
    """Say why a payment is rejected, if it is."""
    random = Random(f"{seed}:{order.end_to_end_id}")
    if random.randrange(_WHOLE) >= rejects:
        return None
    return random.choice(_REASONS)


def _status_report(one: Received) -> Iterator[str]:
    status = "ACSC" if len(one.moved) == len(one.orders) else "PART" if one.moved else "RJCT"
    yield _start("pain.002.001.10", "CstmrPmtStsRpt")
    yield element(
        "GrpHdr",
        leaf("MsgId", f"SB-{one.message_id}"[:35]),
        leaf("CreDtTm", moment(one.created_at + timedelta(minutes=1))),
    )
    yield element(
        "OrgnlGrpInfAndSts",
        leaf("OrgnlMsgId", one.message_id),
        leaf("OrgnlMsgNmId", one.message),
        leaf("OrgnlNbOfTxs", len(one.orders)),
        leaf("GrpSts", status),
    )
    yield "<OrgnlPmtInfAndSts>" + leaf("OrgnlPmtInfId", one.information_id)
    for order in one.orders:
        reason = ""
        if order.reason is not None:
            code, words = order.reason
            reason = element("StsRsnInf", element("Rsn", leaf("Cd", code)), leaf("AddtlInf", words))
        yield element(
            "TxInfAndSts",
            leaf("OrgnlEndToEndId", order.end_to_end_id),
            leaf("TxSts", "RJCT" if order.reason else "ACSC"),
            reason,
        )
    yield "</OrgnlPmtInfAndSts>"
    yield _end("CstmrPmtStsRpt")


def _notification(one: Received) -> Iterator[str]:
    yield _start("camt.054.001.08", "BkToCstmrDbtCdtNtfctn")
    at = datetime.combine(one.execute_on, _STATEMENT_AT) - timedelta(hours=1)
    yield element("GrpHdr", leaf("MsgId", f"SN-{one.message_id}"[:35]), leaf("CreDtTm", moment(at)))
    yield "<Ntfctn>" + leaf("Id", f"SN-{one.message_id}"[:35]) + _account(one.account)
    for order in one.moved:
        yield _entry(one, order)
    yield "</Ntfctn>"
    yield _end("BkToCstmrDbtCdtNtfctn")


class _Statement:
    """The statement of the day on which the last of the payments was made."""

    def __init__(self, received: Sequence[Received], opening: int, sequence: int) -> None:
        self.received = received
        self.opening = opening
        self.sequence = sequence
        self.day = max(one.execute_on for one in received)
        self.id = f"SB-{self.day:%Y%m%d}-{sequence}"
        self.credits = [o.amount for one in received if one.incoming for o in one.moved]
        self.debits = [o.amount for one in received if not one.incoming for o in one.moved]
        self.closing = opening + sum(self.credits) - sum(self.debits)

    def write(self) -> Iterator[str]:
        at = moment(datetime.combine(self.day, _STATEMENT_AT))
        yield _start("camt.053.001.08", "BkToCstmrStmt")
        yield element("GrpHdr", leaf("MsgId", self.id), leaf("CreDtTm", at))
        yield (
            "<Stmt>"
            + leaf("Id", self.id)
            + leaf("ElctrncSeqNb", self.sequence)
            + leaf("CreDtTm", at)
            + _account(self.received[0].account)
            + self.balance("OPBD", self.opening)
            + self.balance("CLBD", self.closing)
        )
        yield element(
            "TxsSummry",
            element("TtlNtries", leaf("NbOfNtries", len(self.credits) + len(self.debits))),
            _total("TtlCdtNtries", self.credits),
            _total("TtlDbtNtries", self.debits),
        )
        for one in self.received:
            for order in one.moved:
                yield _entry(one, order)
        yield "</Stmt>"
        yield _end("BkToCstmrStmt")

    def balance(self, kind: str, amount: int) -> str:
        return element(
            "Bal",
            element("Tp", element("CdOrPrtry", leaf("Cd", kind))),
            money("Amt", abs(amount)),
            leaf("CdtDbtInd", "CRDT" if amount >= 0 else "DBIT"),
            element("Dt", leaf("Dt", self.day.isoformat())),
        )


def _total(tag: str, amounts: Sequence[int]) -> str:
    return element(tag, leaf("NbOfNtries", len(amounts)), leaf("Sum", yuan(sum(amounts))))


def _entry(one: Received, order: Order) -> str:
    reference = hashlib.sha256(order.end_to_end_id.encode()).hexdigest()[:16].upper()
    side = "Dbtr" if one.incoming else "Cdtr"
    family, sub_family = ("IDDT", "PMDD") if one.incoming else ("ICDT", "DMCT")
    code = element("Fmly", leaf("Cd", family), leaf("SubFmlyCd", sub_family))
    day = leaf("Dt", one.execute_on.isoformat())
    direction = leaf("CdtDbtInd", "CRDT" if one.incoming else "DBIT")
    return element(
        "Ntry",
        money("Amt", order.amount),
        direction,
        element("Sts", leaf("Cd", "BOOK")),
        element("BookgDt", day),
        element("ValDt", day),
        leaf("AcctSvcrRef", f"SB{reference}"),
        element("BkTxCd", element("Domn", leaf("Cd", "PMNT"), code)),
        element(
            "NtryDtls",
            element(
                "TxDtls",
                element("Refs", leaf("EndToEndId", order.end_to_end_id)),
                money("Amt", order.amount),
                direction,
                element(
                    "RltdPties",
                    element(side, element("Pty", leaf("Nm", cut(order.party, 140)))),
                    element(f"{side}Acct", _number(order.account)),
                ),
            ),
        ),
    )


def _account(number: str) -> str:
    return element("Acct", _number(number), leaf("Ccy", "CNY"))


def _number(number: str) -> str:
    return element("Id", element("Othr", leaf("Id", number)))


def _start(message: str, root: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}{message}"><{root}>'
    )


def _end(root: str) -> str:
    return f"</{root}></Document>"


def _write(path: Path, pieces: Iterable[str]) -> Path:
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        out.writelines(piece + "\n" for piece in pieces)
    return path
