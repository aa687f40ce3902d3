"""Room: what would not fit into a column is refused with a code, before the database says so."""

import pytest

from tests.points.desk import Desk, code, good
from tongbao.kernel import limits
from tongbao.points import operations as ops

MOST = limits.AMOUNT
FULL = limits.BALANCE // limits.AMOUNT
"""Largest amounts that fill an account."""


def fill(desk: Desk, name: str, member: int, times: int = FULL) -> None:
    """Let somebody have ``times`` the largest amount of points."""
    desk.post(*(desk.at(ops.Award, name, member=member, points=MOST) for _ in range(times)))


@pytest.mark.parametrize("within", [False, True], ids=["before", "same batch"])
def test_a_wallet_holds_so_much_and_no_more(own_desk: Desk, within: bool) -> None:
    desk, member = own_desk, own_desk.member()
    awards = [desk.at(ops.Award, "nothing", member=member, points=MOST) for _ in range(FULL + 2)]
    parts = [awards] if within else [awards[:FULL], awards[FULL:]]
    outcomes = [outcome for part in parts for outcome in desk.post(*part)]
    assert [code(o) for o in outcomes] == [None] * FULL + ["balance-limit"] * 2
    again = desk.one(awards[-1])
    assert (again.replayed, code(again)) == (True, "balance-limit")
    assert desk.balances(member).available == limits.BALANCE
    last = good(desk.one(desk.at(ops.Purchase, "cafe", member=member, amount=MOST, points=MOST)))
    assert last.spent == MOST


def test_an_issuer_whom_nobody_locks_gives_so_much_and_no_more(own_desk: Desk) -> None:
    desk, one, other = own_desk, own_desk.member(), own_desk.member()
    fill(desk, "nothing", one, FULL - 1)
    awards = [desk.at(ops.Award, "nothing", member=other, points=n) for n in (MOST, 1_000)]
    awards.append(desk.at(ops.Award, "nothing", member=other, points=MOST))
    assert [code(o) for o in desk.post(*awards)] == [None, "balance-limit", "balance-limit"]
    assert desk.account("nothing", "issued") == -limits.BALANCE
    elsewhere = desk.award("a", other, MOST)
    assert elsewhere.earned == MOST


def test_what_moves_as_a_whole_is_looked_at_too(own_desk: Desk) -> None:
    desk, one, other = own_desk, own_desk.member(), own_desk.member()
    fill(desk, "nothing", one)
    fill(desk, "cafe", other, 1)
    steps = [
        desk.by(ops.Merge, None, member=one, into=other),
        desk.by(ops.Close, None, member=one, give_to=other),
        desk.by(ops.Gift, "a", member=one, to=other, points=MOST),
        desk.by(ops.Gift, "a", member=other, to=one, points=limits.LARGE // 10),
    ]
    outcomes = [desk.one(step) for step in steps]
    assert [code(o) for o in outcomes] == ["balance-limit", "balance-limit", None, None]


def test_claims_back_and_forth_fill_up_though_balances_do_not(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.member()
    fill(desk, "nothing", member, 1)
    fields = {"member": member, "amount": MOST, "points": MOST}
    codes = []
    for n in range(FULL // 2):
        buy = desk.at(ops.Purchase, "cafe", **fields)
        if n == FULL // 2 - 1:
            desk.award("nothing", member, MOST)
            desk.buy("cafe", member, limits.LARGE, limits.LARGE)
        both = desk.post(buy, ops.Reversal(key=desk.key(), scope=buy.scope, original_key=buy.key))
        codes += [code(o) for o in both]
    assert codes == [None] * (FULL - 1) + ["balance-limit"]
    assert desk.account("nothing", "clearing") == -MOST - limits.LARGE


def test_small_amounts_do_not_look(own_desk: Desk) -> None:
    """What is less than large costs no reading, and is no way around the limit for thousands."""
    desk, member = own_desk, own_desk.member()
    fill(desk, "nothing", desk.member())
    small = desk.award("nothing", member, limits.LARGE - 1)
    assert small.earned == limits.LARGE - 1
    large = desk.one(desk.at(ops.Award, "nothing", member=desk.member(), points=limits.LARGE))
    assert code(large) == "balance-limit"
