from datetime import timedelta

import pytest

from tests.points.desk import Desk, code, good, slices
from tests.world import AT
from tongbao.alliance.organisations import set_status
from tongbao.alliance.outlets import set_open
from tongbao.members.members import set_spend_lock
from tongbao.members.members import set_status as set_member_status
from tongbao.points.operations import Award, Line, Purchase, Scope


def test_points_pay_a_part_and_the_cash_earns(desk: Desk) -> None:
    member = desk.rich(5_000)
    paid = desk.buy("b", member, 20_000, 5_000)
    assert (paid.spent, paid.cash, paid.earned) == (5_000, 15_000, 150)
    assert desk.claims(paid) == [("a", "b", 5_000)]
    assert desk.balances(member).available == 150


@pytest.mark.parametrize(("name", "earned"), [("a", 150), ("total", 200), ("nothing", 0)])
def test_what_earns_is_the_cash_unless_the_contract_says_otherwise(
    desk: Desk, name: str, earned: int
) -> None:
    assert desk.buy(name, desk.rich(5_000, "b"), 20_000, 5_000).earned == earned


def test_soonest_expiry_is_spent_first_then_the_oldest(desk: Desk) -> None:
    member = desk.member()
    days = {"never": None, "late": 60, "soon": 30}
    lots = {}
    for name, expires in days.items():
        date = None if expires is None else AT + timedelta(days=expires)
        lots[name] = desk.award("a", member, 100, expires_at=date).lot
    old = AT - timedelta(days=5)
    lots["old"] = desk.award("b", member, 100, effective_at=old).lot
    lots["soon, older"] = desk.award(
        "b", member, 100, effective_at=old, expires_at=AT + timedelta(days=30)
    ).lot
    paid = desk.buy("nothing", member, 450, 450)
    order = ["soon, older", "soon", "late", "old", "never"]
    assert [part.lot for part in paid.lots] == [lots[name] for name in order]
    assert slices(paid) == [100, 100, 100, 100, 50]


def test_a_lot_is_good_until_the_business_time_of_its_end(desk: Desk) -> None:
    member = desk.member()
    end = AT + timedelta(days=2)
    desk.award("a", member, 100, expires_at=end)
    buy = {"member": member, "amount": 50, "points": 50}
    late = desk.one(desk.at(Purchase, "nothing", **buy), end)
    assert code(late) == "insufficient-points"
    before = end - timedelta(microseconds=1)
    good(desk.one(desk.at(Purchase, "nothing", **buy, effective_at=before), end))
    good(desk.one(desk.at(Purchase, "nothing", **buy), before))


@pytest.mark.parametrize(
    ("scope", "good_at"),
    [
        ({"formats": ("cafe",)}, "cafe"),
        ({"formats": ("cafe", "cinema")}, "cafe nothing far_bj"),
        ({"regions": ("310000",)}, "cafe nothing"),
        ({"regions": ("310105",)}, "cafe nothing"),
        ({"regions": ("310100",)}, "cafe nothing"),
        ({"regions": ("110000",)}, "far_bj"),
        ({"regions": ("310104",)}, ""),
        ({"regions": ("110000", "310000"), "formats": ("cafe",)}, "cafe"),
        ({"regions": ("110000",), "formats": ("cafe",)}, ""),
    ],
    ids=str,
)
def test_points_with_a_scope_are_spent_only_there(
    desk: Desk, scope: dict[str, tuple[str, ...]], good_at: str
) -> None:
    member = desk.member()
    desk.award("a", member, 1_000, limited_to=Scope(**scope))  # type: ignore[arg-type]
    names = ("cafe", "nothing", "far_bj")
    outcomes = desk.post(
        *(desk.at(Purchase, name, member=member, amount=100, points=100) for name in names)
    )
    assert {n for n, o in zip(names, outcomes, strict=True) if o.spent} == set(good_at.split())


def test_points_limited_to_organisations_are_skipped_elsewhere_and_said_so(desk: Desk) -> None:
    member = desk.member()
    desk.award("a", member, 300, limited_to=Scope(organisations=(desk.org("cafe"),)))
    desk.award("b", member, 50)
    refused = desk.one(desk.at(Purchase, "nothing", member=member, amount=100, points=100))
    assert refused.refusal is not None
    assert refused.refusal.code == "insufficient-points"
    assert refused.refusal.facts == {"wanted": 100, "available": 50, "only_elsewhere": 300}
    upto = desk.buy("nothing", member, 100, 100, up_to=True)
    assert (upto.spent, upto.cash, desk.claims(upto)) == (50, 50, [("b", "nothing", 50)])
    assert desk.buy("cafe", member, 300, 300).spent == 300


def test_points_spent_at_their_own_issuer_make_no_claim_and_no_fee(desk: Desk) -> None:
    member = desk.rich(1_000, "c")
    paid = desk.buy("c", member, 1_000, 1_000)
    assert desk.moved(paid) == [("redeem", "member", "c", 1_000)]
    assert paid.claims == ()


def test_the_acceptance_fee_is_taken_of_the_claims(desk: Desk) -> None:
    member = desk.rich(3_333, "a")
    desk.award("c", member, 1_000)
    paid = desk.buy("c", member, 4_333, 4_333)
    assert desk.moved(paid) == [
        ("redeem", "member", "a", 3_333),
        ("redeem", "member", "c", 1_000),
        ("claim", "a", "c", 3_333),
        ("acceptance_fee", "c", "operator", 67),
    ]


@pytest.mark.parametrize(
    ("issuer", "redeemer", "money"),
    [
        ("prepaid", "nothing", [("claim_reserve", "prepaid", "nothing", 1_001)]),
        ("prepaid", "prepaid", [("unfund", "prepaid", "prepaid", 1_001)]),
        ("a", "below", [("claim", "a", "below", 901)]),
        (
            "prepaid",
            "below",
            [("claim_reserve", "prepaid", "below", 901), ("unfund", "prepaid", "prepaid", 100)],
        ),
        (
            "split",
            "nothing",
            [("claim_reserve", "split", "nothing", 400), ("claim", "split", "nothing", 601)],
        ),
        (
            "split",
            "below",
            [("claim_reserve", "split", "below", 400), ("claim", "split", "below", 501)],
        ),
    ],
    ids=str,
)
def test_money_set_aside_pays_first_and_what_is_left_of_it_goes_back(
    desk: Desk, issuer: str, redeemer: str, money: list[tuple[str, str, str, int]]
) -> None:
    member = desk.rich(1_001, issuer)
    paid = desk.buy(redeemer, member, 1_001, 1_001)
    assert desk.moved(paid) == [("redeem", "member", issuer, 1_001), *money]
    assert desk.lots(member) == ([] if not paid.earned else desk.lots(member))


def test_a_lot_spent_in_parts_leaves_no_fen_of_its_reserve(desk: Desk) -> None:
    member = desk.rich(1_000, "split")
    for points in (333, 333, 334):
        desk.buy("nothing", member, points, points)
    paid = desk.conn.execute(
        "SELECT sum(amount) FROM ledger.transfer WHERE owner_id = %s AND movement = 41", (member,)
    ).fetchone()
    assert paid == (400,)
    row = desk.conn.execute(
        "SELECT available, reserve FROM ledger.lot WHERE owner_id = %s", (member,)
    ).fetchone()
    assert row == (0, 0)


def test_up_to_spends_what_is_there_and_never_more_than_the_bill(desk: Desk) -> None:
    member = desk.rich(500)
    assert desk.buy("nothing", member, 300, 1_000, up_to=True).spent == 300
    rest = desk.buy("nothing", member, 300, 1_000, up_to=True)
    assert (rest.spent, rest.cash) == (200, 100)
    none = desk.buy("nothing", member, 300, 1_000, up_to=True)
    assert (none.spent, none.cash) == (0, 300)


def test_more_points_than_the_bill_are_refused(desk: Desk) -> None:
    member = desk.rich(500)
    buy = desk.at(Purchase, "b", member=member, amount=100, points=101)
    refused = desk.one(buy)
    assert code(refused) == "points-exceed-amount"
    assert desk.balances(member).available == 500


def test_points_are_spread_over_the_lines_to_the_last_fen(desk: Desk) -> None:
    member = desk.rich(100)
    lines = tuple(Line(id=f"{n}", amount=amount) for n, amount in enumerate((333, 333, 334)))
    paid = desk.buy("nothing", member, 1_000, 100, lines=lines)
    row = desk.conn.execute(
        "SELECT data -> 'lines' FROM ledger.operation WHERE id = %s", (paid.operation,)
    ).fetchone()
    assert row == ([["0", 333, 33], ["1", 333, 33], ["2", 334, 34]],)


def test_a_reward_that_cannot_be_issued_is_withheld_and_the_sale_stands(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.rich(100, "a")
    paid = desk.buy("tight", member, 10_102, 100)
    assert (paid.earned, paid.withheld, paid.spent) == (0, "headroom-exceeded", 100)
    assert desk.buy("tight", member, 10_000, 0).earned == 10_000
    with desk.conn.transaction():
        set_status(desk.conn, desk.org("b"), "suspended")
    assert desk.buy("b", member, 10_000, 0).withheld == "issuer-stopped"


def test_a_sale_without_points_needs_no_points(desk: Desk) -> None:
    assert desk.buy("a", desk.member(), 10_000, 0).earned == 100


def test_a_defaulted_organisation_accepts_nothing(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.rich(100)
    with desk.conn.transaction():
        set_status(desk.conn, desk.org("b"), "defaulted")
    refused = desk.one(desk.at(Purchase, "b", member=member, amount=100, points=100))
    assert code(refused) == "organisation-not-active"


def test_a_locked_wallet_earns_and_does_not_spend(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.rich(100)
    with desk.conn.transaction():
        set_spend_lock(desk.conn, member, locked=True)
    buy = {"member": member, "amount": 1_000}
    assert code(desk.one(desk.at(Purchase, "b", **buy, points=1))) == "spend-locked"
    assert good(desk.one(desk.at(Purchase, "b", **buy, points=0))).earned == 10
    good(desk.one(desk.at(Award, "a", member=member, points=5)))


def test_who_and_where_must_be_there_and_active(own_desk: Desk) -> None:
    desk, member = own_desk, own_desk.member()
    suspended = desk.member()
    with desk.conn.transaction():
        set_member_status(desk.conn, suspended, "suspended")
        set_open(desk.conn, desk.outlet("c"), is_open=False)
    wrong = {
        "member-not-found": desk.at(Purchase, "a", member=999_999, amount=1, points=0),
        "member-not-active": desk.at(Purchase, "a", member=suspended, amount=1, points=0),
        "outlet-not-found": desk.at(Purchase, "a", member=member, amount=1, points=0, outlet=999),
        "outlet-closed": desk.at(Purchase, "c", member=member, amount=1, points=0),
    }
    outcomes = desk.post(*wrong.values())
    assert [code(outcome) for outcome in outcomes] == list(wrong)


def test_no_contract_at_the_business_time_is_a_refusal(own_desk: Desk) -> None:
    desk = own_desk
    desk.conn.execute("RESET ROLE")
    desk.conn.execute("ALTER TABLE alliance.contract DISABLE TRIGGER contract_is_append_only")
    desk.conn.execute("UPDATE alliance.contract SET valid_from = %s", (AT,))
    desk.conn.execute("ALTER TABLE alliance.contract ENABLE TRIGGER contract_is_append_only")
    desk.conn.execute("SET ROLE tongbao_app")
    early = AT - timedelta(days=1)
    buy = desk.at(Purchase, "a", member=desk.member(), amount=1, points=0, effective_at=early)
    assert code(desk.one(buy)) == "no-contract"


def test_a_sixth_purchase_finds_what_five_have_left(desk: Desk) -> None:
    member = desk.rich(500)
    buys = [desk.at(Purchase, "nothing", member=member, amount=100, points=100) for _ in range(6)]
    assert [code(o) for o in desk.post(*buys)] == [None] * 5 + ["insufficient-points"]
