"""Settlements: proposed once, approved by another, instructed, and paid to the fen."""

import threading

import pytest

from tests.clearing.desk import (
    DAY,
    EXAMPLE,
    approve,
    balances,
    book,
    claim,
    close,
    instruct,
    instructed,
    pay_all,
    propose,
    window_of,
)
from tests.world import AT, World, broken_laws, build, do, one
from tongbao.alliance import contracts, organisations
from tongbao.alliance.organisations import OrganisationNotFound
from tongbao.alliance.types import Terms
from tongbao.clearing import settlements, trail
from tongbao.clearing.settlements import (
    NoWindowClosed,
    SettlementNotFound,
    SettlementOutdated,
    SettlementState,
    WindowOpen,
)
from tongbao.clearing.types import Settlement, Skipped
from tongbao.clearing.windows import WindowNotFound
from tongbao.desk.proposals import SamePerson
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.kernel.texts import ChoiceMalformed, TextMalformed
from tongbao.points.operations import Award, CancelPending, Purchase, Refund, Reversal


@pytest.fixture
def world(db: Connection) -> World:
    return build(db, {name: Terms(earn_rate=0) for name in "ABCD"})


def test_the_example_is_paid_in_3_collections_and_1_payout(db: Connection, world: World) -> None:
    window = window_of(db, world, EXAMPLE)
    positions = {"A": -27_000, "B": -35_000, "C": 67_000, "D": -5_000}
    assert balances(db, world, "clearing") == positions
    made = propose(db, window)
    assert (made.collections, made.to_collect, made.payouts, made.to_pay) == (3, 67_000, 1, 67_000)
    assert (made.state, made.proposed_by, made.unfinished) == ("proposed", "Lin", 4)
    approved = approve(db, made.id)
    assert (approved.state, approved.approved_by) == ("approved", "Wu")
    legs = instruct(db, made.id)
    name = {who: name for name, who in world.organisations.items()}
    assert {name[leg.organisation_id]: leg.amount for leg in legs} == positions
    assert {leg.state for leg in legs} == {"instructed"}
    assert balances(db, world, "clearing") == positions  # nothing has moved yet
    paid = pay_all(db, made.id)
    assert (paid.state, paid.paid_in, paid.paid_out) == ("settled", 67_000, 67_000)
    assert (paid.unfinished, paid.failed, paid.finished_at) == (0, 0, AT)
    assert balances(db, world, "clearing") == {}
    assert balances(db, world, "bank") == positions
    assert broken_laws(db) == {}


def test_the_same_asked_again_is_the_same_settlement(db: Connection, world: World) -> None:
    window = window_of(db, world, EXAMPLE)
    first = propose(db, window)
    assert propose(db, window, by="Wu") == first
    assert propose(db) == first  # the newest closed window is that one
    pay_all(db, instructed(db, window).id)
    assert propose(db, window).id == first.id
    assert len(settlements.listed(db)) == 1


def test_many_who_propose_at_once_propose_once(
    db: Connection, world: World, database_url: str
) -> None:
    window = window_of(db, world, EXAMPLE)
    found: list[Settlement] = []

    def run(n: int) -> None:
        with database.connect(database_url) as conn:
            found.append(propose(conn, window, by=f"Lin {n}"))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len({made.id for made in found}) == 1
    assert len(settlements.legs(db, found[0].id)) == 4


def test_who_proposes_may_not_approve(db: Connection, world: World) -> None:
    made = propose(db, window_of(db, world, EXAMPLE))
    for name in ("Lin", " lin ", "LIN"):
        with pytest.raises(SamePerson):
            approve(db, made.id, by=name)
    assert settlements.get(db, made.id) == made
    approved = approve(db, made.id)
    assert approve(db, made.id) == approved  # asked again by the same person
    with pytest.raises(SettlementState):
        approve(db, made.id, by="Zhao")


def test_what_was_rejected_may_be_proposed_anew(db: Connection, world: World) -> None:
    window = window_of(db, world, EXAMPLE)
    made = propose(db, window)
    with db.transaction():
        rejected = settlements.reject(db, made.id, by="Wu", reason="one is missing", at=AT)
    assert (rejected.state, rejected.unfinished, rejected.failed) == ("rejected", 0, 4)
    assert {leg.state for leg in settlements.legs(db, made.id)} == {"dropped"}
    with db.transaction():
        assert settlements.reject(db, made.id, by="Wu", reason="again", at=AT) == rejected
    with pytest.raises(SettlementState):
        approve(db, made.id, by="Zhao")
    again = propose(db, window)
    assert (again.id, again.to_collect, again.skipped) == (made.id + 1, 67_000, 0)
    assert pay_all(db, instructed(db, window).id).state == "settled"
    assert [step.reason for step in trail.steps(db, made.id)] == [None, "one is missing"]
    assert broken_laws(db) == {}


def test_windows_are_settled_when_closed_and_in_order(db: Connection, world: World) -> None:
    with pytest.raises(NoWindowClosed):
        propose(db)
    with pytest.raises(WindowOpen):
        propose(db, 1)
    with pytest.raises(WindowNotFound):
        propose(db, 7)
    first = window_of(db, world, {"AB": 500})
    second = window_of(db, world, {"BA": 200}, "later")
    both = instructed(db, second)
    assert both.to_collect == both.to_pay == 300
    pay_all(db, both.id)
    late = propose(db, first)  # both are settled further already
    assert (late.state, late.collections, late.payouts, late.skipped) == ("settled", 0, 0, 2)
    assert {one.reason for one in settlements.skipped(db, late.id)} == {"ahead"}
    assert balances(db, world, "clearing") == {}
    assert broken_laws(db) == {}


def test_a_window_is_settled_while_later_ones_go_on(db: Connection, world: World) -> None:
    first = window_of(db, world, {"AB": 500})
    window_of(db, world, {"BA": 200}, "later")
    do(db, claim(world, {"CA": 70}, "now"))
    made = instructed(db, first)
    assert (made.collections, made.to_collect) == (1, 500)
    pay_all(db, made.id)
    assert balances(db, world, "clearing") == {"A": 270, "B": -200, "C": -70}
    assert broken_laws(db) == {}


def test_an_organisation_with_an_unfinished_leg_is_skipped_and_said_so(
    db: Connection, world: World
) -> None:
    made = instructed(db, window_of(db, world, {"AB": 500}))
    a, b, c, _ = world.organisations.values()
    book(db, made.id, a, 500, "in")
    second = window_of(db, world, {"AB": 30, "AC": 100}, "second")
    later = propose(db, second)
    assert [leg.organisation_id for leg in settlements.legs(db, later.id)] == [a, c]
    assert settlements.skipped(db, later.id) == [Skipped(organisation_id=b, reason="unfinished")]
    assert later.skipped == 1
    book(db, made.id, b, 500, "out")
    rest = instructed(db, second, organisations=[b])
    assert (rest.payouts, rest.to_pay) == (1, 30)


def test_with_nobody_to_pay_there_is_nothing_to_approve(db: Connection, world: World) -> None:
    made = propose(db, close(db))
    assert (made.state, made.collections, made.payouts, made.finished_at) == ("settled", 0, 0, AT)
    assert [step.state for step in trail.steps(db, made.id)] == ["settled"]
    with pytest.raises(SettlementState):
        approve(db, made.id)
    window = window_of(db, world, {"AB": 100, "BA": 100})
    assert propose(db, window).state == "settled"  # they come out even: legs of zero are not made


def test_who_is_due_is_decided_by_cycle_or_by_name(db: Connection) -> None:
    world = build(
        db,
        {
            "A": Terms(earn_rate=0, cycle="weekly"),
            "B": Terms(earn_rate=0),
            "C": Terms(earn_rate=0, cycle="on_demand"),
        },
    )
    a, b, c = world.organisations.values()
    window = window_of(db, world, {"AB": 100, "AC": 50})
    who = {
        cycles: [
            leg.organisation_id
            for leg in settlements.legs(db, propose(db, window, cycles=[cycles]).id)
        ]
        for cycles in ("daily", "weekly", "on_demand")
    }
    assert who == {"daily": [b], "weekly": [a], "on_demand": [c]}
    with pytest.raises(ChoiceMalformed):
        propose(db, window, cycles=["hourly"])
    with pytest.raises(OrganisationNotFound):
        propose(db, window, organisations=[a, 77])
    named = propose(db, window, organisations=[c, a])
    assert [each.reason for each in settlements.skipped(db, named.id)] == ["unfinished"] * 2


def test_who_is_in_default_is_paid_nothing_and_pays_only_when_named(
    db: Connection, world: World
) -> None:
    window = window_of(db, world, {"AB": 500})
    a, b = world.organisations["A"], world.organisations["B"]
    with db.transaction():
        for who in (a, b):
            organisations.set_status(db, who, "defaulted")
    made = propose(db, window)
    assert settlements.skipped(db, made.id) == [
        Skipped(organisation_id=who, reason="defaulted") for who in (a, b)
    ]
    named = propose(db, window, organisations=[a, b])
    assert (named.collections, named.to_collect, named.payouts, named.skipped) == (1, 500, 0, 1)


def test_a_position_that_has_changed_must_be_proposed_anew(db: Connection, world: World) -> None:
    first = window_of(db, world, {"AB": 500})
    made = propose(db, first)
    do(db, claim(world, {"AB": 70}, "next"))  # the open window's: that changes nothing
    cover(db, world, "A", 200)
    with pytest.raises(SettlementOutdated) as refused:
        approve(db, made.id)
    assert dict(refused.value.facts) == {
        "settlement": made.id, "count": 1, "first": world.organisations["A"],
    }  # fmt: skip
    with db.transaction():
        settlements.reject(db, made.id, by="Wu", reason="covered", at=AT)
    again = propose(db, first)
    assert (again.to_collect, again.to_pay) == (300, 500)
    assert pay_all(db, instructed(db, first).id).state == "settled"
    assert balances(db, world, "clearing") == {"A": -70, "B": 70}
    assert broken_laws(db) == {}


def cover(conn: Connection, world: World, name: str, amount: int) -> None:
    """Let a collateral pay a part of what an organisation owes."""
    from tongbao.ledger import entry
    from tongbao.ledger.entry import Entry
    from tongbao.ledger.movements import M
    from tongbao.ledger.types import Posting, Transfer

    who = world.organisations[name]
    with conn.transaction():
        entry.hold(conn, [who])
        entries = [
            Entry(
                scope=who, key=f"{kind}{amount}", fingerprint=b"", answer="{}",
                posting=Posting(kind=kind, owner=who, organisation=who,
                                transfers=[Transfer(movement, who, who, amount)]),
            )
            for kind, movement in (("deposit", M.DEPOSIT), ("cover", M.COVER_COLLATERAL))
        ]  # fmt: skip
        entry.enter(conn, entries, AT)


def test_only_what_is_approved_is_instructed(db: Connection, world: World) -> None:
    made = propose(db, window_of(db, world, EXAMPLE))
    with pytest.raises(SettlementState) as refused:
        instruct(db, made.id)
    assert refused.value.facts["state"] == "proposed"
    approve(db, made.id)
    with pytest.raises(SettlementState), db.transaction():
        settlements.reject(db, made.id, by="Zhao", reason="too late", at=AT)
    told = instruct(db, made.id)
    assert instruct(db, made.id) == told  # asked again, it is told of the same legs
    assert [step.state for step in trail.steps(db, made.id)] == [
        "proposed", "approved", "instructed",
    ]  # fmt: skip


@pytest.mark.parametrize("settlement", [0, -1, 5, 2**31, 2**70])
def test_what_is_not_there_is_not_found(db: Connection, settlement: int) -> None:
    assert settlements.find(db, settlement) is None
    for call in (settlements.get, settlements.legs, settlements.skipped, settlements.lock):
        with pytest.raises(SettlementNotFound):
            call(db, settlement)
    with pytest.raises(SettlementNotFound):
        approve(db, settlement)
    with pytest.raises(SettlementNotFound):
        instruct(db, settlement)


def test_nobody_acts_without_a_name(db: Connection, world: World) -> None:
    window = window_of(db, world, EXAMPLE)
    with pytest.raises(TextMalformed):
        propose(db, window, by=" ")
    made = propose(db, window)
    with pytest.raises(TextMalformed):
        approve(db, made.id, by="")
    with pytest.raises(TextMalformed), db.transaction():
        settlements.reject(db, made.id, by="Wu", reason="", at=AT)
    assert settlements.get(db, made.id) == made


def test_settlements_are_listed_newest_first(db: Connection, world: World) -> None:
    made = [
        pay_all(db, instructed(db, window_of(db, world, {"AB": 100 + n}, str(n))).id)
        for n in range(3)
    ]
    last = propose(db, window_of(db, world, {"BA": 5}))
    assert settlements.listed(db) == [last, *made[::-1]]
    assert settlements.listed(db, before=made[2].id, limit=1) == [made[1]]
    assert settlements.listed(db, state="settled") == made[::-1]
    assert settlements.of_window(db, made[0].through_window) == [made[0]]
    with pytest.raises(ChoiceMalformed):
        settlements.listed(db, state="lost")  # type: ignore[arg-type]


def test_each_change_is_announced(db: Connection, world: World) -> None:
    made = instructed(db, window_of(db, world, {"AB": 500}))
    pay_all(db, made.id)
    rows = db.execute(
        "SELECT type, owner_id FROM events.event WHERE type !~ 'points|purchase' ORDER BY xid, id"
    )
    a, b = world.organisations["A"], world.organisations["B"]
    assert rows.fetchall() == [
        ("tongbao.window.closed.v1", 0),
        ("tongbao.settlement.proposed.v1", world.operator),
        ("tongbao.settlement.approved.v1", world.operator),
        ("tongbao.settlement.instructed.v1", world.operator),
        ("tongbao.leg.paid.v1", a),
        ("tongbao.leg.paid.v1", b),
        ("tongbao.settlement.settled.v1", world.operator),
    ]


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
    paid = pay_all(db, instructed(db, close(db)).id)
    assert (paid.paid_in, paid.paid_out) == (12_100, 0)
    bill = 12_000
    outlet = world.outlets["C"]
    one(db, Purchase(key="3", scope=c, member=member, outlet=outlet, amount=bill, points=bill))
    paid = pay_all(db, instructed(db, close(db)).id)
    # A's 10,000 are paid by its reserve; of B's 2,000 the reserve has two fifths.
    assert (paid.paid_in, paid.paid_out) == (1_200, 12_000 - 240)
    assert balances(db, world, "clearing") == {}
    banks = db.execute("SELECT sum(balance)::bigint FROM ledger.account WHERE kind = 'bank'")
    kept = db.execute(
        "SELECT sum(balance)::bigint FROM ledger.account WHERE kind IN ('fees', 'reserve')"
    )
    assert banks.fetchone() == (-1_540,)
    assert kept.fetchone() == (1_540,)
    assert broken_laws(db) == {}


def test_a_settlement_is_no_sale_that_tills_could_undo(db: Connection, world: World) -> None:
    made = instructed(db, window_of(db, world, EXAMPLE))
    pay_all(db, made.id)
    row = db.execute("SELECT min(operation_id), min(reference) FROM clearing.payment").fetchone()
    assert row is not None
    key = f"settlement:{made.id}:{world.organisations['A']}:{row[1]}"
    for operation in (
        Reversal(key="r1", scope=world.operator, original_key=key),
        Refund(key="r2", scope=world.operator, original=row[0]),
        CancelPending(key="r3", scope=world.operator, award=row[0]),
    ):
        outcome = one(db, operation)
        assert outcome.refusal is not None, outcome
        assert outcome.refusal.code in {"not-reversible", "not-refundable", "not-pending"}
    assert broken_laws(db) == {}


def test_a_contract_that_changes_its_cycle_is_due_by_the_one_that_rules(
    db: Connection, world: World
) -> None:
    window = window_of(db, world, {"AB": 500})
    with db.transaction():
        contracts.sign(db, world.organisations["A"], Terms(earn_rate=0, cycle="monthly"), AT, AT)
    made = propose(db, window, cycles=["daily"])
    assert (made.collections, made.payouts) == (0, 1)
    assert made.business_date == DAY
