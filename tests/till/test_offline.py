"""Offline tills: what they sign comes home once, and only what is genuine."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.till.conftest import ACCESS, SECRETS, Till
from tests.world import AT, broken_laws, do
from tongbao.alliance import terminals
from tongbao.desk import exceptions
from tongbao.kernel import db as database
from tongbao.kernel.errors import Refusal
from tongbao.members import members as people
from tongbao.points.check import Rules
from tongbao.points.operations import CodeUse, Merge, Purchase
from tongbao.points.outcome import Outcome
from tongbao.teller.batch import post_batch
from tongbao.till import allowances, payment_code, signed, uploads
from tongbao.till.offline_till import AllowanceUsedUp, GrantNotGenuine, OfflineTill
from tongbao.till.signed import Grant, Line

HOUR = timedelta(hours=1)
LATER = AT + 6 * HOUR
CARD = "CARD000000"


class Offline:
    """A till at A's outlet that works offline, and its way home."""

    def __init__(self, till: Till, **sizes: Any) -> None:
        self.till = till
        with till.conn.transaction():
            terminals.add(till.conn, till.world.outlets["A"], "t1")
        self.box = OfflineTill(bytes(range(32)))
        self.register()
        self.grant = self.ask(**sizes)
        self.box.take(self.grant, signed.public_hex(signed.operators_key(ACCESS)))

    def register(self, box: OfflineTill | None = None) -> None:
        key = (box or self.box).public_key
        with self.till.conn.transaction():
            allowances.register(
                self.till.conn, self.till.world.outlets["A"], "t1", key, by="Lin", at=AT
            )

    def ask(self, **sizes: Any) -> Grant:
        given: dict[str, Any] = {
            "spend_points": 10_000, "member_points": 5_000, "award_amount": 100_000,
            "valid_until": AT + 24 * HOUR,
        } | sizes  # fmt: skip
        with self.till.conn.transaction():
            return allowances.grant(
                self.till.conn, self.till.world.outlets["A"], "t1",
                by="Lin", at=AT, key=ACCESS, **given,
            )  # fmt: skip

    def send(
        self, *lines: Line, name: str | None = "A", at: datetime = LATER
    ) -> list[Outcome | str]:
        """Upload lines as a door does; give outcomes, or the codes of refusals."""
        conn = self.till.conn
        whose = None if name is None else self.till.world.organisations[name]
        with conn.transaction():
            checked = uploads.accept(conn, lines, whose, at, secrets=SECRETS)
        assert [one.line for one in checked] == list(lines)
        told: list[Outcome | str] = []
        for one in checked:
            if one.operation is None:
                assert one.refusal is not None
                told.append(one.refusal.code)
                continue
            (outcome,) = do(conn, [one.operation], at)
            with conn.transaction():
                uploads.note(conn, [(one.line, outcome)])
            told.append(outcome if outcome.refusal is None else outcome.refusal.code)
        return told


def status(told: Outcome | str) -> str:
    return told if isinstance(told, str) else told.status


@pytest.fixture
def offline(till: Till) -> Offline:
    till.award("B", till.world.members[0], 9_000)
    return Offline(till)


def spend(offline: Offline, points: int, card: str = CARD, at: datetime = AT + HOUR) -> Line:
    return offline.box.spend("card", card, 2 * points, points, at, reference="R1")


def available(till: Till, member: int) -> int:
    row = till.conn.execute(
        "SELECT balance FROM ledger.account WHERE owner_id = %s AND kind = 'wallet'", (member,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_what_was_done_offline_is_posted_with_its_own_time(offline: Offline) -> None:
    lines = [spend(offline, 1_000), offline.box.award("card", CARD, 50_000, AT + HOUR)]
    paid, earned = offline.send(*lines)
    assert isinstance(paid, Outcome)
    assert isinstance(earned, Outcome)
    assert (paid.kind, paid.spent, paid.effective_at) == ("advice", 1_000, AT + HOUR)
    assert (earned.kind, earned.earned) == ("award", 500)
    assert broken_laws(offline.till.conn) == {}


def test_the_same_lines_again_have_no_second_effect(offline: Offline) -> None:
    lines = [spend(offline, 1_000), offline.box.award("card", CARD, 50_000, AT + HOUR)]
    first = offline.send(*lines)
    left = available(offline.till, offline.till.world.members[0])
    again = offline.send(*reversed(lines))
    assert [one.operation for one in first if isinstance(one, Outcome)] == [
        one.operation for one in reversed(again) if isinstance(one, Outcome)
    ]
    assert all(isinstance(one, Outcome) and one.replayed for one in again)
    assert available(offline.till, offline.till.world.members[0]) == left


def test_many_uploads_of_the_same_lines_at_once_have_one_effect(
    offline: Offline, database_url: str
) -> None:
    lines = [spend(offline, 100) for _ in range(5)]
    whose = offline.till.world.organisations["A"]

    def send(share: int) -> list[int]:
        mine = lines if share % 2 else lines[::-1]
        with database.connect(database_url) as conn:
            with conn.transaction():
                checked = uploads.accept(conn, mine, whose, LATER, secrets=SECRETS)
            operations = [one.operation for one in checked if one.operation is not None]
            told = post_batch(conn, operations, LATER, Rules())
            outcomes = [one for one in told if isinstance(one, Outcome)]
            with conn.transaction():
                uploads.note(conn, list(zip(mine, outcomes, strict=True)))
        return sorted(one.operation for one in outcomes)

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(send, range(16)))
    assert len({tuple(one) for one in told}) == 1
    assert len(told[0]) == 5
    assert available(offline.till, offline.till.world.members[0]) == 9_000 - 500 + 5
    assert broken_laws(offline.till.conn) == {}


def test_a_crash_between_accepting_and_posting_is_made_good(offline: Offline) -> None:
    line = spend(offline, 1_000)
    conn = offline.till.conn
    with conn.transaction():
        uploads.accept(conn, [line], None, LATER, secrets=SECRETS)
    (told,) = offline.send(line)
    assert status(told) == "posted"
    assert available(offline.till, offline.till.world.members[0]) == 8_000 + 10


def test_also_when_the_member_was_merged_meanwhile(offline: Offline) -> None:
    line = spend(offline, 1_000)
    (first,) = offline.send(line)
    one, other = offline.till.world.members[:2]
    merge = Merge(key="m", scope=offline.till.world.operator, member=one, into=other)
    assert do(offline.till.conn, [merge], LATER)[0].refusal is None
    assert people.resolve(offline.till.conn, one).id == other
    (again,) = offline.send(line)
    assert isinstance(first, Outcome)
    assert isinstance(again, Outcome)
    assert (again.operation, again.replayed) == (first.operation, True)


def test_a_spend_that_the_wallet_cannot_cover_becomes_an_item(offline: Offline) -> None:
    (told,) = offline.send(spend(offline, 4_000, "CARD000001"))
    assert status(told) == "exception"
    (item,) = exceptions.listed(offline.till.conn, "advice", now=LATER)
    assert item.facts["points"] == 4_000


@pytest.mark.parametrize(
    "change",
    [
        {"points": 1}, {"amount": 9_999}, {"member": "CARD000001"}, {"kind": "award"},
        {"at": AT + 2 * HOUR}, {"reference": "R2"}, {"counter": 2}, {"prev": "0" * 64},
        {"signature": "0" * 128}, {"member": "CARD000000\nR1"},
    ],
    ids=str,
)  # fmt: skip
def test_a_line_that_was_tampered_with_is_refused_alone(
    offline: Offline, change: dict[str, Any]
) -> None:
    good, other = spend(offline, 1_000), spend(offline, 500)
    bad = replace(good, **change)
    told = offline.send(bad, other)
    assert [status(one) for one in told] == ["offline-line-tampered", "posted"]
    assert [status(one) for one in offline.send(good)] == ["posted"]


def test_another_organisations_terminal_is_not_there(offline: Offline) -> None:
    line = spend(offline, 1_000)
    assert offline.send(line, name="B") == ["allowance-not-found"]
    assert offline.send(replace(line, allowance=999)) == ["allowance-not-found"]
    assert [status(one) for one in offline.send(line, name=None)] == ["posted"]


def test_one_place_in_the_chain_is_one_line(offline: Offline) -> None:
    kept = offline.box.dump()
    first = spend(offline, 1_000)
    second = spend(offline, 100)
    twin = OfflineTill.load(kept)
    forked = twin.spend("card", CARD, 100, 50, AT + HOUR)
    foreign = twin.spend("card", CARD, 100, 50, AT + HOUR)
    assert [status(one) for one in offline.send(first)] == ["posted"]
    assert offline.send(forked) == ["offline-line-forked"]
    assert offline.send(foreign) == ["offline-chain-broken"]
    assert [status(one) for one in offline.send(second)] == ["posted"]


def test_a_gap_is_noted_until_it_is_filled(offline: Offline) -> None:
    lines = [spend(offline, 100) for _ in range(5)]
    assert [status(one) for one in offline.send(lines[4], lines[1])] == ["posted", "posted"]
    (item,) = exceptions.listed(offline.till.conn, uploads.GAP, now=LATER)
    assert item.facts["missing"] == [1, 3, 4]
    assert [status(one) for one in offline.send(lines[3], lines[2], lines[0])] == ["posted"] * 3
    assert exceptions.listed(offline.till.conn, uploads.GAP, now=LATER) == []


def test_what_goes_beyond_the_allowance_is_refused_and_the_next_line_is_not(till: Till) -> None:
    offline = Offline(till)
    for place in range(3):
        till.award("B", till.world.members[place], 9_000)
    # A till that does not keep to what it was granted.
    seed = OfflineTill(bytes(range(32)))
    seed.take(offline.grant, signed.public_hex(signed.operators_key(ACCESS)))
    seed._check = lambda *_: None  # type: ignore[method-assign]
    lines = [
        seed.spend("card", CARD, 9_000, 5_000, AT), seed.spend("card", CARD, 10, 1, AT),
        seed.spend("card", "CARD000001", 9_000, 4_000, AT),
        seed.spend("card", "CARD000002", 9_000, 2_000, AT),
        seed.spend("card", "CARD000002", 9_000, 1_000, AT),
        seed.award("card", CARD, 100_001, AT), seed.award("card", CARD, 100_000, AT),
        seed.award("card", CARD, 1, AT),
    ]  # fmt: skip
    told = [status(one) for one in offline.send(*lines)]
    no = "allowance-exceeded"
    assert told == ["posted", no, "posted", no, "posted", no, "posted", no]
    again = [status(one) for one in offline.send(*lines)]
    refused = "offline-line-refused"
    assert again == ["posted", refused, "posted", refused, "posted", refused, "posted", refused]


def test_time_bounds_an_allowance_also_when_it_was_ended_early(till: Till) -> None:
    till.award("B", till.world.members[0], 9_000)
    offline = Offline(till)
    with pytest.raises(AllowanceUsedUp):
        spend(offline, 1, at=AT + 25 * HOUR)
    lines = [spend(offline, 100, at=AT + HOUR), spend(offline, 100, at=AT + 3 * HOUR)]
    with till.conn.transaction():
        allowances.end(till.conn, offline.grant.allowance, None, AT + 2 * HOUR)
    told = [status(one) for one in offline.send(*lines)]
    assert told == ["posted", "allowance-expired"]


def test_a_key_that_is_replaced_ends_and_what_it_signed_before_is_taken(till: Till) -> None:
    till.award("B", till.world.members[0], 9_000)
    offline = Offline(till)
    line = spend(offline, 100, at=AT)
    other = OfflineTill(bytes(32))
    offline.register(other)
    assert [status(one) for one in offline.send(line)] == ["posted"]
    grant = offline.ask()
    operators = signed.public_hex(signed.operators_key(ACCESS))
    with pytest.raises(GrantNotGenuine):
        offline.box.take(grant, operators)
    other.take(grant, operators)
    assert other.lines == []


def test_a_code_shown_to_an_offline_till_is_checked_and_used_up(offline: Offline) -> None:
    till, at = offline.till, AT + HOUR
    phone = till.phone(till.world.members[0])
    line = offline.box.spend("code", phone.shows(at), 200, 100, at)
    stale = offline.box.spend("code", phone.shows(at), 200, 100, at + timedelta(minutes=3))
    wrong = offline.box.spend("code", payment_code.make(bytes(32), 7, 7), 200, 100, at)
    told = [status(one) for one in offline.send(line, stale, wrong)]
    assert told == ["posted", "payment-code-unknown", "payment-code-unknown"]
    used = CodeUse(phone.device, payment_code.step_at(at))
    a = till.world
    online = Purchase(
        key="x", scope=a.organisations["A"], outlet=a.outlets["A"], member=a.members[0],
        amount=100, points=1, code=used,
    )  # fmt: skip
    told_online = do(till.conn, [online], at)[0]
    assert told_online.refusal is not None
    assert told_online.refusal.code == "payment-code-used"


def test_a_till_that_was_switched_off_goes_on_where_it_was(offline: Offline) -> None:
    lines = [spend(offline, 100)]
    offline.box = OfflineTill.load(offline.box.dump())
    lines.append(spend(offline, 100))
    assert [status(one) for one in offline.send(*lines)] == ["posted", "posted"]


def test_a_grant_must_be_the_operators_and_for_this_key(offline: Offline) -> None:
    operators = signed.public_hex(signed.operators_key(ACCESS))
    for bad in (
        replace(offline.grant, spend_points=10**9),
        replace(offline.grant, signature="0" * 128),
        replace(offline.grant, signature="nonsense"),
    ):
        with pytest.raises(GrantNotGenuine):
            offline.box.take(bad, operators)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"spend_points": -1}, "amount-out-of-range"),
        ({"valid_until": AT}, "allowance-times"),
        ({"valid_until": AT + timedelta(days=32)}, "allowance-times"),
    ],
    ids=str,
)
def test_allowances_that_make_no_sense_are_refused(
    offline: Offline, fields: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        offline.ask(**fields)
    assert refused.value.code == code


def test_a_blocked_terminal_gets_none(offline: Offline) -> None:
    outlet = offline.till.world.outlets["A"]
    with offline.till.conn.transaction():
        terminals.set_active(offline.till.conn, outlet, "t1", active=False)
    with pytest.raises(allowances.TerminalNotActive):
        offline.ask()
    with pytest.raises(allowances.TerminalNotActive):
        offline.register()
    with pytest.raises(allowances.TerminalKeyMalformed):
        allowances.register(offline.till.conn, outlet, "t1", "xyz", by="Lin", at=AT)


def test_the_vectors_of_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "offline-tills.md").read_text("utf-8")
    till = OfflineTill(bytes(range(32)))
    grant = Grant(
        allowance=1, organisation=1001, outlet=2001, terminal=7, public_key=till.public_key,
        spend_points=100_000, member_points=20_000, award_amount=5_000_000, valid_from=AT,
        valid_until=AT + timedelta(days=7),
    )  # fmt: skip
    message = signed.grant_message(grant)
    key = signed.operators_key("any operator's secret")
    till.take(replace(grant, signature=signed.sign(key, message)), signed.public_hex(key))
    line = till.spend("card", CARD, 20_000, 5_000, AT + HOUR, reference="R-17")
    assert f"```\n{message.decode()}\n```" in page
    assert f"```\n{signed.line_message(line).decode()}\n```" in page
    assert signed.hash_of(signed.line_message(line)) in page
    assert line.signature in page


def test_a_key_is_ended_without_another(offline: Offline) -> None:
    conn, outlet = offline.till.conn, offline.till.world.outlets["A"]
    before = spend(offline, 1_000)
    with conn.transaction():
        assert allowances.end_key(conn, outlet, "t1", AT + 2 * HOUR) == offline.grant.terminal
    after = spend(offline, 1_000, at=AT + 3 * HOUR)
    assert [status(told) for told in offline.send(before, after)] == [
        "posted",
        "allowance-expired",
    ]
    with pytest.raises(allowances.TerminalKeyMissing):
        offline.ask()
    with conn.transaction(), pytest.raises(allowances.TerminalKeyMissing):
        allowances.end_key(conn, outlet, "t1", AT + 2 * HOUR)


def test_a_grant_is_given_again_with_the_same_signature(offline: Offline) -> None:
    world, which = offline.till.world, offline.grant.allowance
    mine, others = (world.organisations[name] for name in "AB")
    assert allowances.get(offline.till.conn, which, mine, key=ACCESS) == offline.grant
    with pytest.raises(allowances.AllowanceNotFound):
        allowances.get(offline.till.conn, which, others, key=ACCESS)
