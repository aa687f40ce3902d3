"""Statements as rows: one CSV file for any number of organisations, each section as rows.

In each account the amounts add up: opening, then its lines, then closing. What stands beside the
accounts (points accepted, claims by counterparty, VAT) is in sections of its own.
"""

import csv
import io
from collections.abc import Iterator
from typing import Final

import msgspec

from tongbao.statements.types import Issuer, Redeemer, Statement

COLUMNS: Final = (
    "organisation",
    "section",
    "item",
    "counterparty",
    "reference",
    "count",
    "amount",
)
"""The columns; ``amount`` is in fen, of points in circulation, accepted and owed too."""

_issuers: Final = msgspec.json.Decoder(list[Issuer])
_redeemers: Final = msgspec.json.Decoder(list[Redeemer])

Row = tuple[str, str, str, str, str, int | str, int]


def head() -> str:
    """Give the first line of the file."""
    return ",".join(COLUMNS) + "\r\n"


def issuers(statement: Statement) -> list[Issuer]:
    """Give those whose points the organisation accepted, by code."""
    return _issuers.decode(statement.issuers)


def redeemers(statement: Statement) -> list[Redeemer]:
    """Give those who accepted the organisation's points, by code."""
    return _redeemers.decode(statement.redeemers)


def rows(statement: Statement) -> str:
    """Write one statement as lines of the file."""
    text = io.StringIO()
    csv.writer(text).writerows(_stated(statement))
    text.writelines(_counterparties(statement))
    return text.getvalue()


def _stated(statement: Statement) -> Iterator[Row]:
    who = statement.organisation.code
    for account in statement.accounts:
        yield (who, account.account, "opening", "", "", "", account.opening)
        for line in statement.lines:
            if line.account == account.account:
                given = line.reference or (f"vat {line.vat}" if line.vat is not None else "")
                yield (
                    who,
                    line.account,
                    line.item,
                    line.counterparty or "",
                    given,
                    line.count,
                    line.amount,
                )
        yield (who, account.account, "closing", "", "", "", account.closing)
    for fee in statement.fees:
        section = "fees_received" if fee.received else "fees_paid"
        for item in ("gross", "net", "vat"):
            amount = getattr(fee, item)
            yield (who, section, f"{fee.fee}_{item}", "", f"vat {fee.rate}", "", amount)


def _counterparties(statement: Statement) -> Iterator[str]:
    """Write the rows of counterparties: codes and numbers, which need no quotes."""
    who = statement.organisation.code
    for one in issuers(statement):
        start = f"{who},accepted"
        if one.redemptions:
            yield f"{start},points,{one.code},,{one.redemptions},{one.points}\r\n"
        if one.returns:
            yield f"{start},points_back,{one.code},,{one.returns},{-one.points_back}\r\n"
        start = f"{who},claims_on_issuers"
        if one.claims:
            yield f"{start},due,{one.code},,{one.claims},{one.due}\r\n"
        if one.counterclaims:
            yield f"{start},due_back,{one.code},,{one.counterclaims},{-one.due_back}\r\n"
    start = f"{who},claims_of_redeemers"
    for other in redeemers(statement):
        if other.claims:
            yield f"{start},owed,{other.code},,{other.claims},{-other.owed}\r\n"
        if other.counterclaims:
            yield f"{start},owed_back,{other.code},,{other.counterclaims},{other.owed_back}\r\n"
