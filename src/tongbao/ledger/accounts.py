"""Accounts: opening them, and what they hold. Balances move by posting alone."""

from collections.abc import Sequence
from typing import Final

from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__, "account_queries.sql")

ORGANISATION: Final = {
    "issued": "PTS",
    "owed": "PTS",
    "clearing": "CNY",
    "reserve": "CNY",
    "collateral": "CNY",
    "prepaid": "CNY",
    "guarantee": "CNY",
    "bank": "CNY",
}
"""The accounts of every organisation, with their units."""

OPERATOR: Final = ORGANISATION | {"fees": "CNY", "breakage": "CNY", "first_loss": "CNY"}
"""The accounts of the operator."""


def open_organisation(conn: Connection, organisation_id: int, *, operator: bool) -> None:
    """Open the accounts of one organisation, all at zero."""
    _open(conn, [organisation_id], OPERATOR if operator else ORGANISATION)


def open_organisations(conn: Connection, organisation_ids: Sequence[int]) -> None:
    """Open the accounts of many organisations, none of them the operator, in one statement."""
    _open(conn, organisation_ids, ORGANISATION)


def open_member(conn: Connection, member_id: int) -> None:
    """Open a member's wallet; the other accounts appear with their first balance."""
    open_members(conn, [member_id])


def open_members(conn: Connection, member_ids: Sequence[int]) -> None:
    """Open the wallets of many members in one statement."""
    _open(conn, member_ids, {"wallet": "PTS"})


def set_bounded(conn: Connection, organisation_id: int, *, bounded: bool) -> None:
    """Say whether posting must lock this organisation before it issues or redeems its points.

    Postings must not be under way: hold ``lock.fence_closing``. The ``issued`` row carries the
    mark and stands for all accounts of its organisation, as the wallet does for a member's.
    """
    conn.execute(Q.set_bounded, {"organisation": organisation_id, "bounded": bounded})


def balances(conn: Connection, owner_id: int) -> dict[str, int]:
    """Give the balances (fen) of a member's or an organisation's accounts by their kind."""
    return dict(conn.execute(Q.balances, {"owner": owner_id}))


def owed_by_members(conn: Connection, organisation_id: int) -> int:
    """Give what all members together owe an organisation, in fen of points."""
    row = conn.execute(Q.owed_by_members, {"organisation": organisation_id}).fetchone()
    return int(row[0]) if row else 0


def _open(conn: Connection, owners: Sequence[int], units: dict[str, str]) -> None:
    conn.execute(
        Q.open_accounts,
        {
            "owners": arrays.ints(owners),
            "kinds": arrays.words(units),
            "units": arrays.words(units.values()),
        },
    )
