"""Collateral: paid in and taken out once, and never from under the points it stands behind."""

import threading
from datetime import timedelta

import pytest

from tests.world import AT, World, broken_laws, build, do, one
from tongbao.alliance import collateral, organisations
from tongbao.alliance.collateral import CollateralInUse, CollateralMoved, deposit, withdraw
from tongbao.alliance.organisations import OrganisationClosed, OrganisationNotFound
from tongbao.alliance.positions import Position, position
from tongbao.alliance.types import Terms
from tongbao.desk import proposals
from tongbao.desk.proposals import ProposalDecided, ProposalNotFound, SamePerson
from tongbao.kernel import db as database
from tongbao.kernel import limits
from tongbao.kernel.amounts import AmountOutOfRange, BalanceLimit
from tongbao.kernel.db import Connection
from tongbao.kernel.once import KeyMalformed, KeyReused
from tongbao.kernel.texts import TextMalformed
from tongbao.points.operations import Award, Refund, Reversal

LATER = AT + timedelta(days=3)


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {"A": Terms(credit_limit=1_000), "free": Terms()})


def pay_in(conn: Connection, who: int, amount: int, key: str = "d") -> CollateralMoved:
    with conn.transaction():
        return deposit(conn, who, amount, key, AT, "Lin")


def take_out(conn: Connection, who: int, amount: int, key: str = "w") -> CollateralMoved:
    with conn.transaction():
        return withdraw(conn, who, amount, key, AT, "Lin")


def issue(conn: Connection, world: World, points: int, key: str) -> str:
    a = world.organisations["A"]
    award = Award(
        key=key, scope=a, member=world.members[0], outlet=world.outlets["A"], points=points
    )
    return one(conn, award).status


def test_a_deposit_lets_an_organisation_issue_that_much_more(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    assert position(db, a, AT).headroom == 1_000
    assert issue(db, world, 1_001, "1") == "refused"
    made = pay_in(db, a, 5_000)
    assert (made.amount, made.collateral, made.replayed) == (5_000, 5_000, False)
    assert issue(db, world, 6_000, "2") == "posted"
    assert issue(db, world, 1, "3") == "refused"
    assert position(db, a, AT) == Position(
        clearing=0, reserve=0, collateral=5_000, circulation=6_000, headroom=0
    )
    assert broken_laws(db) == {}


def test_what_stands_behind_points_cannot_be_taken_out(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    pay_in(db, a, 5_000)
    issue(db, world, 4_000, "1")
    with pytest.raises(CollateralInUse) as refused:
        take_out(db, a, 2_001)
    assert dict(refused.value.facts) == {"organisation": a, "free": 2_000, "wanted": 2_001}
    taken = take_out(db, a, 2_000)
    assert (taken.amount, taken.collateral) == (-2_000, 3_000)
    assert position(db, a, AT).headroom == 0
    with pytest.raises(CollateralInUse):
        take_out(db, a, 1, "w2")
    assert broken_laws(db) == {}


def test_no_more_comes_out_than_was_paid_in(db: Connection, world: World) -> None:
    for name in ("A", "free"):
        who = world.organisations[name]
        pay_in(db, who, 300)
        with pytest.raises(CollateralInUse) as refused:
            take_out(db, who, 301)
        assert refused.value.facts["free"] == 300
        take_out(db, who, 300)
        assert position(db, who, AT).collateral == 0
    assert broken_laws(db) == {}


def test_of_a_defaulted_organisation_everything_stays(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    pay_in(db, a, 300)
    with db.transaction():
        organisations.set_status(db, a, "defaulted")
    with pytest.raises(CollateralInUse):
        take_out(db, a, 1)
    pay_in(db, a, 1, "d2")
    assert position(db, a, AT).collateral == 301
    assert broken_laws(db) == {}


def test_the_same_key_again_gives_the_same_answer(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    first = pay_in(db, a, 300)
    pay_in(db, a, 50, "another")
    with db.transaction():
        again = deposit(db, a, 300, "d", LATER, "Lin")
    assert again == CollateralMoved(
        organisation_id=a,
        operation_id=first.operation_id,
        amount=300,
        collateral=300,
        at=AT,
        replayed=True,
    )
    take_out(db, a, 350)
    assert take_out(db, a, 350).replayed
    with pytest.raises(KeyReused):
        pay_in(db, a, 301)
    with pytest.raises(KeyReused):
        take_out(db, a, 300, "d")
    assert position(db, a, AT).collateral == 0
    assert broken_laws(db) == {}


def test_a_key_is_answered_whatever_has_become_of_its_organisation(
    db: Connection, world: World
) -> None:
    who = world.organisations["free"]
    pay_in(db, who, 300)
    take_out(db, who, 300)
    with db.transaction():
        organisations.set_status(db, who, "closed")
    assert take_out(db, who, 300).replayed
    with pytest.raises(OrganisationClosed):
        pay_in(db, who, 300, "new")


def test_what_was_refused_may_be_tried_again_with_the_same_key(
    db: Connection, world: World
) -> None:
    a = world.organisations["A"]
    with pytest.raises(CollateralInUse):
        take_out(db, a, 300)
    pay_in(db, a, 300)
    assert not take_out(db, a, 300).replayed
    assert broken_laws(db) == {}


def test_tills_may_not_use_its_key_or_undo_it(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    made = pay_in(db, a, 300, "d")
    award = Award(key="d", scope=a, member=world.members[0], outlet=world.outlets["A"], points=5)
    undo = Reversal(key="r", scope=a, original_key="d")
    back = Refund(key="b", scope=a, original=made.operation_id)
    codes = [outcome.refusal and outcome.refusal.code for outcome in do(db, [award, undo, back])]
    assert codes == ["key-reused", "not-reversible", "not-refundable"]
    assert broken_laws(db) == {}


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1, 2**70, 1.5, True, "5"])
def test_an_amount_that_makes_no_sense_is_refused(
    db: Connection, world: World, amount: int
) -> None:
    with pytest.raises(AmountOutOfRange):
        pay_in(db, world.organisations["A"], amount)


def test_what_cannot_be_is_refused(db: Connection, world: World) -> None:
    a = world.organisations["A"]
    with pytest.raises(KeyMalformed):
        pay_in(db, a, 1, "")
    with pytest.raises(TextMalformed), db.transaction():
        deposit(db, a, 1, "k", AT, "")
    with pytest.raises(OrganisationNotFound):
        pay_in(db, world.members[0], 1)
    with pytest.raises(OrganisationNotFound):
        position(db, 1, AT)


def test_before_any_contract_nothing_may_be_issued(db: Connection, world: World) -> None:
    stands = position(db, world.operator, AT)
    assert stands == Position(clearing=0, reserve=0, collateral=0, circulation=0, headroom=0)


def test_a_deposit_beyond_what_an_account_holds_is_refused(db: Connection, world: World) -> None:
    free = world.organisations["free"]
    for n in range(limits.BALANCE // limits.AMOUNT):
        pay_in(db, free, limits.AMOUNT, f"d{n}")
    with pytest.raises(BalanceLimit):
        pay_in(db, free, 1, "more")
    assert take_out(db, free, 1).collateral == limits.BALANCE - 1
    assert broken_laws(db) == {}


def test_many_at_once_take_out_no_more_than_there_is(
    db: Connection, world: World, database_url: str
) -> None:
    taken: list[int] = []
    for name in ("A", "free"):
        pay_in(db, world.organisations[name], 1_000)

    def run(n: int) -> None:
        with database.connect(database_url) as conn:
            for turn in range(4):
                who = world.organisations["A" if (n + turn) % 2 else "free"]
                try:
                    take_out(conn, who, 300, f"{n}:{turn}")
                except CollateralInUse:
                    continue
                taken.append(who)
                issue(conn, world, 300, f"{n}:{turn}")

    threads = [threading.Thread(target=run, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    free = world.organisations["free"]
    assert taken.count(free) == 3
    assert position(db, free, AT).collateral == 100
    stands = position(db, world.organisations["A"], AT)
    assert stands.headroom is not None and stands.headroom >= 0
    assert broken_laws(db) == {}


def test_two_people_deposit_and_take_out_what_is_free_when_it_is_decided(
    db: Connection, world: World
) -> None:
    a = world.organisations["A"]
    with db.transaction():
        paid = collateral.propose_deposit(db, a, 5_000, by="Lin", reason="wire 12", at=AT)
        assert position(db, a, AT).collateral == 0
    with pytest.raises(SamePerson), db.transaction():
        collateral.decide(db, paid.id, approve=True, by=" lin ", at=AT)
    with db.transaction():
        done = collateral.decide(db, paid.id, approve=True, by="Wei", at=AT)
    assert position(db, a, AT).collateral == 5_000
    assert done.operation_id is not None
    with pytest.raises(CollateralInUse), db.transaction():
        collateral.propose_withdrawal(db, a, 5_001, by="Lin", reason="all", at=AT)
    with db.transaction():
        out = collateral.propose_withdrawal(db, a, 5_000, by="Lin", reason="all", at=AT)
    assert issue(db, world, 1_001, "1") == "posted"
    with pytest.raises(CollateralInUse), db.transaction():
        collateral.decide(db, out.id, approve=True, by="Wei", at=AT)
    assert [p.id for p in proposals.waiting(db)] == [out.id]
    with db.transaction():
        collateral.decide(db, out.id, approve=False, by="Wei", at=AT, reason="in use now")
    with pytest.raises(ProposalDecided), db.transaction():
        collateral.decide(db, out.id, approve=True, by="Wei", at=AT)
    assert position(db, a, AT).collateral == 5_000
    assert broken_laws(db) == {}


def test_proposals_of_others_are_not_decided_here(db: Connection, world: World) -> None:
    with db.transaction():
        other = proposals.propose(db, "dispute", None, {}, by="Lin", reason="not ours", at=AT)
    with pytest.raises(ProposalNotFound), db.transaction():
        collateral.decide(db, other.id, approve=True, by="Wei", at=AT)
