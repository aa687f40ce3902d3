"""Settle a closed window in one go, as if the bank had moved everything at once."""

from datetime import date, datetime
from typing import Final

from tongbao.clearing import booking, settlements
from tongbao.clearing.types import Settlement
from tongbao.kernel.db import Connection

PROPOSER: Final = "settle"
APPROVER: Final = "settle2"


def settle(conn: Connection, window: int, business_date: date, at: datetime) -> Settlement:
    """Propose, approve, instruct and book all that is owed up to ``window``; give what it became.

    Two people, and a bank that pays every leg at once. Once: of what was paid nothing is left.
    """
    proposed = settlements.propose(
        conn, business_date=business_date, through_window=window, by=PROPOSER, at=at
    )
    if proposed.state == "proposed":
        settlements.approve(conn, proposed.id, by=APPROVER, at=at)
        told = settlements.instruct(conn, proposed.id, at=at)
        booking.book_many(
            conn,
            [(proposed.id, leg.organisation_id, leg.left, leg.end_to_end_id) for leg in told],
            at,
        )
    return settlements.get(conn, proposed.id)
