"""A small alliance and two windows of it: a sale, and its refund in the window after."""

from datetime import timedelta

from tests.clearing.desk import approve, close, instruct, pay_all, propose
from tests.world import AT, World, build, do, one
from tongbao.alliance import blocks, collateral
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award, Purchase, Refund

LATER = AT + timedelta(days=1)
TERMS = {
    "A": Terms(earn_rate=0),
    "B": Terms(earn_rate=0, acceptance_fee=25_000),
    "P": Terms(earn_rate=0, prepaid_share=1_000_000, issue_fee=10_000, block=10_000),
}


def two_windows(conn: Connection) -> World:
    """Make two closed windows.

    In the first, 100 points of A and 50 of P are spent at B, 20 of A at A, A pays 500 of
    collateral and P a block of 100; it is settled. In the second, half of the sale at B comes back.
    """
    world = build(conn, TERMS)
    who, where, member = world.organisations, world.outlets, world.members[0]
    with conn.transaction():
        collateral.deposit(conn, who["A"], 50_000, "deposit", AT, "Lin")
        blocks.buy(conn, who["P"], 10_000, "block", AT, "Lin")
    awards = [
        Award(key=name, scope=who[name], member=member, outlet=where[name], points=points)
        for name, points in (("A", 30_000), ("P", 5_000))
    ]
    do(conn, awards)
    own = Purchase(
        key="own", scope=who["A"], member=member, outlet=where["A"], amount=2_000, points=2_000
    )
    sale = Purchase(
        key="sale", scope=who["B"], member=member, outlet=where["B"], amount=35_000, points=33_000
    )
    _, sold = do(conn, [own, sale])
    assert sold.spent == 33_000
    close(conn)
    made = propose(conn)
    approve(conn, made.id)
    instruct(conn, made.id)
    pay_all(conn, made.id)
    back = one(conn, Refund(key="back", scope=who["B"], original=sold.operation, amount=17_500))
    assert back.status == "posted"
    close(conn)
    return world
