"""A leg is explained: by windows, by lines, down to the single claims, to the fen."""

from datetime import timedelta

import pytest

from tests.clearing.desk import book, close, instructed, pay_all, window_of
from tests.world import AT, World, broken_laws, build, do, one
from tongbao.alliance.types import Terms
from tongbao.clearing import booking, explain, legs, settlements
from tongbao.clearing.explain import Line
from tongbao.clearing.legs import LegNotFound
from tongbao.kernel.db import Connection
from tongbao.kernel.texts import ChoiceMalformed
from tongbao.points import due
from tongbao.points.operations import Award, Purchase, Refund

PLAIN = Terms(earn_rate=0)


def said(found: list[Line], world: World) -> set[tuple[str, str, int, int]]:
    name = {who: name for name, who in world.organisations.items()}
    name[world.operator] = "operator"
    return {
        (line.kind, name.get(line.counterparty_id or 0, "-"), line.amount, line.operations)
        for line in found
    }


def test_every_kind_of_line_is_said(db: Connection) -> None:
    world = build(
        db,
        {
            "A": Terms(prepaid_share=500_000, issue_fee=10_000, earn_rate=0, expiry_months=1),
            "B": Terms(acceptance_fee=20_000, earn_rate=0),
            "C": PLAIN,
        },
    )
    a, b, c = world.organisations.values()
    member = world.members[0]
    at = world.outlets
    awards = [
        Award(key="1", scope=a, member=member, outlet=at["A"], points=10_000),
        Award(key="2", scope=c, member=member, outlet=at["C"], points=1_000),
    ]
    sales = [
        Purchase(key="3", scope=b, member=member, outlet=at["B"], amount=4_000, points=4_000),
        Purchase(key="4", scope=b, member=member, outlet=at["B"], amount=2_000, points=2_000),
    ]
    outcomes = do(db, [*awards, *sales])
    first = close(db)
    assert said(explain.lines(db, a, first), world) == {
        ("issue_fee", "operator", -100, 1),
        ("reserve_funded", "-", -5_000, 1),
        ("claim_owed", "B", -3_000, 2),
    }
    assert said(explain.lines(db, b, first), world) == {
        ("claim_due", "A", 6_000, 2),
        ("acceptance_fee", "operator", -120, 2),
    }
    assert explain.lines(db, c, first) == []
    one(db, Refund(key="5", scope=b, original=outcomes[2].operation))
    later = AT + timedelta(days=60)
    for operations in due.pages(db, later):
        do(db, list(operations), later)
    second = close(db)
    assert said(explain.lines(db, b, second), world) == {
        ("counterclaim_owed", "A", -4_000, 1),
        ("acceptance_fee_back", "operator", 80, 1),
    }
    assert said(explain.lines(db, a, second), world) == {
        ("counterclaim_due", "B", 4_000, 1),
        ("reserve_funded", "-", -2_000, 1),
        ("breakage", "-", 4_000, 1),
    }
    singles = explain.singles(db, b, first, "claim_due", a)
    assert [(each.operation_id, each.kind, each.amount) for each in singles] == [
        (outcomes[2].operation, "purchase", 4_000),
        (outcomes[3].operation, "purchase", 2_000),
    ]
    assert explain.singles(db, b, first, "claim_due", a, limit=1) == singles[:1]
    page = explain.singles(db, b, first, "claim_due", a, after=singles[0].operation_id)
    assert page == singles[1:]
    assert explain.singles(db, b, first, "claim_due", c) == []
    assert [each.owner_id for each in explain.singles(db, a, first, "reserve_funded", None)] == [
        member
    ]
    with pytest.raises(ChoiceMalformed):
        explain.singles(db, b, first, "gift", a)  # type: ignore[arg-type]
    assert broken_laws(db) == {}


def test_a_leg_is_its_windows_and_what_was_left_before(db: Connection) -> None:
    world = build(db, dict.fromkeys("ABC", PLAIN))
    a = world.organisations["A"]
    made = instructed(db, window_of(db, world, {"AB": 500}))
    book(db, made.id, a, 200, "1")
    with db.transaction():
        legs.fail_leg(db, made.id, a, reason="no answer", by="Wu", at=AT)
    pay_all(db, made.id)
    second = window_of(db, world, {"AB": 70, "BA": 30}, "2")
    third = window_of(db, world, {"AC": 5}, "3")
    later = instructed(db, third)
    found = explain.explain_leg(db, later.id, a)
    assert (found.leg.amount, found.former, found.carried_over) == (-345, made.id, -300)
    assert found.otherwise == 0
    assert [(part.window_id, part.amount) for part in found.windows] == [(second, -40), (third, -5)]
    assert said(found.windows[0].lines, world) == {
        ("claim_owed", "B", -70, 1),
        ("claim_due", "B", 30, 1),
    }
    first = explain.explain_leg(db, made.id, a)
    assert (first.former, first.carried_over, first.otherwise) == (None, 0, 0)
    with db.transaction():  # that money comes back now does not change what was carried over
        booking.return_payment(db, made.id, a, 200, reference="2", reason="returned", at=AT)
    assert explain.explain_leg(db, later.id, a) == found
    pay_all(db, later.id)
    last = instructed(db, close(db), organisations=[a])
    again = explain.explain_leg(db, last.id, a)
    assert (again.leg.amount, again.carried_over, again.otherwise) == (-200, 0, -200)
    assert settlements.get(db, made.id).failed == 1
    assert broken_laws(db) == {}


def test_who_has_no_leg_has_nothing_to_explain(db: Connection) -> None:
    world = build(db, dict.fromkeys("AB", PLAIN))
    made = instructed(db, window_of(db, world, {"AB": 500}))
    with pytest.raises(LegNotFound):
        explain.explain_leg(db, made.id, 77)
    with pytest.raises(LegNotFound):
        explain.explain_leg(db, 9, world.organisations["A"])
