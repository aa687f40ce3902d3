"""Statements, notifications and status reports as a bank would send them, made line by line."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct

from tests.bank.desk import OWN
from tongbao.bank.fields import element, leaf, money, yuan
from tongbao.bank.pain import NAMESPACE

DAY = date(2026, 5, 1)


class Entry(Struct, frozen=True, kw_only=True):
    """One entry of a statement; ``amount`` negative: money that went out."""

    amount: int
    id: str | None = None
    reference: str | None = None
    party: str | None = None
    account: str | None = None
    currency: str = "CNY"
    status: str = "BOOK"
    reversal: bool = False
    day: date = DAY
    batch: str | None = None
    details: Sequence[int] = ()


def entry(one: Entry, version: str = "08") -> str:
    """Write an entry."""
    side = "Dbtr" if one.amount > 0 else "Cdtr"
    direction = leaf("CdtDbtInd", "CRDT" if one.amount > 0 else "DBIT")
    day = element("BookgDt", leaf("Dt", one.day.isoformat()))
    name = "" if one.party is None else leaf("Nm", one.party)
    party = name if version == "02" or not name else element("Pty", name)
    parties = (element(side, party) if party else "") + (
        ""
        if one.account is None
        else element(f"{side}Acct", element("Id", element("Othr", leaf("Id", one.account))))
    )
    refs = element("Refs", leaf("EndToEndId", one.id)) if one.id else ""
    amounts = one.details or (abs(one.amount),)
    details = "".join(
        element(
            "TxDtls",
            refs,
            "" if version == "02" else money("Amt", amount, one.currency) + direction,
            element("RltdPties", parties) if parties else "",
        )
        for amount in amounts
    )
    if one.batch is not None:
        details = element("Btch", leaf("PmtInfId", one.batch))
    status = leaf("Sts", one.status) if version == "02" else element("Sts", leaf("Cd", one.status))
    return element(
        "Ntry",
        money("Amt", abs(one.amount), one.currency),
        direction,
        leaf("RvslInd", "true") if one.reversal else "",
        status,
        day,
        "" if one.reference is None else leaf("AcctSvcrRef", one.reference),
        element("BkTxCd", element("Prtry", leaf("Cd", "X"))),
        element("NtryDtls", details),
    )


def balance(kind: str, amount: int, day: date, currency: str = "CNY") -> str:
    """Write a balance."""
    return element(
        "Bal",
        element("Tp", element("CdOrPrtry", leaf("Cd", kind))),
        money("Amt", abs(amount), currency),
        leaf("CdtDbtInd", "CRDT" if amount >= 0 else "DBIT"),
        element("Dt", leaf("Dt", day.isoformat())),
    )


def statement(
    path: Path,
    entries: Sequence[Entry],
    *,
    id: str = "S1",  # noqa: A002 - a statement's
    opening: int = 0,
    closing: int | None = None,
    sequence: int = 1,
    day: date = DAY,
    account: str = OWN.number,
    currency: str = "CNY",
    version: str = "08",
    summary: str = "",
) -> Path:
    """Write a camt.053 with one statement."""
    moved = sum(one.amount for one in entries if one.status == "BOOK" and one.currency == "CNY")
    end = opening + moved if closing is None else closing
    text = document(
        f"camt.053.001.{version}",
        "BkToCstmrStmt",
        element("GrpHdr", leaf("MsgId", f"M-{id}"), leaf("CreDtTm", f"{day}T18:00:00+08:00")),
        element(
            "Stmt",
            leaf("Id", id),
            leaf("ElctrncSeqNb", sequence),
            leaf("CreDtTm", f"{day}T18:00:00+08:00"),
            element(
                "Acct", element("Id", element("Othr", leaf("Id", account))), leaf("Ccy", currency)
            ),
            balance("OPBD", opening, day, currency),
            balance("CLBD", end, day, currency),
            summary,
            *(entry(one, version) for one in entries),
        ),
    )
    path.write_text(text, "utf-8")
    return path


def notification(path: Path, entries: Sequence[Entry], *, id: str = "N1") -> Path:  # noqa: A002
    """Write a camt.054 with one notification."""
    text = document(
        "camt.054.001.08",
        "BkToCstmrDbtCdtNtfctn",
        element("GrpHdr", leaf("MsgId", f"M-{id}"), leaf("CreDtTm", "2026-05-01T12:00:00+08:00")),
        element(
            "Ntfctn",
            leaf("Id", id),
            element("Acct", element("Id", element("Othr", leaf("Id", OWN.number)))),
            *(entry(one) for one in entries),
        ),
    )
    path.write_text(text, "utf-8")
    return path


def report(
    path: Path,
    message: str,
    statuses: Sequence[tuple[str, str]] = (),
    *,
    group: str | None = None,
    id: str = "R1",  # noqa: A002 - a report's
) -> Path:
    """Write a pain.002 about the file ``message``: end-to-end ids with their status."""
    ones = [
        element(
            "TxInfAndSts",
            leaf("OrgnlEndToEndId", end_to_end_id),
            leaf("TxSts", status),
            element("StsRsnInf", element("Rsn", leaf("Cd", "AC01")), leaf("AddtlInf", "账号错误"))
            if status == "RJCT"
            else "",
        )
        for end_to_end_id, status in statuses
    ]
    text = document(
        "pain.002.001.10",
        "CstmrPmtStsRpt",
        element("GrpHdr", leaf("MsgId", id), leaf("CreDtTm", "2026-05-01T10:00:00+08:00")),
        element(
            "OrgnlGrpInfAndSts",
            leaf("OrgnlMsgId", message),
            leaf("OrgnlMsgNmId", "pain.001.001.09"),
            "" if group is None else leaf("GrpSts", group),
        ),
        element("OrgnlPmtInfAndSts", leaf("OrgnlPmtInfId", message), *ones) if ones else "",
    )
    path.write_text(text, "utf-8")
    return path


def document(message: str, root: str, *inside: str) -> str:
    """Write a document around what is inside."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="{NAMESPACE}{message}">{element(root, *inside)}</Document>\n'
    )


def summary(count: int, credits_: int, debits: int) -> str:
    """Write the summary of a statement."""
    return element(
        "TxsSummry",
        element("TtlNtries", leaf("NbOfNtries", count)),
        element("TtlCdtNtries", leaf("Sum", yuan(credits_))),
        element("TtlDbtNtries", leaf("Sum", yuan(debits))),
    )
