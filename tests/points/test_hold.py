from datetime import timedelta

import pytest

from tests.points.desk import Desk, code, good, slices
from tests.world import AT
from tongbao.alliance.organisations import set_status
from tongbao.members.members import set_spend_lock
from tongbao.members.members import set_status as set_member_status
from tongbao.points.operations import Capture, ExpireHold, ExpireLots, Hold, Scope, Void
from tongbao.points.outcome import Outcome

DAY = timedelta(days=1)


def capture(
    desk: Desk, hold: Outcome, points: int, name: str = "nothing", **fields: object
) -> Outcome:
    fields = {"hold": hold.operation, "points": points} | fields
    return desk.one(desk.by(Capture, name, **fields))


def test_held_points_are_set_aside_and_nobody_owes_anybody(desk: Desk) -> None:
    member = desk.rich(1_000)
    held = desk.hold("nothing", member, 400)
    assert held.balances is not None
    assert (held.balances.available, held.balances.held) == (600, 400)
    assert (held.spent, held.claims, slices(held)) == (0, (), [400])
    assert desk.lots(member) == [("a", 600, 400, 0, 0)]


def test_a_capture_spends_the_points_and_the_claim_arises_then(desk: Desk) -> None:
    member = desk.rich(1_000)
    held = desk.hold("b", member, 400)
    done = good(capture(desk, held, 400, "b", cash=10_000))
    assert desk.moved(done) == [
        ("capture", "member", "a", 400),
        ("claim", "a", "b", 400),
        ("award", "b", "member", 100),
    ]
    assert (done.spent, done.cash, done.earned) == (400, 10_000, 100)
    assert desk.lots(member) == [("a", 600, 0, 0, 0), ("b", 100, 0, 0, 0)]


def test_a_hold_is_captured_in_parts_until_the_final_one_frees_the_rest(desk: Desk) -> None:
    member = desk.rich(1_000)
    held = desk.hold("nothing", member, 600)
    good(capture(desk, held, 100, final=False))
    good(capture(desk, held, 200, final=False))
    assert desk.lots(member) == [("a", 400, 300, 0, 0)]
    last = good(capture(desk, held, 50))
    assert desk.moved(last) == [
        ("capture", "member", "a", 50),
        ("claim", "a", "nothing", 50),
        ("void", "member", "member", 250),
    ]
    assert desk.lots(member) == [("a", 650, 0, 0, 0)]
    assert code(capture(desk, held, 1)) == "hold-closed"


def test_the_parts_never_exceed_the_hold(desk: Desk) -> None:
    member = desk.rich(1_000)
    held = desk.hold("nothing", member, 300)
    refused = capture(desk, held, 301)
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.facts["remaining"]) == ("hold-exceeded", 300)
    good(capture(desk, held, 200, final=False))
    assert code(capture(desk, held, 101)) == "hold-exceeded"
    good(capture(desk, held, 100, final=False))
    assert code(capture(desk, held, 1, final=False)) == "hold-closed"
    assert desk.balances(member).available == 700


def test_five_holds_and_a_sixth_on_one_balance(desk: Desk) -> None:
    member = desk.rich(500)
    holds = [desk.at(Hold, "nothing", member=member, points=100) for _ in range(6)]
    outcomes = desk.post(*holds)
    assert [code(o) for o in outcomes] == [None] * 5 + ["insufficient-points"]
    assert desk.balances(member).held == 500


def test_a_hold_takes_lots_in_spend_order_and_skips_scopes(desk: Desk) -> None:
    member = desk.rich(100, "a")
    desk.award("b", member, 100, expires_at=AT + DAY)
    desk.award("c", member, 100, limited_to=Scope(formats=("cafe",)))
    held = desk.hold("nothing", member, 150)
    assert [part.issuer for part in held.lots] == [desk.org("b"), desk.org("a")]
    refused = desk.one(desk.at(Hold, "nothing", member=member, points=100))
    assert refused.refusal is not None
    assert refused.refusal.facts == {"wanted": 100, "available": 50, "only_elsewhere": 100}


def test_a_partial_capture_takes_the_slices_in_their_order(desk: Desk) -> None:
    member = desk.rich(100, "a")
    desk.award("b", member, 100)
    held = desk.hold("nothing", member, 200)
    done = good(capture(desk, held, 130, final=False))
    assert desk.claims(done) == [("a", "nothing", 100), ("b", "nothing", 30)]


def test_up_to_holds_what_is_there_but_not_nothing(desk: Desk) -> None:
    member = desk.rich(70)
    assert slices(desk.hold("nothing", member, 100, up_to=True)) == [70]
    empty = desk.one(desk.at(Hold, "nothing", member=member, points=100, up_to=True))
    assert code(empty) == "insufficient-points"


def test_void_frees_what_remains_once(desk: Desk) -> None:
    member = desk.rich(1_000)
    held = desk.hold("nothing", member, 600)
    good(capture(desk, held, 100, final=False))
    void = good(desk.one(desk.by(Void, "nothing", hold=held.operation)))
    assert (slices(void), desk.balances(member).available) == ([500], 900)
    assert code(desk.one(desk.by(Void, "nothing", hold=held.operation))) == "hold-closed"
    assert code(capture(desk, held, 1)) == "hold-closed"


def test_a_rejected_capture_is_never_committed_later(desk: Desk) -> None:
    member = desk.rich(100)
    held = desk.hold("nothing", member, 100)
    late = desk.by(Capture, "nothing", hold=held.operation, points=100)
    refused = desk.one(late, AT + 2 * DAY)
    again = desk.one(late, AT)
    assert code(refused) == code(again) == "hold-expired"
    assert again.replayed
    assert desk.balances(member).held == 100


def test_an_expired_hold_is_not_captured_and_is_released_once(desk: Desk) -> None:
    member = desk.rich(100)
    held = desk.hold("nothing", member, 100, expires_at=AT + DAY)
    expire = {"hold": held.operation}
    early = desk.one(desk.by(ExpireHold, None, **expire), AT + DAY - timedelta(seconds=1))
    assert code(early) == "hold-not-expired"
    gone = desk.one(desk.by(Capture, "nothing", hold=held.operation, points=1), AT + DAY)
    assert code(gone) == "hold-expired"
    good(desk.one(desk.by(ExpireHold, None, **expire), AT + DAY))
    assert code(desk.one(desk.by(ExpireHold, None, **expire), AT + DAY)) == "hold-closed"
    assert desk.balances(member).available == 100


def test_a_lot_that_expires_while_it_is_held_is_honoured(desk: Desk) -> None:
    member = desk.member()
    desk.award("keeps", member, 100, expires_at=AT + timedelta(hours=1))
    held = desk.hold("nothing", member, 60)
    later = AT + timedelta(hours=2)
    ended = good(desk.one(desk.by(ExpireLots, None, member=member), later))
    assert desk.moved(ended) == [
        ("expire", "member", "keeps", 40),
        ("breakage", "keeps", "operator", 40),
    ]
    done = good(desk.one(desk.by(Capture, "nothing", hold=held.operation, points=60), later))
    assert desk.moved(done) == [
        ("capture", "member", "keeps", 60),
        ("claim_reserve", "keeps", "nothing", 60),
    ]


def test_what_is_freed_of_a_lot_past_its_date_ends_at_the_next_expiry(desk: Desk) -> None:
    member = desk.member()
    desk.award("a", member, 100, expires_at=AT + timedelta(hours=1))
    held = desk.hold("nothing", member, 60)
    later = AT + timedelta(hours=2)
    good(desk.one(desk.by(Void, "nothing", hold=held.operation), later))
    good(desk.one(desk.by(ExpireLots, None, member=member), later))
    assert desk.lots(member) == []


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        (timedelta(0), "time-out-of-range"),
        (timedelta(seconds=1), None),
        (timedelta(days=31), None),
        (timedelta(days=31, seconds=1), "time-out-of-range"),
    ],
    ids=str,
)
def test_a_hold_lasts_some_time_and_not_for_ever(
    desk: Desk, wait: timedelta, expected: str | None
) -> None:
    hold = desk.at(Hold, "a", member=desk.rich(10), points=1, expires_at=AT + wait)
    assert code(desk.one(hold)) == expected


def test_a_hold_belongs_to_the_organisation_that_made_it(desk: Desk) -> None:
    held = desk.hold("a", desk.rich(100), 100)
    for kind, fields in ((Capture, {"points": 1}), (Void, {}), (ExpireHold, {})):
        foreign = desk.by(kind, "b", hold=held.operation, **fields)
        assert code(desk.one(foreign)) == "hold-not-found"
        missing = desk.by(kind, "a", hold=held.operation + 1, **fields)
        assert code(desk.one(missing)) == "hold-not-found"
    good(desk.one(desk.by(Void, None, hold=held.operation)))


def test_a_lock_put_on_after_the_hold_does_not_stop_its_capture(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.rich(100)
    held = desk.hold("nothing", member, 50)
    with desk.conn.transaction():
        set_spend_lock(desk.conn, member, locked=True)
    refused = desk.one(desk.at(Hold, "nothing", member=member, points=1))
    assert code(refused) == "spend-locked"
    good(capture(desk, held, 50))


def test_a_defaulted_organisation_neither_holds_nor_captures(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.rich(100)
    held = desk.hold("nothing", member, 50)
    with desk.conn.transaction():
        set_status(desk.conn, desk.org("nothing"), "defaulted")
    refused = desk.one(desk.at(Hold, "nothing", member=member, points=1))
    assert code(refused) == "organisation-not-active"
    assert code(capture(desk, held, 50)) == "organisation-not-active"
    good(desk.one(desk.by(Void, "nothing", hold=held.operation)))


def test_a_suspended_members_hold_is_freed_and_not_captured(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.rich(100)
    held = desk.hold("nothing", member, 50)
    with desk.conn.transaction():
        set_member_status(desk.conn, member, "suspended")
    assert code(capture(desk, held, 50)) == "member-not-active"
    good(desk.one(desk.by(Void, "nothing", hold=held.operation)))
