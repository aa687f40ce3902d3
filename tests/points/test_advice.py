from datetime import timedelta
from typing import Any

import pytest

from tests.points.desk import Desk, code, good, undo
from tests.world import AT
from tongbao.alliance.outlets import set_open
from tongbao.desk import exceptions
from tongbao.members.members import set_spend_lock
from tongbao.members.members import set_status as set_member_status
from tongbao.points.operations import Advice, Capture, Close, ExpireHold, Line, Purchase
from tongbao.points.outcome import Outcome

LATER = AT + timedelta(days=3)


def item(desk: Desk, outcome: Outcome) -> tuple[object, ...] | None:
    subject = str(outcome.operation)
    for found in exceptions.listed(desk.conn, "advice", state=None, now=AT):
        if found.subject == subject:
            facts = found.facts
            return (
                facts["member"], found.organisation_id, facts.get("hold"), facts["points"],
                facts["reason"], found.state,
            )  # fmt: skip
    return None


def test_an_advice_takes_an_expired_hold_before_its_release(desk: Desk) -> None:
    member = desk.rich(100)
    held = desk.hold("c", member, 80)
    told = desk.at(Advice, "c", member=member, points=50, cash=1_000, hold=held.operation)
    done = good(desk.one(told, LATER))
    assert desk.moved(done) == [
        ("capture", "member", "a", 50),
        ("claim", "a", "c", 50),
        ("acceptance_fee", "c", "operator", 1),
        ("void", "member", "member", 30),
        ("award", "c", "member", 10),
    ]
    assert done.spent == 50


def test_an_advice_after_the_release_takes_the_wallet(desk: Desk) -> None:
    member = desk.rich(100)
    held = desk.hold("nothing", member, 80)
    good(desk.one(desk.by(ExpireHold, None, hold=held.operation), LATER))
    told = desk.at(Advice, "nothing", member=member, points=80, hold=held.operation)
    done = good(desk.one(told, LATER))
    assert desk.moved(done) == [("redeem", "member", "a", 80), ("claim", "a", "nothing", 80)]


def test_an_advice_beyond_its_hold_takes_the_rest_from_the_wallet(desk: Desk) -> None:
    member = desk.rich(100)
    held = desk.hold("nothing", member, 60)
    told = desk.at(Advice, "nothing", member=member, points=90, hold=held.operation)
    good(desk.one(told))
    assert desk.lots(member) == [("a", 10, 0, 0, 0)]


def test_an_advice_without_points_becomes_an_exception_item_and_moves_nothing(desk: Desk) -> None:
    member = desk.rich(100)
    held = desk.hold("nothing", member, 60)
    told = desk.at(Advice, "nothing", member=member, points=101, cash=50, hold=held.operation)
    done = desk.one(told)
    assert (done.status, done.spent, desk.moved(done)) == ("exception", 0, [])
    reason = "insufficient-points"
    expected = (member, desk.org("nothing"), held.operation, 101, reason, "open")
    assert item(desk, done) == expected
    assert desk.lots(member) == [("a", 40, 60, 0, 0)]
    assert code(desk.refund("nothing", done)) == "refund-exceeds-sale"
    again = desk.one(told)
    assert (again.replayed, again.status) == (True, "exception")


def capture(desk: Desk, held: Outcome, points: int, **fields: Any) -> Outcome:
    """Capture a part or all of a hold."""
    fields = {"hold": held.operation, "points": points} | fields
    return good(desk.one(desk.by(Capture, "nothing", **fields)))


@pytest.mark.parametrize("within", [False, True], ids=["before", "same batch"])
@pytest.mark.parametrize("by", ["capture", "advice"])
def test_an_advice_of_what_was_captured_takes_nothing_again(
    desk: Desk, by: str, within: bool
) -> None:
    """A till that got no answer to its capture sends advice: the customer has paid once."""
    member = desk.rich(100)
    held = desk.hold("nothing", member, 40)
    told = {"member": member, "points": 40, "cash": 60, "hold": held.operation}
    first = desk.at(Advice, "nothing", **told)
    if by == "capture":
        first = desk.by(Capture, "nothing", hold=held.operation, points=40, cash=60)
    both = first, desk.at(Advice, "nothing", **told)
    done, again = desk.post(*both) if within else map(desk.one, both)
    assert (good(done).spent, again.status, again.spent) == (40, "exception", 0)
    expected = (member, desk.org("nothing"), held.operation, 40, "hold-captured", "open")
    assert item(desk, again) == expected
    assert desk.lots(member) == [("a", 60, 0, 0, 0)]


@pytest.mark.parametrize(("points", "status"), [(30, "posted"), (31, "exception")])
def test_an_advice_takes_of_a_captured_hold_what_it_still_has_and_no_more(
    desk: Desk, points: int, status: str
) -> None:
    member = desk.rich(100)
    held = desk.hold("nothing", member, 50)
    capture(desk, held, 20, final=False)
    told = desk.at(Advice, "nothing", member=member, points=points, hold=held.operation)
    assert desk.one(told).status == status
    left = ("a", 50, 0, 0, 0) if status == "posted" else ("a", 50, 30, 0, 0)
    assert desk.lots(member) == [left]


@pytest.mark.parametrize("within", [False, True], ids=["before", "same batch"])
def test_a_capture_that_was_reversed_does_not_stand_in_the_way(desk: Desk, within: bool) -> None:
    member = desk.rich(100)
    held = desk.hold("nothing", member, 40)
    taken = desk.by(Capture, "nothing", hold=held.operation, points=40)
    good(desk.one(taken))
    both = (
        undo(desk, taken),
        desk.at(Advice, "nothing", member=member, points=40, hold=held.operation),
    )
    back, done = desk.post(*both) if within else map(desk.one, both)
    assert (good(back).spent, good(done).spent) == (-40, 40)
    assert desk.lots(member) == [("a", 60, 0, 0, 0)]


@pytest.mark.parametrize("within", [False, True], ids=["before", "same batch"])
@pytest.mark.parametrize("closed", [False, True], ids=["member", "closed member"])
def test_a_reversal_of_an_advice_that_was_not_posted_closes_its_item(
    desk: Desk, within: bool, closed: bool
) -> None:
    member = desk.member()
    if closed:
        good(desk.one(desk.by(Close, None, member=member)))
    told = desk.at(Advice, "nothing", member=member, points=10)
    both = told, undo(desk, told)
    done, back = desk.post(*both) if within else map(desk.one, both)
    assert (done.status, good(back).lots, desk.moved(back)) == ("exception", (), [])
    row = item(desk, done)
    assert row is not None and row[-1] == "closed"
    assert good(desk.one(undo(desk, told))).lots == ()


def test_an_advice_without_a_hold_is_a_purchase_that_has_happened(desk: Desk) -> None:
    member = desk.rich(100)
    lines = (Line(id="x", amount=100),)
    done = good(desk.one(desk.at(Advice, "b", member=member, points=40, cash=60, lines=lines)))
    assert (done.spent, done.cash, desk.claims(done)) == (40, 60, [("a", "b", 40)])
    assert good(desk.refund("b", done)).spent == -40


def test_an_advice_names_no_hold_of_another_member_or_organisation(desk: Desk) -> None:
    member, other = desk.rich(100), desk.rich(100)
    held = desk.hold("nothing", member, 60)
    told = desk.at(Advice, "nothing", member=other, points=10, hold=held.operation)
    assert code(desk.one(told)) == "hold-not-found"
    told = desk.at(Advice, "cafe", member=member, points=10, hold=held.operation)
    assert code(desk.one(told)) == "hold-not-found"
    assert desk.lots(other) == [("a", 100, 0, 0, 0)]


def test_what_came_between_does_not_undo_what_has_happened(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.rich(100)
    with desk.conn.transaction():
        set_spend_lock(desk.conn, member, locked=True)
        set_member_status(desk.conn, member, "suspended")
        set_open(desk.conn, desk.outlet("nothing"), is_open=False)
    told = {"member": member, "points": 10}
    good(desk.one(desk.at(Advice, "nothing", **told)))
    refused = desk.one(desk.at(Purchase, "nothing", **told, amount=10))
    assert code(refused) == "outlet-closed"


def test_an_advice_for_a_closed_member_is_worked_on_and_for_nobody_refused(desk: Desk) -> None:
    member = desk.member()
    good(desk.one(desk.by(Close, None, member=member)))
    done = desk.one(desk.at(Advice, "nothing", member=member, points=10))
    assert done.status == "exception"
    nobody = desk.one(desk.at(Advice, "nothing", member=999_999, points=10))
    assert code(nobody) == "member-not-found"
