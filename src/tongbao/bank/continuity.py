"""Whether the statements of an account follow each other: no number missing, no balance jumping."""

from datetime import datetime
from typing import Any, Final

from tongbao.bank.types import Report
from tongbao.desk import exceptions
from tongbao.desk.exceptions import NewItem
from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__, "report_queries.sql")

GAP: Final = "bank-gap"
"""Exception items: a statement that does not follow from the one before it."""


def check(conn: Connection, report: Report, at: datetime) -> None:
    """Look at the statements of a report and at those after them.

    One that does not begin where the one before it ended becomes an exception item; the item is
    closed when the statement that was missing has come. Numbers may begin anew with 1.
    """
    if report.family != "camt.053":
        return
    broken: list[NewItem] = []
    sound: list[str] = []
    rows = conn.execute(Q.statements_around, {"report": report.id, "limit": limits.PAGE})
    for account, statement, sequence, opening, closed_on, former, number, closing in rows:
        follows = opening == closing and _follows(number, sequence)
        subject = f"{account} {statement}"
        if follows:
            sound.append(subject)
            continue
        facts: dict[str, Any] = {
            "account": account,
            "statement": statement,
            "sequence": sequence,
            "closed_on": closed_on,
            "opening": opening,
            "former": former,
            "former_sequence": number,
            "former_closing": closing,
        }
        broken.append(NewItem(kind=GAP, subject=subject, facts=facts))
    exceptions.raise_items(conn, broken, at)
    exceptions.close_subjects(
        conn,
        GAP,
        sound,
        by="bank",
        how="complete",
        reason="the statement that was missing has come",
        at=at,
    )


def _follows(former: int | None, sequence: int | None) -> bool:
    return former is None or sequence is None or sequence in (former + 1, 1)
