"""Bad input: a refusal with a code, and nothing written anywhere."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from tests.points.desk import Desk, code
from tests.world import AT
from tongbao.kernel import limits
from tongbao.kernel.errors import Malformed
from tongbao.kernel.lists import ListTooLong
from tongbao.points import operations as ops
from tongbao.points.refusals import BatchEmpty

HUGE = "9" * 10_000_000
SURROGATE = "caf\udce9"
DATES = [datetime(1900, 1, 1, tzinfo=UTC), datetime(2900, 1, 1, tzinfo=UTC)]
LONG_AGO = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
FAR_AWAY = datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))
NOT_AMOUNTS = [-1, 0.5, 1.0, 2**63, 2**64, -(2**63), 10**5_000, True, "5", None, float("nan"), HUGE]
NOT_IDS = [0, -1, 2**63, 10**5_000, 1.0, True, "7", None, float("inf"), SURROGATE]
NOT_TEXTS: list[Any] = [
    HUGE,
    SURROGATE,
    "",
    " padded ",
    "two\nlines",
    "nul\0",
    "\u202egnirts",
    7,
    b"x",
]
NOT_KEYS = ["", "x" * (limits.KEY + 1), HUGE, SURROGATE, "Schlüssel", "a b", "a\n", "\0", 7, None]
NAIVE = AT.replace(tzinfo=None)
NOT_TIMES = [*DATES, LONG_AGO, FAR_AWAY, NAIVE, "2026-05-01", 0, SURROGATE]
NOT_FLAGS = ["no", 1, 0, None]
NOT_LISTS = [5, "ab", ({"id": "1", "amount": 1},), (1,)]


def award(**fields: Any) -> tuple[type[ops.Operation], dict[str, Any]]:
    return ops.Award, {"member": 1, "outlet": 1, "points": 1} | fields


def purchase(**fields: Any) -> tuple[type[ops.Operation], dict[str, Any]]:
    return ops.Purchase, {"member": 1, "outlet": 1, "amount": 10, "points": 1} | fields


def hold(**fields: Any) -> tuple[type[ops.Operation], dict[str, Any]]:
    return ops.Hold, {"member": 1, "outlet": 1, "points": 1} | fields


def capture(**fields: Any) -> tuple[type[ops.Operation], dict[str, Any]]:
    return ops.Capture, {"hold": 1, "points": 1} | fields


def advice(**fields: Any) -> tuple[type[ops.Operation], dict[str, Any]]:
    return ops.Advice, {"member": 1, "outlet": 1, "points": 1} | fields


def refund(**fields: Any) -> tuple[type[ops.Operation], dict[str, Any]]:
    return ops.Refund, {"original": 1} | fields


def gift(**fields: Any) -> tuple[type[ops.Operation], dict[str, Any]]:
    return ops.Gift, {"member": 1, "to": 2, "points": 1} | fields


def propose(**fields: Any) -> tuple[type[ops.Operation], dict[str, Any]]:
    given = {"member": 1, "organisation": 1, "points": 1, "reason": "r", "by": "Li"}
    return ops.ProposeAdjustment, given | fields


def decide(**fields: Any) -> tuple[type[ops.Operation], dict[str, Any]]:
    return ops.DecideAdjustment, {"proposal": 1, "by": "Li", "approve": True} | fields


def close(**fields: Any) -> tuple[type[ops.Operation], dict[str, Any]]:
    return ops.Close, {"member": 1} | fields


def reversal(**fields: Any) -> tuple[type[ops.Operation], dict[str, Any]]:
    return ops.Reversal, {"original_key": "o"} | fields


Row = tuple[str, Any, dict[str, Any]]


def amounts() -> Iterator[Row]:
    places = [
        (award, "amount"), (award, "points"), (purchase, "amount"), (purchase, "points"),
        (hold, "points"), (capture, "points"), (capture, "cash"), (advice, "points"),
        (advice, "cash"), (gift, "points"), (refund, "amount"), (propose, "points"),
    ]  # fmt: skip
    optional = {(award, "points"), (refund, "amount")}
    for make, field in places:
        for value in NOT_AMOUNTS:
            if value is None and (make, field) in optional:
                continue
            if value == -1 and make is propose:
                continue
            yield "amount-out-of-range", *make(**{field: value})
    for make, field in [(purchase, "amount"), (hold, "points"), (advice, "points"),
                        (gift, "points"), (refund, "amount"), (propose, "points")]:  # fmt: skip
        yield "amount-out-of-range", *make(**{field: 0})
    yield "amount-out-of-range", *capture(points=0)
    for make in (capture, advice):
        yield "amount-out-of-range", *make(points=limits.AMOUNT, cash=limits.AMOUNT)
    yield "amount-out-of-range", *propose(points=-limits.AMOUNT - 1)


def ids() -> Iterator[Row]:
    places = [
        (award, "member"), (award, "outlet"), (purchase, "member"), (purchase, "outlet"),
        (hold, "member"), (hold, "outlet"), (capture, "hold"), (advice, "member"),
        (advice, "outlet"), (advice, "hold"), (refund, "original"), (gift, "member"),
        (gift, "to"), (propose, "member"), (propose, "organisation"), (decide, "proposal"),
        (close, "member"), (close, "give_to"), (award, "scope"), (reversal, "scope"),
    ]  # fmt: skip
    optional = {(advice, "hold"), (close, "give_to")}
    for make, field in places:
        for value in NOT_IDS:
            if value is not None or (make, field) not in optional:
                yield "id-malformed", *make(**{field: value})
    for kind in (ops.Void, ops.ExpireHold):
        yield "id-malformed", kind, {"hold": 2**63}
    for follower in (ops.ReleasePending, ops.CancelPending):
        yield "id-malformed", follower, {"award": -1}
    yield "id-malformed", ops.ExpireLots, {"member": 1.5}
    yield "id-malformed", ops.Merge, {"member": 1.5, "into": 1}
    yield "id-malformed", ops.Merge, {"member": 1, "into": 0}
    scope = ops.Scope(organisations=(0,))
    yield "id-malformed", *award(limited_to=scope)


def texts() -> Iterator[Row]:
    for value in NOT_KEYS:
        yield "key-malformed", *award(key=value)
        yield "key-malformed", *reversal(original_key=value)
    for value in NOT_TEXTS:
        for field in ("channel", "reference", "campaign"):
            yield "text-malformed", *purchase(**{field: value})
        yield "text-malformed", *propose(reason=value)
        yield "text-malformed", *propose(by=value)
        yield "text-malformed", *decide(by=value)
        yield "text-malformed", *purchase(lines=(ops.Line(id=value, amount=10),))
        line = ops.Line(id="1", amount=10, item=value)
        yield "text-malformed", *purchase(lines=(line,))
        yield "text-malformed", *award(limited_to=ops.Scope(formats=(value,)))
        yield "text-malformed", *refund(lines=(ops.RefundLine(id=value, amount=1),))
    yield "choice-malformed", *award(lot_kind="stolen")
    yield "choice-malformed", *award(lot_kind=7)
    yield "region-unknown", *award(limited_to=ops.Scope(regions=("999999",)))


def times() -> Iterator[Row]:
    for value in NOT_TIMES:
        yield "time-out-of-range", *award(effective_at=value)
        yield "time-out-of-range", *reversal(effective_at=value)
        yield "time-out-of-range", *hold(expires_at=value)
        yield "time-out-of-range", *award(release_at=value)
        yield "time-out-of-range", *award(expires_at=value)
    yield "time-out-of-range", *award(effective_at=AT + limits.AHEAD + timedelta(seconds=1))
    yield "time-out-of-range", *award(effective_at=AT - timedelta(days=35, seconds=1))


def lists() -> Iterator[Row]:
    for value in NOT_LISTS:
        yield "lines-malformed", *purchase(lines=value)
        yield "lines-malformed", *refund(lines=value)
        yield "scope-malformed", *award(limited_to=value)
    many = tuple(ops.Line(id=f"{n}", amount=1) for n in range(limits.LINES + 1))
    yield "lines-malformed", *purchase(amount=len(many), lines=many)
    back = tuple(ops.RefundLine(id=f"{n}", amount=1) for n in range(limits.LINES + 1))
    yield "lines-malformed", *refund(lines=back)
    yield "lines-malformed", *refund(amount=1, lines=back[:1])
    yield "lines-malformed", *purchase(lines=(ops.Line(id="1", amount=9),))
    twice = (ops.Line(id="1", amount=5), ops.Line(id="1", amount=5))
    yield "lines-malformed", *purchase(lines=twice)
    yield "lines-malformed", *purchase(lines=(ops.Line(id="*", amount=10),))
    yield "amount-out-of-range", *purchase(lines=(ops.Line(id="1", amount=-1),))
    yield "amount-out-of-range", *purchase(lines=(ops.Line(id="1", amount=10, quantity=0),))
    yield "amount-out-of-range", *refund(lines=(ops.RefundLine(id="1", amount=0),))
    yield "scope-malformed", *award(limited_to=ops.Scope())
    text: Any = "310000"
    yield "scope-malformed", *award(limited_to=ops.Scope(regions=text))
    crowd = ops.Scope(organisations=tuple(range(1, limits.LINES + 2)))
    yield "scope-malformed", *award(limited_to=crowd)


def flags() -> Iterator[Row]:
    places = [(purchase, "up_to"), (hold, "up_to"), (capture, "final"), (decide, "approve"),
              (close, "forfeit")]  # fmt: skip
    for make, field in places:
        for value in NOT_FLAGS:
            yield "flag-malformed", *make(**{field: value})


def counts(desk: Desk) -> dict[str, int]:
    """Count the rows of every table of the product."""
    tables = desk.conn.execute(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN"
        " ('kernel', 'ledger', 'events', 'alliance', 'members', 'points', 'clearing')"
    ).fetchall()
    found = {}
    for (table,) in tables:
        row = desk.conn.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        assert row is not None
        found[table] = row[0]
    return found


@pytest.mark.parametrize(
    "rows", [amounts, ids, texts, times, lists, flags], ids=lambda f: f.__name__
)
def test_what_makes_no_sense_is_malformed_and_leaves_nothing_behind(desk: Desk, rows: Any) -> None:
    table: list[Row] = list(rows())
    before = counts(desk)
    batch = [kind(**{"key": desk.key(), "scope": 1} | fields) for _, kind, fields in table]
    outcomes = desk.post(*batch)
    wrong = [
        (kind.__name__, repr(fields)[:200], code(outcome), expected)
        for (expected, kind, fields), outcome in zip(table, outcomes, strict=True)
        if (outcome.status, code(outcome)) != ("malformed", expected)
    ]
    assert wrong == []
    assert counts(desk) == before
    for outcome in outcomes:  # whatever was sent, the answer can be sent back, and is small
        assert len(msgspec.json.encode(outcome)) < 2_000


def test_what_is_not_there_or_not_ones_own_is_refused_and_only_the_answer_remembered(
    desk: Desk,
) -> None:
    member = desk.rich(100)
    given = desk.award("a", member, 10)
    held = desk.hold("a", member, 10)
    unknown, scope = 2**62 + 1, desk.org("b")
    table = [
        ("member-not-found", desk.at(ops.Award, "a", member=unknown, points=1)),
        ("outlet-not-found", desk.at(ops.Award, "a", member=member, points=1, outlet=unknown)),
        ("outlet-not-found", desk.at(ops.Award, "a", member=member, points=1, scope=scope)),
        ("member-not-found", desk.at(ops.Award, "a", member=desk.org("a"), points=1)),
        ("hold-not-found", desk.by(ops.Capture, "a", hold=unknown, points=1)),
        ("hold-not-found", desk.by(ops.Capture, "b", hold=held.operation, points=1)),
        ("hold-not-found", desk.by(ops.Capture, "a", hold=given.operation, points=1)),
        ("hold-not-found", desk.by(ops.Void, "a", hold=unknown)),
        ("operation-not-found", desk.by(ops.Refund, "a", original=unknown)),
        ("operation-not-found", desk.by(ops.Refund, "b", original=given.operation)),
        ("operation-not-found", desk.by(ops.ReleasePending, "a", award=unknown)),
        ("member-not-found", desk.by(ops.Gift, "a", member=member, to=unknown, points=1)),
        ("member-not-found", desk.by(ops.ExpireLots, "a", member=unknown)),
        ("adjustment-not-found", desk.by(ops.DecideAdjustment, "a", proposal=unknown, by="Li",
                                         approve=True)),
        ("organisation-not-found", desk.by(ops.Reversal, "a", scope=unknown, original_key="x")),
    ]  # fmt: skip
    before = counts(desk)
    outcomes = desk.post(*(op for _, op in table))
    assert [code(o) for o in outcomes] == [expected for expected, _ in table]
    after = counts(desk)
    after["kernel.once"] -= len(table)
    assert after == before


def test_an_empty_and_an_over_long_batch_are_refused_whole(desk: Desk) -> None:
    member = desk.member()
    before = counts(desk)
    with pytest.raises(BatchEmpty):
        desk.post()
    many = [desk.at(ops.Award, "a", member=member, points=1)] * (limits.BATCH + 1)
    with pytest.raises(ListTooLong) as refused:
        desk.post(*many)
    assert isinstance(refused.value, Malformed)
    assert refused.value.facts["most"] == limits.BATCH
    assert counts(desk) == before


def test_the_largest_batch_of_one_request_is_one_award(desk: Desk) -> None:
    member = desk.member()
    award = desk.at(ops.Award, "a", member=member, points=1)
    outcomes = desk.post(*[award] * limits.BATCH)
    assert [o.replayed for o in outcomes] == [False] + [True] * (limits.BATCH - 1)
    assert desk.balances(member).available == 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"kind":"award","key":"k","scope":1,"member":1,"outlet":1,"points":1.5}',
        b'{"kind":"award","key":"k","scope":1,"member":1,"outlet":1,"points":"1"}',
        b'{"kind":"award","key":"k","scope":1,"member":1,"outlet":1,"points":1,"unit":"CNY"}',
        b'{"kind":"award","key":"\xff\xfe","scope":1,"member":1,"outlet":1,"points":1}',
        b'{"kind":"sale","key":"k","scope":1}',
    ],
)
def test_json_of_the_wrong_form_unit_or_encoding_is_no_operation(body: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        msgspec.json.decode(body, type=ops.AnyOperation)
