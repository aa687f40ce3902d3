"""Balances for several who ask at once: each sees whom it has to do with."""

from tests.points.desk import Desk, good
from tongbao.points import statements
from tongbao.points.operations import Merge


def test_everybody_sees_the_balances_of_those_it_has_to_do_with(desk: Desk) -> None:
    member, stranger, nobody = desk.rich(1_000), desk.member(), 999
    desk.hold("nothing", member, 300)
    own, other = desk.org("a"), desk.org("b")
    mine = statements.balances(desk.conn, member)
    assert (mine.available, mine.held) == (700, 300)
    asked = [
        (member, own), (member, other), (member, None), (stranger, own), (stranger, None),
        (nobody, None), (nobody, own),
    ]  # fmt: skip
    found = statements.balances_for(desk.conn, asked)
    none = statements.balances(desk.conn, stranger)
    assert found == {(member, own): mine, (member, None): mine, (stranger, None): none}
    assert statements.balances_for(desk.conn, []) == {}


def test_what_lives_on_in_a_member_counts_and_is_known(desk: Desk) -> None:
    member, other = desk.rich(1_000), desk.rich(5, "split")
    both = [(other, desk.org(code)) for code in ("a", "split")]
    assert [*statements.balances_for(desk.conn, both)] == both[1:]
    good(desk.one(desk.by(Merge, None, member=member, into=other)))
    found = statements.balances_for(desk.conn, both)
    assert [(asked, found[asked].available) for asked in both] == [(one, 1_005) for one in both]
