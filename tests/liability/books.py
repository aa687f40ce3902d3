"""What the tests of liability share: a year of an alliance, and reading what it comes to."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args

from tests.world import World, do
from tongbao.alliance.types import Cycle
from tongbao.clearing import booking, settlements, windows
from tongbao.kernel.db import Connection
from tongbao.points import due
from tongbao.points.check import Rules
from tongbao.points.operations import Award, Operation, Purchase
from tongbao.points.post import post

ZONE = "Asia/Shanghai"
PAST = Rules(past=None)


def noon(year: int, month: int, day: int = 15) -> datetime:
    """Give noon in Shanghai of a day."""
    return datetime(year, month, day, 4, tzinfo=UTC)


def award(
    world: World, name: str, key: str, points: int, amount: int = 0, member: int = 0
) -> Award:
    return Award(
        key=key, scope=world.organisations[name], member=world.members[member],
        outlet=world.outlets[name], points=points, amount=amount,
    )  # fmt: skip


def spend(
    world: World, name: str, key: str, points: int, cash: int = 0, member: int = 0
) -> Purchase:
    return Purchase(
        key=key, scope=world.organisations[name], member=world.members[member],
        outlet=world.outlets[name], amount=points + cash, points=points,
    )  # fmt: skip


def on(conn: Connection, at: datetime, *operations: Operation) -> list[int]:
    """Post operations at a time; all must go through. Gives their operation ids."""
    outcomes = do(conn, operations, at, PAST)
    assert [o.refusal for o in outcomes if o.status == "refused"] == []
    return [o.operation for o in outcomes]


def sweep(conn: Connection, at: datetime) -> None:
    """Post what time has made due."""
    with conn.transaction():
        for operations in due.pages(conn, at):
            post(conn, operations, at)


def settle(conn: Connection, at: datetime) -> None:
    """Close the window and let the bank pay everybody."""
    with conn.transaction():
        window = windows.close(conn, at)
        made = settlements.propose(
            conn, business_date=at.date(), through_window=window.id, by="Li", at=at,
            organisations=None, cycles=get_args(Cycle),
        )  # fmt: skip
        settlements.approve(conn, made.id, by="Wu", at=at)
        for leg in settlements.instruct(conn, made.id, at=at):
            amount = abs(leg.amount)
            booking.book(conn, made.id, leg.organisation_id, amount, reference="ok", at=at)


def month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def after(text: str) -> datetime:
    """Give a moment in the month after: time to close it."""
    first = month(text)
    return datetime(first.year, first.month, 28, 4, tzinfo=UTC) + timedelta(days=10)
