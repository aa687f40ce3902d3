"""The example of the design: points of A and B pay at C, to the fen."""

from tests.world import broken_laws, build, do, one
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.points.operations import Award, Purchase, Refund


def test_points_of_two_issuers_pay_at_a_third_and_come_back_by_a_refund(db: Connection) -> None:
    world = build(
        db, {"A": Terms(expiry_months=12), "B": Terms(), "C": Terms(acceptance_fee=20_000)}
    )
    a, b, c = (world.organisations[name] for name in "ABC")
    member = world.members[0]
    *_, paid = do(
        db,
        [
            Award(key="a", scope=a, member=member, outlet=world.outlets["A"], points=5_000),
            Award(key="b", scope=b, member=member, outlet=world.outlets["B"], points=6_000),
            Purchase(
                key="c", scope=c, member=member, outlet=world.outlets["C"],
                amount=20_000, points=8_000,
            ),
        ],
    )  # fmt: skip
    assert [(claim.issuer, claim.redeemer, claim.amount) for claim in paid.claims] == [
        (a, c, 5_000),
        (b, c, 3_000),
    ]
    assert paid.cash == 12_000
    assert paid.earned == 120
    assert paid.balances is not None and paid.balances.available == 3_120
    fees = db.execute("SELECT balance FROM ledger.account WHERE kind = 'fees'").fetchall()
    assert fees == [(160,)]

    back = one(db, Refund(key="d", scope=c, original=paid.operation))
    assert back.balances is not None and back.balances.available == 11_000
    assert broken_laws(db) == {}
