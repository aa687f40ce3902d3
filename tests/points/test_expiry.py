from datetime import UTC, datetime, timedelta

import pytest

from tests.points.desk import Desk, code, good
from tests.world import AT
from tongbao.alliance import contracts
from tongbao.alliance.types import Terms
from tongbao.kernel import limits
from tongbao.points.issue import add_months
from tongbao.points.operations import ExpireLots

LATER = AT + timedelta(days=40)


@pytest.mark.parametrize(
    ("issuer", "money"),
    [
        ("months", []),
        ("prepaid", [("unfund", "prepaid", "prepaid", 1_000)]),
        ("keeps", [("breakage", "keeps", "operator", 1_000)]),
    ],
)
def test_points_past_their_date_end_and_the_contract_says_who_keeps_the_money(
    desk: Desk, issuer: str, money: list[tuple[str, str, str, int]]
) -> None:
    member = desk.rich(1_000, issuer)
    desk.award("a", member, 5)
    expire = {"member": member}
    assert good(desk.one(desk.by(ExpireLots, None, **expire))).lots == ()
    done = good(desk.one(desk.by(ExpireLots, None, **expire), LATER))
    assert desk.moved(done) == [("expire", "member", issuer, 1_000), *money]
    assert desk.lots(member) == [("a", 5, 0, 0, 0)]
    again = good(desk.one(desk.by(ExpireLots, None, **expire), LATER))
    assert (again.lots, desk.moved(again)) == ((), [])


def test_the_balance_does_not_collapse_what_was_spent_does_not_expire(desk: Desk) -> None:
    member = desk.rich(1_000, "months")
    desk.buy("nothing", member, 700, 700)
    desk.award("a", member, 400)
    good(desk.one(desk.by(ExpireLots, None, member=member), LATER))
    assert desk.balances(member).available == 400


def test_a_fast_clock_ends_nothing_before_its_time(desk: Desk) -> None:
    member = desk.member()
    desk.award("a", member, 100, expires_at=AT + timedelta(hours=5))
    expire = desk.by(ExpireLots, None, member=member, effective_at=AT + timedelta(hours=6))
    assert good(desk.one(expire)).lots == ()


def test_a_back_dated_run_ends_what_was_over_then(desk: Desk) -> None:
    member = desk.member()
    desk.award("a", member, 100, expires_at=AT + timedelta(days=1))
    desk.award("a", member, 100, expires_at=AT + timedelta(days=3))
    now = AT + timedelta(days=5)
    expire = desk.by(ExpireLots, None, member=member, effective_at=AT + timedelta(days=2))
    good(desk.one(expire, now))
    assert desk.balances(member).available == 100


def test_the_contract_of_the_day_says_who_keeps_the_money_not_one_to_come(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.rich(100, "keeps")
    with desk.conn.transaction():
        contracts.sign(
            desk.conn, desk.org("keeps"), Terms(breakage_to="issuer"), LATER + timedelta(1), AT
        )
    done = good(desk.one(desk.by(ExpireLots, None, member=member), LATER))
    assert desk.moved(done)[1] == ("breakage", "keeps", "operator", 100)


def test_very_many_lots_end_in_several_runs(
    own_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, member = own_desk, own_desk.member()
    monkeypatch.setattr(limits, "LOTS_PER_OPERATION", 3)
    for _ in range(5):
        desk.award("keeps", member, 10)
    expire = {"member": member}
    done = [good(desk.one(desk.by(ExpireLots, None, **expire), LATER)) for _ in range(3)]
    assert [len(o.lots) for o in done] == [3, 2, 0]


def test_nobody_has_nothing_to_expire(desk: Desk) -> None:
    assert code(desk.one(desk.by(ExpireLots, None, member=999_999))) == "member-not-found"
    stranger = desk.by(ExpireLots, None, member=desk.member(), scope=999_999)
    assert code(desk.one(stranger)) == "organisation-not-found"


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2028, 1, 31), 1, (2028, 2, 29)),
        ((2026, 12, 15), 1, (2027, 1, 15)),
        ((2026, 11, 30), 15, (2028, 2, 29)),
        ((2026, 5, 1), 12, (2027, 5, 1)),
    ],
)
def test_months_end_on_the_same_day_or_the_last_one(
    start: tuple[int, int, int], months: int, end: tuple[int, int, int]
) -> None:
    assert add_months(datetime(*start, tzinfo=UTC), months) == datetime(*end, tzinfo=UTC)
