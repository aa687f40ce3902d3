from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import perf_counter, sleep

import pytest

from tests.members.conftest import Enrol
from tongbao.kernel import db as database
from tongbao.kernel import limits, lists, texts
from tongbao.kernel.db import Connection
from tongbao.ledger import accounts
from tongbao.members import identities, lock, members
from tongbao.members.keys import IdentityMalformed, normalise
from tongbao.members.types import Identity, Key, Member

PHONE = Identity("phone", "13800138000")


@pytest.fixture
def other(database_url: str) -> Iterator[Connection]:
    """Give a second connection to the test's database."""
    with database.connect(database_url) as conn:
        yield conn


def count(db: Connection) -> tuple[int, ...]:
    """Count members, identities and accounts."""
    row = db.execute(
        "SELECT (SELECT count(*) FROM members.member), (SELECT count(*) FROM members.identity),"
        " (SELECT count(*) FROM ledger.account)"
    ).fetchone()
    assert row is not None
    return row


def wait_for_a_lock(db: Connection) -> None:
    """Wait until somebody waits for a lock in this database."""
    deadline = perf_counter() + 10
    while (
        db.execute(
            "SELECT 1 FROM pg_locks AS l INNER JOIN pg_stat_activity AS a ON l.pid = a.pid"
            " WHERE NOT l.granted AND a.datname = current_database()"
        ).fetchone()
        is None
    ):
        assert perf_counter() < deadline, "nobody waits"
        sleep(0.01)


def test_a_new_member_is_active_with_an_empty_wallet(
    db: Connection, at: datetime, secret: str
) -> None:
    member = members.enrol(db, [PHONE], at, secret=secret, enrolled_by=1_234)
    assert member == Member(
        id=member.id,
        status="active",
        spend_locked=False,
        merged_into=None,
        enrolled_by=1_234,
        enrolled_at=at,
    )
    assert members.get(db, member.id) == member
    assert accounts.balances(db, member.id) == {"wallet": 0}


def test_a_member_needs_an_identity_and_not_too_many(
    db: Connection, at: datetime, secret: str
) -> None:
    with pytest.raises(members.IdentityMissing):
        members.enrol(db, [], at, secret=secret)
    cards = [Identity("card", f"card{n}") for n in range(limits.IDENTITIES + 1)]
    with pytest.raises(lists.ListTooLong):
        members.enrol(db, cards, at, secret=secret)
    with pytest.raises(IdentityMalformed):
        members.enrol(db, [PHONE, Identity("phone", "110")], at, secret=secret)
    assert count(db) == (0, 0, 0)


def test_an_identity_given_twice_is_one(db: Connection, at: datetime, secret: str) -> None:
    members.enrol(db, [PHONE, Identity("phone", "+86 13800138000")], at, secret=secret)
    assert count(db) == (1, 1, 1)


def test_a_taken_identity_keeps_all_from_being_enrolled(
    db: Connection, at: datetime, secret: str, enrol: Enrol
) -> None:
    enrol("card7")
    keys = [normalise(Identity("card", f"card{n}"), secret) for n in range(10)]
    with pytest.raises(identities.IdentityTaken) as refused:
        members.enrol_many(db, [[key] for key in keys], at)
    assert refused.value.facts == {"kind": "card", "place": 7}
    with pytest.raises(identities.IdentityTaken) as refused:
        members.enrol_many(db, [[keys[0]], [keys[1]], [keys[2], keys[0]]], at)
    assert refused.value.facts == {"kind": "card", "place": 2}
    with pytest.raises(members.IdentityMissing):
        members.enrol_many(db, [[keys[0]], []], at)
    assert count(db) == (1, 1, 1)


def test_two_that_enrol_one_person_at_once_make_one_member(
    db: Connection, other: Connection, at: datetime, secret: str
) -> None:
    def enrol_late() -> None:
        with other.transaction():
            members.enrol(other, [Identity("card", "card1"), PHONE], at, secret=secret)

    with ThreadPoolExecutor(1) as late:
        with db.transaction():
            members.enrol(db, [PHONE], at, secret=secret)
            refused = late.submit(enrol_late)
            wait_for_a_lock(db)
        with pytest.raises(identities.IdentityTaken):
            refused.result(10)
    assert count(db) == (1, 1, 1)


def test_a_hundred_thousand_members_enrol_in_seconds(
    db: Connection, at: datetime, secret: str
) -> None:
    people = [
        [Key("phone", 0, f"{n:064x}", f"{n:04}"[-4:]), Key("card", 0, f"{n:08}", f"{n:04}"[-4:])]
        for n in range(limits.BULK)
    ]
    started = perf_counter()
    with db.transaction():
        enrolled = members.enrol_many(db, people, at)
    took = perf_counter() - started
    assert count(db) == (limits.BULK, 2 * limits.BULK, limits.BULK)
    found = identities.find_many(db, [keys[1] for keys in people])
    assert [found[keys[1]] for keys in people] == [member.id for member in enrolled]
    assert took < 60, f"{took:.1f} s; 6 to 12 s were measured on two busy cores"
    with pytest.raises(lists.ListTooLong):
        members.enrol_many(db, [*people, people[0]], at)


def test_nobody_to_enrol_is_no_problem(db: Connection, at: datetime) -> None:
    assert members.enrol_many(db, [], at) == []


def test_who_is_not_there_is_not_found(db: Connection) -> None:
    for unknown in (0, -1, 10**9, 2**63):
        for ask in (members.get, members.resolve, members.mark_closed):
            with pytest.raises(lock.MemberNotFound):
                ask(db, unknown)
        with pytest.raises(lock.MemberNotFound):
            members.set_spend_lock(db, unknown, locked=True)


def test_a_member_is_suspended_and_active_again(db: Connection, enrol: Enrol) -> None:
    member = enrol("card1")
    assert members.set_status(db, member.id, "suspended").status == "suspended"
    assert members.get(db, member.id).status == "suspended"
    assert members.set_status(db, member.id, "active") == member
    for status in ("merged", "closed", "asleep"):
        with pytest.raises(texts.ChoiceMalformed):
            members.set_status(db, member.id, status)  # type: ignore[arg-type]


def test_spending_is_locked_and_free_again(db: Connection, enrol: Enrol) -> None:
    member = enrol("card1")
    assert members.set_spend_lock(db, member.id, locked=True).spend_locked
    assert members.get(db, member.id).spend_locked
    assert not members.set_spend_lock(db, member.id, locked=False).spend_locked


def test_a_merged_membership_is_followed_to_where_it_lives(db: Connection, enrol: Enrol) -> None:
    first, second, third = enrol("card1"), enrol("card2"), enrol("card3")
    assert members.resolve(db, first.id) == first
    assert members.mark_merged(db, first.id, second.id) == second
    assert members.mark_merged(db, second.id, third.id) == third
    assert members.get(db, first.id).merged_into == second.id
    for member in (first, second, third):
        assert members.resolve(db, member.id) == third


def test_identities_follow_a_merge(db: Connection, secret: str, enrol: Enrol) -> None:
    merged, survivor = enrol("card1", "card2"), enrol("card3")
    members.mark_merged(db, merged.id, survivor.id)
    for card in ("card1", "card2", "card3"):
        assert identities.find(db, Identity("card", card), secret=secret) == survivor.id
    assert identities.list_of(db, merged.id) == []


def test_a_merge_keeps_every_identity_even_beyond_the_limit(db: Connection, enrol: Enrol) -> None:
    merged = enrol(*[f"left{n}" for n in range(limits.IDENTITIES)])
    survivor = enrol(*[f"right{n}" for n in range(limits.IDENTITIES)])
    members.mark_merged(db, merged.id, survivor.id)
    assert len(identities.list_of(db, survivor.id)) == 2 * limits.IDENTITIES


def test_a_merge_is_no_way_around_a_spend_lock(db: Connection, enrol: Enrol) -> None:
    merged, survivor = enrol("card1"), enrol("card2")
    members.set_spend_lock(db, merged.id, locked=True)
    assert members.mark_merged(db, merged.id, survivor.id).spend_locked


def test_a_merge_is_no_way_out_of_a_suspension(db: Connection, enrol: Enrol) -> None:
    suspended, active = enrol("card1"), enrol("card2")
    members.set_status(db, suspended.id, "suspended")
    for one, into in ((suspended.id, active.id), (active.id, suspended.id)):
        with pytest.raises(lock.MemberNotActive):
            members.mark_merged(db, one, into)


def test_who_was_merged_or_closed_stays_so(db: Connection, enrol: Enrol) -> None:
    merged, survivor, closed = enrol("card1"), enrol("card2"), enrol("card3")
    members.mark_merged(db, merged.id, survivor.id)
    members.mark_closed(db, closed.id)
    for member, refusal in ((merged, lock.MemberMerged), (closed, lock.MemberNotActive)):
        with pytest.raises(refusal):
            members.set_status(db, member.id, "active")
        with pytest.raises(refusal):
            members.set_spend_lock(db, member.id, locked=True)
        with pytest.raises(refusal):
            members.mark_merged(db, survivor.id, member.id)
        with pytest.raises(refusal):
            members.mark_merged(db, member.id, survivor.id)
        with pytest.raises(refusal):
            members.mark_closed(db, member.id)


def test_merges_in_both_directions_at_once_never_make_a_circle(
    db: Connection, other: Connection, enrol: Enrol
) -> None:
    first, second = enrol("card1"), enrol("card2")

    def merge_back() -> None:
        with other.transaction():
            members.mark_merged(other, second.id, first.id)

    with ThreadPoolExecutor(1) as late:
        with db.transaction():
            members.mark_merged(db, first.id, second.id)
            refused = late.submit(merge_back)
            wait_for_a_lock(db)
        with pytest.raises(lock.MemberMerged):
            refused.result(10)
    assert members.resolve(db, first.id).id == members.resolve(db, second.id).id == second.id


def test_who_closes_a_membership_may_enrol_again(db: Connection, at: datetime, secret: str) -> None:
    member = members.enrol(db, [PHONE], at, secret=secret)
    assert members.mark_closed(db, member.id).status == "closed"
    assert identities.list_of(db, member.id) == []
    again = members.enrol(db, [PHONE], at, secret=secret)
    assert again.id != member.id
    assert members.resolve(db, member.id).status == "closed"
