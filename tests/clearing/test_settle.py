"""Settlement: positions are paid once, in order, to the fen, and the money adds up."""

import threading
from collections.abc import Mapping

import pytest

from tests.world import AT, World, broken_laws, build, do, one
from tongbao.alliance.types import Terms
from tongbao.clearing import windows
from tongbao.clearing.report import Payments, report
from tongbao.clearing.settle import (
    SettleOutOfOrder,
    WindowOpen,
    claims_by_pair,
    find,
    nets,
    settle,
)
from tongbao.clearing.types import Settlement
from tongbao.clearing.windows import WindowNotFound
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.kernel.texts import TextMalformed
from tongbao.points.operations import Award, CancelPending, Operation, Purchase, Refund, Reversal

EXAMPLE = {
    "AC": 60_000, "AB": 10_000, "BC": 30_000, "BA": 15_000,
    "CA": 20_000, "CD": 5_000, "DA": 8_000, "DC": 2_000,
}  # fmt: skip


def close(conn: Connection) -> int:
    with conn.transaction():
        return windows.close(conn, AT).id


def pay(conn: Connection, window: int, by: str = "Lin") -> Settlement:
    with conn.transaction():
        return settle(conn, window, AT, by)


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


def balances(conn: Connection, world: World, kind: str) -> dict[str, int]:
    rows = conn.execute("SELECT owner_id, balance FROM ledger.account WHERE kind = %s", (kind,))
    found: dict[int, int] = dict(rows.fetchall())
    return {name: found[who] for name, who in world.organisations.items() if found[who]}


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {name: Terms(earn_rate=0) for name in "ABCD"})


def test_the_example_is_paid_in_3_collections_and_1_payout(db: Connection, world: World) -> None:
    do(db, claim(world, EXAMPLE))
    window = close(db)
    positions = {"A": -27_000, "B": -35_000, "C": 67_000, "D": -5_000}
    assert balances(db, world, "clearing") == positions
    paid = pay(db, window)
    assert (paid.collections, paid.paid_in, paid.payouts, paid.paid_out) == (3, 67_000, 1, 67_000)
    assert (paid.settled_by, paid.settled_at, paid.replayed) == ("Lin", AT, False)
    assert balances(db, world, "clearing") == {}
    assert balances(db, world, "bank") == positions
    assert broken_laws(db) == {}


def test_the_example_is_reported_in_three_ways_and_pair_by_pair(
    db: Connection, world: World
) -> None:
    do(db, claim(world, EXAMPLE))
    window = close(db)
    found = report(db, window, limit=2)
    assert (found.gross, found.bilateral) == (Payments(8, 150_000), Payments(5, 86_000))
    assert (found.collections, found.payouts) == (Payments(3, 67_000), Payments(1, 67_000))
    assert (found.kept, found.organisations, found.pairs_in_all) == (0, 4, 5)
    name = {who: name for name, who in world.organisations.items()}
    assert [(name[p.debtor] + name[p.creditor], p.owed, p.owed_back) for p in found.pairs] == [
        ("AC", 60_000, 20_000),
        ("BC", 30_000, 0),
    ]
    assert [(name[n.organisation_id], n.clearing) for n in found.nets] == [
        ("C", 67_000),
        ("B", -35_000),
    ]
    assert found.settlement is None
    assert [p.claims for p in claims_by_pair(db, window)] == [2, 1, 1, 2, 2]
    settled = pay(db, window)
    assert report(db, window).settlement == settled == find(db, window)


def test_settling_twice_moves_money_once(db: Connection, world: World) -> None:
    do(db, claim(world, EXAMPLE))
    window = close(db)
    first = pay(db, window)
    again = pay(db, window, "Wu")
    assert again.replayed
    assert (again.operation_id, again.settled_by, again.paid_in) == (
        first.operation_id,
        "Lin",
        first.paid_in,
    )
    assert balances(db, world, "bank")["A"] == -27_000
    assert broken_laws(db) == {}


def test_many_who_settle_at_once_settle_once(
    db: Connection, world: World, database_url: str
) -> None:
    do(db, claim(world, EXAMPLE))
    window = close(db)
    answers: list[Settlement] = []

    def run(n: int) -> None:
        with database.connect(database_url) as conn:
            answers.append(pay(conn, window, f"Lin {n}"))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 5
    assert len({(answer.operation_id, answer.settled_by) for answer in answers}) == 1
    assert balances(db, world, "bank")["C"] == 67_000
    assert broken_laws(db) == {}


def test_windows_are_settled_when_closed_and_in_order(db: Connection, world: World) -> None:
    do(db, claim(world, {"AB": 500}))
    first = windows.current(db).id
    with pytest.raises(WindowOpen):
        pay(db, first)
    assert close(db) == first
    do(db, claim(world, {"BA": 200}, "later"))
    second = close(db)
    with pytest.raises(SettleOutOfOrder) as refused:
        pay(db, second)
    assert dict(refused.value.facts) == {"first": first, "window": second}
    pay(db, first)
    assert balances(db, world, "clearing") == {"A": 200, "B": -200}
    pay(db, second)
    assert balances(db, world, "clearing") == {}
    assert pay(db, first).replayed
    assert broken_laws(db) == {}


def test_a_window_in_which_nothing_happened_is_settled_too(db: Connection, world: World) -> None:
    paid = pay(db, close(db))
    assert (paid.collections, paid.payouts) == (0, 0)
    assert nets(db, paid.window_id) == []
    assert broken_laws(db) == {}


def test_what_cannot_be_settled_is_refused(db: Connection, world: World) -> None:
    with pytest.raises(WindowNotFound):
        pay(db, 77)
    with pytest.raises(WindowNotFound):
        nets(db, 77)
    with pytest.raises(WindowNotFound):
        claims_by_pair(db, 77)
    window = close(db)
    with pytest.raises(TextMalformed):
        pay(db, window, "")
    assert find(db, window) is None


def test_fees_and_reserves_are_money_that_the_operator_keeps(db: Connection) -> None:
    world = build(
        db,
        {
            "A": Terms(prepaid_share=1_000_000, issue_fee=10_000, breakage_to="operator"),
            "B": Terms(prepaid_share=400_000),
            "C": Terms(earn_rate=0, acceptance_fee=20_000),
        },
    )
    a, b, c = world.organisations.values()
    member = world.members[0]
    do(
        db,
        [
            Award(key="1", scope=a, member=member, outlet=world.outlets["A"], points=10_000),
            Award(key="2", scope=b, member=member, outlet=world.outlets["B"], points=5_000),
        ],
    )
    first = close(db)
    by_id = {one.organisation_id: one for one in nets(db, first)}
    assert (by_id[a].clearing, by_id[a].reserve) == (-10_100, 10_000)
    assert (by_id[b].clearing, by_id[b].reserve) == (-2_000, 2_000)
    assert by_id[world.operator].fees == 100
    paid = pay(db, first)
    assert (paid.paid_in, paid.paid_out) == (12_100, 0)

    bill = 12_000
    outlet = world.outlets["C"]
    one(db, Purchase(key="3", scope=c, member=member, outlet=outlet, amount=bill, points=bill))
    second = close(db)
    found = report(db, second)
    by_id = {one.organisation_id: one for one in found.nets}
    # A's 10,000 are paid by its reserve; of B's 2,000 the reserve has two fifths.
    assert (by_id[a].clearing, by_id[a].reserve) == (0, -10_000)
    assert (by_id[b].clearing, by_id[b].reserve) == (-1_200, -800)
    assert by_id[c].clearing == 12_000 - 240
    assert sum(n.clearing + n.reserve + n.fees + n.breakage for n in found.nets) == 0
    assert found.kept == -10_800 + 240
    paid = pay(db, second)
    assert paid.paid_in - paid.paid_out == found.kept
    assert balances(db, world, "clearing") == {}
    banks = db.execute("SELECT sum(balance)::bigint FROM ledger.account WHERE kind = 'bank'")
    kept = db.execute(
        "SELECT sum(balance)::bigint FROM ledger.account WHERE kind IN ('fees', 'reserve')"
    )
    assert banks.fetchone() == (-1_540,)
    assert kept.fetchone() == (1_540,)
    assert broken_laws(db) == {}


def test_a_settlement_is_no_sale_that_tills_could_undo(db: Connection, world: World) -> None:
    do(db, claim(world, EXAMPLE))
    settled = pay(db, close(db))
    scope = world.operator
    for operation in (
        Reversal(key="r1", scope=scope, original_key="settlement:1"),
        Refund(key="r2", scope=scope, original=settled.operation_id),
        CancelPending(key="r3", scope=scope, award=settled.operation_id),
    ):
        outcome = one(db, operation)
        assert outcome.refusal is not None, outcome
        assert outcome.refusal.code in {"not-reversible", "not-refundable", "not-pending"}
    assert broken_laws(db) == {}
