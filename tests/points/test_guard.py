"""Codes that are good once, limits on how often and how much, proofs, and sleeping wallets."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.points.desk import Desk, code, good
from tests.world import AT, do
from tongbao.kernel import db as database
from tongbao.kernel.clock import micros
from tongbao.points import caps
from tongbao.points.check import Rules
from tongbao.points.dormant import wake
from tongbao.points.operations import Advice, Award, Capture, CodeUse, Gift, Hold, Purchase
from tongbao.teller.batch import post_batch

HOUR = timedelta(hours=1)
STEP = micros(AT) // 60_000_000
DEVICE = 77


def limit(
    desk: Desk, subject: str, span: str = "hour", measure: str = "spend", **most: Any
) -> None:
    given = {"uses": None, "points": None, "organisation_id": None} | most
    with desk.conn.transaction():
        caps.set_limit(desk.conn, subject, measure, span, by="Lin", reason="fraud", at=AT, **given)


def spend(desk: Desk, member: int, points: int = 10, name: str = "nothing", **fields: Any) -> Any:
    fields = {"member": member, "amount": 10_000, "points": points} | fields
    return desk.at(Purchase, name, **fields)


def shown(device: int = DEVICE, late: int = 0) -> CodeUse:
    return CodeUse(device, STEP - late)


def test_a_code_is_good_once_and_its_repetition_replays(desk: Desk) -> None:
    member = desk.rich(1_000)
    paid = spend(desk, member, code=shown())
    first = good(desk.one(paid))
    again = desk.one(paid)
    assert (again.operation, again.replayed) == (first.operation, True)
    assert desk.one(paid, AT + 24 * HOUR).operation == first.operation  # however late
    assert code(desk.one(spend(desk, member, code=shown()))) == "payment-code-used"
    held = desk.at(Hold, "nothing", member=member, points=1, code=shown())
    assert code(desk.one(held)) == "payment-code-used"
    assert desk.balances(member).available == 990


def test_in_one_batch_too(desk: Desk) -> None:
    member = desk.rich(1_000)
    told = desk.post(*(spend(desk, member, code=shown(78)) for _ in range(3)))
    assert [code(one) for one in told] == [None, "payment-code-used", "payment-code-used"]


def test_a_refused_payment_does_not_use_the_code_up(desk: Desk) -> None:
    member = desk.rich(100)
    poor = desk.one(spend(desk, member, 101, code=shown(79)))
    assert code(poor) == "insufficient-points"
    good(desk.one(spend(desk, member, 50, code=shown(79))))


@pytest.mark.parametrize(
    ("late", "expected"),
    [(-2, "payment-code-expired"), (-1, None), (0, None), (1, None), (2, "payment-code-expired")],
)
def test_a_code_is_good_in_its_minute_and_beside_it(
    desk: Desk, late: int, expected: str | None
) -> None:
    member = desk.rich(100)
    told = desk.one(spend(desk, member, code=shown(100 + late, late)))
    assert code(told) == expected


def test_an_award_uses_its_code_and_an_advice_is_never_refused_for_it(desk: Desk) -> None:
    member = desk.rich(1_000)
    good(desk.one(desk.at(Award, "a", member=member, points=5, code=shown(80))))
    assert code(desk.one(spend(desk, member, code=shown(80)))) == "payment-code-used"
    late = desk.at(Advice, "nothing", member=member, points=5, code=shown(80, late=500))
    told = desk.one(late)
    assert (told.status, told.refusal) == ("posted", None)


def test_a_hundred_tries_of_one_code_at_once_have_one_effect(
    own_desk: Desk, database_url: str
) -> None:
    desk = own_desk
    member = desk.rich(10_000)
    tries = [spend(desk, member, code=shown()) for _ in range(100)]

    def attempt(share: int) -> list[Any]:
        with database.connect(database_url) as conn:
            return [post_batch(conn, [one], AT, Rules())[0] for one in tries[share::10]]

    with ThreadPoolExecutor(10) as pool:
        told = [one for share in pool.map(attempt, range(10)) for one in share]
    codes = [code(one) for one in told]
    assert (codes.count(None), codes.count("payment-code-used")) == (1, 99)
    assert desk.balances(member).available == 9_990


def test_so_many_times_an_hour_and_again_in_the_next(own_desk: Desk) -> None:
    desk = own_desk
    limit(desk, "member", uses=2)
    member, other = desk.rich(1_000), desk.rich(1_000)
    told = desk.post(*(spend(desk, member) for _ in range(3)), spend(desk, other))
    assert [code(one) for one in told] == [None, None, "velocity-exceeded", None]
    assert told[2].refusal is not None
    assert told[2].refusal.facts == {
        "subject": "member",
        "measure": "spend",
        "span": "hour",
        "unit": "times",
        "most": 2,
        "used": 2,
        "resets_at": "2026-05-01T05:00:00+00:00",
    }
    assert code(desk.one(spend(desk, member), AT + HOUR - timedelta(seconds=1))) is not None
    good(desk.one(spend(desk, member), AT + HOUR))


def test_so_many_points_and_what_fits_still_goes(own_desk: Desk) -> None:
    desk = own_desk
    limit(desk, "member", "day", points=100)
    member = desk.rich(1_000)
    told = [desk.one(spend(desk, member, points)) for points in (60, 41, 40, 1)]
    assert [code(one) for one in told] == [None, "velocity-exceeded", None, "velocity-exceeded"]
    day_after = AT.replace(hour=16)  # midnight in Shanghai
    good(desk.one(spend(desk, member, 100), day_after))


def test_holds_count_when_they_are_placed_and_gifts_count_too(own_desk: Desk) -> None:
    desk = own_desk
    limit(desk, "member", points=100)
    member = desk.rich(1_000)
    held = desk.hold("nothing", member, 60)
    good(desk.one(desk.by(Capture, "nothing", hold=held.operation, points=60)))
    gift = {"member": member, "to": desk.member()}
    assert code(desk.one(desk.by(Gift, "a", **gift, points=41))) == "velocity-exceeded"
    good(desk.one(desk.by(Gift, "a", **gift, points=40)))
    assert desk.one(spend(desk, member, 0)).status == "posted"  # only cash


def test_limits_of_tills_outlets_and_organisations(own_desk: Desk) -> None:
    desk = own_desk
    limit(desk, "terminal", uses=1)
    limit(desk, "outlet", "minute", uses=3)
    limit(desk, "organisation", "day", uses=4, organisation_id=desk.org("nothing"))
    people = [desk.rich(1_000) for _ in range(4)]

    def at_till(place: int, till: str | None, name: str = "nothing") -> str | None:
        return code(desk.one(spend(desk, people[place % 4], name=name, terminal=till)))

    assert [at_till(0, "t1"), at_till(1, "t1")] == [None, "velocity-exceeded"]
    assert [at_till(1, "t2"), at_till(2, None), at_till(3, None)] == [
        None, None, "velocity-exceeded",
    ]  # fmt: skip
    assert [at_till(0, "t1", "cafe"), at_till(1, "t2", "cafe")] == [None, None]
    later = AT + timedelta(minutes=1)
    told = [code(desk.one(spend(desk, people[0]), later)) for _ in range(2)]
    assert told == [None, "velocity-exceeded"]  # the organisation's day


def test_earning_has_limits_of_its_own_and_an_advice_counts_but_passes(own_desk: Desk) -> None:
    desk = own_desk
    limit(desk, "member", measure="earn", points=100)
    limit(desk, "member", points=10)
    member = desk.member()
    desk.award("a", member, 100)
    over = desk.one(desk.at(Award, "a", member=member, points=1))
    assert code(over) == "velocity-exceeded"
    told = desk.one(desk.at(Advice, "nothing", member=member, points=50))
    assert told.status == "posted"
    assert code(desk.one(spend(desk, member, 1))) == "velocity-exceeded"


def test_a_limit_is_lifted_by_a_version_without_one(own_desk: Desk) -> None:
    desk = own_desk
    member = desk.rich(1_000)
    limit(desk, "member", uses=0)
    assert code(desk.one(spend(desk, member))) == "velocity-exceeded"
    with desk.conn.transaction():
        common: dict[str, Any] = {"organisation_id": None, "by": "Lin", "reason": "over", "at": AT}
        ends = AT + timedelta(seconds=1)
        caps.set_limit(
            desk.conn, "member", "spend", "hour", uses=None, points=None,
            valid_from=ends, **common,
        )  # fmt: skip
    assert code(desk.one(spend(desk, member))) == "velocity-exceeded"
    good(desk.one(spend(desk, member), AT + timedelta(seconds=1)))


def test_sixteen_connections_do_exactly_what_the_limit_allows(
    own_desk: Desk, database_url: str
) -> None:
    desk = own_desk
    limit(desk, "outlet", uses=23)
    people = [desk.rich(10_000) for _ in range(4)]
    tries = [spend(desk, people[n % 4]) for n in range(96)]

    def attempt(share: int) -> list[Any]:
        with database.connect(database_url) as conn:
            mine = tries[share::16]
            told = post_batch(conn, mine[:3], AT, Rules())
            return told + [post_batch(conn, [one], AT, Rules())[0] for one in mine[3:]]

    with ThreadPoolExecutor(16) as pool:
        told = [one for share in pool.map(attempt, range(16)) for one in share]
    codes = [code(one) for one in told]
    assert (codes.count(None), codes.count("velocity-exceeded")) == (23, 73)
    assert sum(desk.balances(member).available for member in people) == 40_000 - 230


def test_a_limit_of_members_keeps_no_other_member_waiting(
    own_desk: Desk, database_url: str
) -> None:
    desk = own_desk
    limit(desk, "member", uses=100)
    one, other = desk.rich(100, "a"), desk.rich(100, "b")
    with database.connect(database_url) as conn:
        conn.execute("SET lock_timeout = '5s'")
        with desk.conn.transaction():
            do(desk.conn, [spend(desk, one)])
            good(do(conn, [spend(desk, other, name="cafe")])[0])


def test_large_amounts_need_a_proof_and_the_stronger_one_passes_for_the_weaker(
    own_desk: Desk,
) -> None:
    desk = own_desk
    common: dict[str, Any] = {"by": "Lin", "reason": "safety", "at": AT}
    with desk.conn.transaction():
        caps.set_step_up(desk.conn, "pin", points=100, organisation_id=None, **common)
        caps.set_step_up(desk.conn, "otp", points=50, organisation_id=desk.org("cafe"), **common)
    member = desk.rich(10_000)

    def ask(points: int, name: str = "nothing", proof: str | None = None) -> str | None:
        return code(desk.one(spend(desk, member, points, name, proof=proof)))

    assert [ask(99), ask(100), ask(100, proof="pin"), ask(100, proof="otp")] == [
        None, "step-up-required", None, None,
    ]  # fmt: skip
    assert [ask(49, "cafe"), ask(50, "cafe"), ask(50, "cafe", "pin"), ask(50, "cafe", "otp")] == [
        None, "step-up-required", "step-up-required", None,
    ]  # fmt: skip
    told = desk.one(desk.at(Hold, "nothing", member=member, points=200))
    assert told.refusal is not None
    assert told.refusal.facts == {"member": member, "points": 200, "proof": "pin", "least": 100}


def test_a_members_own_limit_is_of_a_day(own_desk: Desk) -> None:
    desk = own_desk
    member, other = desk.rich(1_000), desk.rich(1_000)
    with desk.conn.transaction():
        caps.set_own(desk.conn, member, 50, AT)
    told = desk.post(spend(desk, member, 30), spend(desk, member, 21), spend(desk, other, 100))
    assert [code(one) for one in told] == [None, "own-limit-exceeded", None]
    with desk.conn.transaction():
        caps.set_own(desk.conn, member, None, AT)
    assert caps.own_of(desk.conn, member) is None
    good(desk.one(spend(desk, member, 21)))


def test_a_wallet_that_slept_for_a_year_wakes_by_a_proof(own_desk: Desk) -> None:
    desk = own_desk
    member = desk.rich(1_000)
    rules, later = Rules(dormant=timedelta(days=365)), AT + timedelta(days=365)

    def pay(at: Any) -> str | None:
        return code(do(desk.conn, [spend(desk, member)], at, rules)[0])

    assert pay(later - timedelta(seconds=1)) is None
    assert pay(later) is None  # it was awake a second ago
    much_later = later + timedelta(days=365)
    told = do(desk.conn, [spend(desk, member), desk.at(Award, "a", member=member, points=1)],
              much_later, rules)  # fmt: skip
    assert [code(one) for one in told] == ["wallet-dormant", None]
    assert pay(much_later) is None  # it has just earned
    last = much_later + timedelta(days=400)
    assert pay(last) == "wallet-dormant"
    with desk.conn.transaction():
        wake(desk.conn, member, last)
    assert pay(last) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"subject": "planet"}, "choice-malformed"),
        ({"measure": "burn"}, "choice-malformed"),
        ({"span": "year"}, "choice-malformed"),
        ({"uses": -1}, "amount-out-of-range"),
        ({"points": 10**16}, "amount-out-of-range"),
        ({"reason": ""}, "text-malformed"),
        ({"valid_from": AT - HOUR}, "limit-in-past"),
        ({"organisation_id": 1}, "organisation-not-found"),
    ],
    ids=str,
)
def test_limits_that_make_no_sense_are_refused(
    desk: Desk, fields: dict[str, Any], expected: str
) -> None:
    from tongbao.kernel.errors import Refusal

    given: dict[str, Any] = {
        "subject": "member", "measure": "spend", "span": "hour", "uses": 1, "points": None,
        "organisation_id": None, "by": "Lin", "reason": "why", "at": AT,
    } | fields  # fmt: skip
    with pytest.raises(Refusal) as refused, desk.conn.transaction():
        caps.set_limit(desk.conn, **given)
    assert refused.value.code == expected


def test_what_rules_already_is_not_written_again(desk: Desk) -> None:
    given: dict[str, Any] = {"organisation_id": None, "by": "Lin", "reason": "why"}

    def limit_at(hours: int, uses: int | None) -> int:
        at = AT + hours * HOUR
        with desk.conn.transaction():
            return caps.set_limit(
                desk.conn, "outlet", "earn", "minute", uses=uses, points=None, at=at, **given
            ).id

    def proof_at(hours: int, points: int | None) -> int:
        with desk.conn.transaction():
            return caps.set_step_up(
                desk.conn, "pin", points=points, at=AT + hours * HOUR, **given
            ).id

    for write, some in ((limit_at, 7), (proof_at, 700)):
        first = write(0, some)
        assert write(1, some) == first
        ended = write(2, None)
        assert write(3, None) == ended != first
        assert write(4, some) not in (first, ended)
