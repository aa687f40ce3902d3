"""Payments that were instructed and that no statement tells of."""

from datetime import date, datetime, timedelta
from typing import Final

from tongbao.bank.matching import MISSING, Q
from tongbao.desk import exceptions
from tongbao.desk.exceptions import NewItem
from tongbao.kernel import limits
from tongbao.kernel.db import Connection

DAYS: Final = 3
"""After so many days a payment should have been on a statement."""


def raise_missing(conn: Connection, day: date, at: datetime, days: int = DAYS) -> int:
    """Raise exception items for payments that should have been on a statement ``days`` ago.

    ``day`` is today. Once for each payment; closed by themselves when the payment is reported.
    Gives how many are missing.
    """
    count, settlement, organisation = 0, 0, 0
    while True:
        values = {
            "day": day - timedelta(days=days),
            "settlement": settlement,
            "organisation": organisation,
            "limit": limits.PAGE,
        }
        rows = conn.execute(Q.missing_payments, values).fetchall()
        items = [
            NewItem(
                kind=MISSING,
                organisation_id=row[1],
                subject=row[2],
                facts={
                    "settlement": row[0],
                    "amount": row[3],
                    "state": row[4],
                    "file": row[5],
                    "execute_on": row[6],
                },
            )
            for row in rows
        ]
        exceptions.raise_items(conn, items, at)
        count += len(rows)
        if len(rows) < limits.PAGE:
            return count
        settlement, organisation = rows[-1][0], rows[-1][1]
