"""A clearing desk for tests: claims made by spending, windows closed, settlements taken along."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.world import AT, World, do
from tongbao.clearing import booking, settlements, windows
from tongbao.clearing.types import Leg, Settlement
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award, Operation, Purchase

DAY = date(2026, 5, 1)

EXAMPLE = {
    "AC": 60_000, "AB": 10_000, "BC": 30_000, "BA": 15_000,
    "CA": 20_000, "CD": 5_000, "DA": 8_000, "DC": 2_000,
}  # fmt: skip
"""The worked example: claims in fen, the first letter owes the second."""


def claim(world: World, claims: Mapping[str, int], tag: str = "") -> list[Operation]:
    """Let points of one be spent at another, for each claim such as ``AC``."""
    member = world.members[0]
    operations: list[Operation] = []
    for pair, points in claims.items():
        issuer, redeemer = pair[0], pair[1]
        operations += [
            Award(
                key=f"{tag}{pair}+", scope=world.organisations[issuer], member=member,
                outlet=world.outlets[issuer], points=points,
            ),
            Purchase(
                key=f"{tag}{pair}-", scope=world.organisations[redeemer], member=member,
                outlet=world.outlets[redeemer], amount=points, points=points,
            ),
        ]  # fmt: skip
    return operations


def close(conn: Connection) -> int:
    """Close the open window; give its id."""
    with conn.transaction():
        return windows.close(conn, AT).id


def window_of(conn: Connection, world: World, claims: Mapping[str, int], tag: str = "") -> int:
    """Make a closed window with these claims; give its id."""
    do(conn, claim(world, claims, tag))
    return close(conn)


def propose(
    conn: Connection, window: int | None = None, by: str = "Lin", **asked: Any
) -> Settlement:
    """Propose a settlement of the day, in a transaction of its own."""
    with conn.transaction():
        return settlements.propose(
            conn, **{"business_date": DAY, "through_window": window, "by": by, "at": AT, **asked}
        )


def approve(conn: Connection, settlement: int, by: str = "Wu") -> Settlement:
    """Approve a settlement, in a transaction of its own."""
    with conn.transaction():
        return settlements.approve(conn, settlement, by=by, at=AT)


def instruct(conn: Connection, settlement: int) -> list[Leg]:
    """Instruct a settlement, in a transaction of its own."""
    with conn.transaction():
        return settlements.instruct(conn, settlement, at=AT)


def instructed(conn: Connection, window: int | None = None, **asked: Any) -> Settlement:
    """Give a settlement that the bank was told of."""
    made = propose(conn, window, **asked)
    approve(conn, made.id)
    instruct(conn, made.id)
    return settlements.get(conn, made.id)


def book(conn: Connection, settlement: int, organisation: int, amount: int, reference: str) -> Leg:
    """Book a payment, in a transaction of its own."""
    with conn.transaction():
        return booking.book(conn, settlement, organisation, amount, reference=reference, at=AT)


def pay_all(conn: Connection, settlement: int) -> Settlement:
    """Book what is left of every leg."""
    with conn.transaction():
        booking.book_many(
            conn,
            [
                (settlement, leg.organisation_id, leg.left, leg.end_to_end_id)
                for leg in settlements.legs(conn, settlement)
                if leg.left and leg.state in ("instructed", "partly_paid")
            ],
            AT,
        )
    return settlements.get(conn, settlement)


def balances(conn: Connection, world: World, kind: str) -> dict[str, int]:
    """Give the balances of a kind by name, zeros left out."""
    rows = conn.execute("SELECT owner_id, balance FROM ledger.account WHERE kind = %s", (kind,))
    found: dict[int, int] = dict(rows.fetchall())
    return {name: found[who] for name, who in world.organisations.items() if found[who]}
