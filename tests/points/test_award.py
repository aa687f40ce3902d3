from datetime import timedelta

import pytest

from tests.points.desk import Desk, code, good
from tests.world import AT, do
from tongbao.alliance.organisations import set_status
from tongbao.alliance.types import Status
from tongbao.kernel import limits
from tongbao.points.check import Rules
from tongbao.points.operations import Award, Line, Purchase, Scope


@pytest.mark.parametrize(
    ("name", "amount", "points"),
    [
        ("a", 12_345, 123),
        ("a", 99, 0),
        ("a", 100, 1),
        ("step", 9_999, 0),
        ("step", 10_000, 500),
        ("step", 29_999, 1_000),
        ("nothing", 1_000_000, 0),
        ("a", 0, 0),
    ],
)
def test_an_award_by_contract_counts_whole_steps_and_rounds_down(
    desk: Desk, name: str, amount: int, points: int
) -> None:
    member = desk.member()
    given = good(desk.one(desk.at(Award, name, member=member, amount=amount)))
    assert given.earned == points
    assert desk.balances(member).available == points
    assert (given.lot is None) == (points == 0)


def test_points_that_are_named_are_given_whatever_the_contract_says(desk: Desk) -> None:
    member = desk.member()
    given = good(desk.one(desk.at(Award, "a", member=member, amount=50_000, points=7)))
    assert (given.earned, desk.balances(member).available) == (7, 7)
    assert desk.moved(given) == [("award", "a", "member", 7)]


def test_points_do_not_expire_unless_the_contract_or_the_award_says_so(desk: Desk) -> None:
    member = desk.member()
    day = AT + timedelta(days=9)
    for name, fields in (("a", {}), ("months", {}), ("a", {"expires_at": day})):
        desk.award(name, member, 100, **fields)
    rows = desk.conn.execute(
        "SELECT expires_at FROM ledger.lot WHERE owner_id = %s ORDER BY id", (member,)
    )
    assert [row[0] for row in rows] == [None, AT.replace(month=6), day]


def test_the_business_time_decides_when_points_were_earned(desk: Desk) -> None:
    member = desk.member()
    before = AT - timedelta(days=3)
    given = desk.award("months", member, 100, effective_at=before)
    assert (given.effective_at, given.written_at) == (before, AT)
    row = desk.conn.execute(
        "SELECT earned_at, written_at FROM ledger.lot WHERE id = %s", (given.lot,)
    ).fetchone()
    assert row == (before, AT)


def test_history_may_be_as_old_as_it_goes_where_the_door_allows_it(desk: Desk) -> None:
    old = AT - timedelta(days=3_000)
    award = desk.at(Award, "a", member=desk.member(), points=1, effective_at=old)
    assert code(desk.one(award)) == "time-out-of-range"
    assert good(do(desk.conn, [award], AT, Rules(past=None))[0]).effective_at == old


@pytest.mark.parametrize("kind", ["earned", "bought", "goodwill"])
def test_earned_bought_and_goodwill_points_are_different_lots(desk: Desk, kind: str) -> None:
    given = desk.award("a", desk.member(), 100, lot_kind=kind)
    row = desk.conn.execute("SELECT kind FROM ledger.lot WHERE id = %s", (given.lot,)).fetchone()
    assert row == (kind,)


def test_a_prepaid_issuer_sets_money_aside_at_issue_and_a_split_one_a_part(desk: Desk) -> None:
    member = desk.member()
    assert desk.moved(desk.award("prepaid", member, 1_001)) == [
        ("award", "prepaid", "member", 1_001),
        ("fund", "prepaid", "prepaid", 1_001),
    ]
    assert desk.moved(desk.award("split", member, 1_001)) == [
        ("award", "split", "member", 1_001),
        ("fund", "split", "split", 400),
    ]
    assert desk.lots(member) == [("prepaid", 1_001, 0, 0, 1_001), ("split", 1_001, 0, 0, 400)]


def test_the_issue_fee_is_taken_when_points_are_given(desk: Desk) -> None:
    assert desk.moved(desk.award("fee", desk.member(), 1_000)) == [
        ("award", "fee", "member", 1_000),
        ("issue_fee", "fee", "operator", 30),
    ]


def test_a_pending_award_cannot_be_spent(desk: Desk) -> None:
    member = desk.member()
    given = desk.award("a", member, 1_000, release_at=AT + timedelta(days=7))
    assert given.balances is not None
    assert (given.balances.available, given.balances.pending) == (0, 1_000)
    spent = desk.one(desk.at(Purchase, "b", member=member, amount=100, points=100))
    assert code(spent) == "insufficient-points"


@pytest.mark.parametrize("state", ["suspended", "defaulted"])
def test_an_issuer_that_was_stopped_gives_nothing_and_its_points_stay_good(
    own_desk: Desk, state: Status
) -> None:
    member = own_desk.rich(1_000, "a")
    with own_desk.conn.transaction():
        set_status(own_desk.conn, own_desk.org("a"), state)
    refused = own_desk.one(own_desk.at(Award, "a", member=member, points=1))
    assert code(refused) == "issuer-stopped"
    paid = own_desk.buy("nothing", member, 1_000, 1_000)
    assert own_desk.claims(paid) == [("a", "nothing", 1_000)]


def test_headroom_is_there_to_the_last_fen_and_not_beyond_within_one_batch(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.member()
    exact, beyond, small = (
        desk.at(Award, "tight", member=member, points=points) for points in (9_999, 2, 1)
    )
    outcomes = desk.post(exact, beyond, small)
    assert [code(o) for o in outcomes] == [None, "headroom-exceeded", None]
    assert outcomes[1].refusal is not None
    assert outcomes[1].refusal.facts == {
        "organisation": desk.org("tight"),
        "headroom": 1,
        "needed": 2,
    }
    assert desk.balances(member).available == 10_000


def test_spending_moves_the_debt_and_frees_no_headroom(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.member()
    desk.award("tight", member, 10_000)
    desk.buy("nothing", member, 10_000, 10_000)
    assert desk.account("tight", "clearing") == -10_000
    award = desk.at(Award, "tight", member=member, points=1)
    assert code(desk.one(award)) == "headroom-exceeded"


def test_points_spent_at_home_free_their_headroom(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.member()
    desk.award("tight", member, 10_000)
    desk.buy("tight", member, 10_000, 10_000)
    desk.award("tight", member, 10_000)


def test_a_scope_is_kept_with_the_lot(desk: Desk) -> None:
    scope = Scope(formats=("cafe",))
    member = desk.member()
    desk.award("a", member, 500, limited_to=scope)
    here = desk.one(desk.at(Purchase, "nothing", member=member, amount=500, points=500))
    assert here.refusal is not None
    assert here.refusal.facts == {"wanted": 500, "available": 0, "only_elsewhere": 500}
    assert desk.buy("cafe", member, 500, 500).spent == 500


def test_lines_are_kept_for_refunds_and_must_add_up(desk: Desk) -> None:
    lines = (Line(id="1", amount=700), Line(id="2", amount=300))
    given = desk.one(desk.at(Award, "a", member=desk.member(), amount=1_000, lines=lines))
    good(given)
    wrong = desk.at(Award, "a", member=desk.member(), amount=999, lines=lines)
    assert code(desk.one(wrong)) == "lines-malformed"


def test_an_award_whose_lines_cost_nothing_is_undone_all_the_same(desk: Desk) -> None:
    member = desk.member()
    gift = desk.award("a", member, 300, lines=(Line(id="1", amount=0),))
    assert good(desk.refund("a", gift)).earned == -300
    assert desk.balances(member).available == 0


def test_an_award_of_points_that_have_expired_makes_no_sense(desk: Desk) -> None:
    award = desk.at(Award, "a", member=desk.member(), points=1, expires_at=AT)
    assert code(desk.one(award)) == "time-out-of-range"
    late = AT + limits.LOT + timedelta(days=1)
    award = desk.at(Award, "a", member=desk.member(), points=1, expires_at=late)
    assert code(desk.one(award)) == "time-out-of-range"


def test_only_the_organisation_itself_or_the_operator_awards_at_its_outlet(desk: Desk) -> None:
    member = desk.member()
    foreign = desk.at(Award, "a", member=member, points=1, scope=desk.org("b"))
    assert code(desk.one(foreign)) == "outlet-not-found"
    good(desk.one(desk.at(Award, "a", member=member, points=1, scope=desk.operator)))
