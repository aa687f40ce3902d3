"""Each law catches its planted fault also in a ledger that was posted, not made by hand."""

import pytest

from tests.copies import copied
from tests.laws.plants import PLANTS, Plant, plant
from tests.points.desk import Desk, good
from tests.points.test_reference import live
from tests.world import AT, broken_laws
from tongbao.kernel.db import Connection
from tongbao.ledger.laws import LAWS
from tongbao.ledger.seal import seal
from tongbao.ledger.verify import verify
from tongbao.points.operations import Award, Capture, Refund

BY_HAND = ("release'", "102", "(11,", "= 11", "= 12", "12 WHERE", "13)", '"tea"', "collateral",
           "budget", "'purchase')\"")  # fmt: skip
"""What only the ledger made by hand has: its ids, its kinds, and accounts nobody here uses."""

MORE = [
    Plant(
        "a lot that changed its issuer",
        "law_05_issued_equals_lots",
        """
        UPDATE ledger.lot SET issuer_id = (SELECT max(id) FROM alliance.organisation)
        WHERE id = (SELECT max(id) FROM ledger.lot WHERE available > 0)
        """,
    ),
    Plant(
        "a claim forgotten",
        "law_06_claims_equal_transfers",
        "UPDATE ledger.claim SET claimed = claimed - 1 WHERE claimed > 0",
    ),
    Plant(
        "positions the other way round",
        "law_10_positions_equal_transfers",
        "UPDATE ledger.window_movement SET net = -net",
    ),
    Plant(
        "a wallet with points that no lot has",
        "law_02_balances_equal_transfers",
        "UPDATE ledger.account SET balance = balance + 1 WHERE kind = 'wallet'",
    ),
    Plant(
        "a budget overspent",
        "law_12_budgets_are_kept",
        """
        ALTER TABLE ledger.account DROP CONSTRAINT account_floor;
        INSERT INTO ledger.account (owner_id, kind, unit, balance) VALUES (7, 'budget', 'PTS', -1)
        """,
    ),
]

POSTED = [p for p in PLANTS if not any(word in p.done for word in BY_HAND)] + MORE


@pytest.fixture(scope="module")
def posted(module_db: Connection) -> str:
    """Give the name of a database in which every operation was posted and some things are open."""
    desk = Desk(module_db, people=8)
    assert all(outcome.refusal is None for outcome in live(desk))
    member = desk.rich(1_000, "prepaid")
    held = desk.hold("c", member, 300)
    part = {"hold": held.operation, "points": 100}
    good(desk.one(desk.by(Capture, "c", **part, final=False)))
    sale = good(desk.one(desk.at(Award, "a", member=desk.member(), amount=10_000)))
    assert sale.member is not None
    desk.buy("c", sale.member, 100, 100)
    good(desk.refund("a", sale))
    paid = desk.buy("c", member, 8_000, 300)
    good(desk.one(desk.by(Refund, "c", original=paid.operation, amount=5_000)))
    with module_db.transaction():
        seal(module_db, AT)
    desk.award("a", member, 10)
    assert broken_laws(module_db) == {}
    name = module_db.info.dbname
    module_db.close()  # nobody may be connected to what is copied
    return name


@pytest.mark.parametrize("fault", POSTED, ids=lambda p: f"{p.query}: {p.wrong}")
def test_a_fault_planted_in_a_posted_ledger_is_caught(
    posted: str, server_url: str, fault: Plant
) -> None:
    with copied(server_url, posted) as conn:
        plant(conn, fault.done)
        with conn.transaction():
            report = verify(conn, incremental=False, at=AT)
        found = {o.query for result in report.results for o in result.offenders}
        assert fault.query in found


def test_every_law_has_a_plant_here() -> None:
    laws = {law.number for law in LAWS for p in POSTED if p.query in law.queries}
    assert laws >= {law.number for law in LAWS if law.queries}
