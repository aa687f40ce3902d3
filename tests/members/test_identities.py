from datetime import datetime, timedelta

import pytest

from tests.members.conftest import Enrol
from tongbao.kernel import limits, lists
from tongbao.kernel.db import Connection
from tongbao.members import identities, lock, members
from tongbao.members.keys import IdentityMalformed, normalise
from tongbao.members.types import Identity, ShownIdentity

PHONE = Identity("phone", "13800138000")
OTHER_PHONE = Identity("phone", "13900139000")


def test_a_member_is_found_by_any_spelling_of_any_identity(
    db: Connection, at: datetime, secret: str
) -> None:
    member = members.enrol(
        db, [PHONE, Identity("card", "AB 1234"), Identity("external", "x-1", 7)], at, secret=secret
    )
    for spelling in (
        Identity("phone", "+86 138 0013 8000"),
        Identity("card", "ab-1234"),
        Identity("external", " x-1 ", 7),
    ):
        assert identities.find(db, spelling, secret=secret) == member.id
    for other in (OTHER_PHONE, Identity("card", "AB1234", 7), Identity("external", "X-1", 7)):
        with pytest.raises(identities.IdentityNotFound):
            identities.find(db, other, secret=secret)


def test_a_phone_is_not_in_the_database(db: Connection, at: datetime, secret: str) -> None:
    members.enrol(db, [PHONE], at, secret=secret)
    rows = db.execute("SELECT i::text FROM members.identity AS i").fetchall()
    assert len(rows) == 1
    assert "13800138000" not in rows[0][0]
    assert "80013" not in rows[0][0].split(",")[2]


def test_many_are_found_in_one_statement(
    db: Connection, at: datetime, secret: str, enrol: Enrol
) -> None:
    ids = [enrol(f"card{n}").id for n in range(3)]
    keys = [normalise(Identity("card", f"card{n}"), secret) for n in (2, 9, 0, 2)]
    assert identities.find_many(db, keys) == {keys[0]: ids[2], keys[2]: ids[0]}
    assert identities.find_many(db, []) == {}
    with pytest.raises(lists.ListTooLong):
        identities.find_many(db, keys * (limits.BULK // 4 + 1))


def test_what_is_shown_of_an_identity_is_its_end(db: Connection, at: datetime, secret: str) -> None:
    member = members.enrol(db, [PHONE], at, secret=secret)
    identities.add(db, member.id, Identity("card", "AB1234", 7), at + timedelta(1), secret=secret)
    assert identities.list_of(db, member.id) == [
        ShownIdentity(kind="phone", issuer_id=0, hint="8000", added_at=at),
        ShownIdentity(kind="card", issuer_id=7, hint="1234", added_at=at + timedelta(1)),
    ]


def test_a_taken_identity_is_refused_without_saying_whose_it_is(
    db: Connection, at: datetime, secret: str, enrol: Enrol
) -> None:
    first, second = enrol("card1"), enrol("card2")
    with pytest.raises(identities.IdentityTaken) as refused:
        identities.add(db, second.id, Identity("card", "CARD-1"), at, secret=secret)
    assert refused.value.facts == {"kind": "card"}
    assert str(first.id) not in str(refused.value)
    assert len(identities.list_of(db, second.id)) == 1


def test_adding_what_a_member_has_changes_nothing(
    db: Connection, at: datetime, secret: str, enrol: Enrol
) -> None:
    member = enrol("card1")
    before = identities.list_of(db, member.id)
    identities.add(db, member.id, Identity("card", "card 1"), at + timedelta(1), secret=secret)
    assert identities.list_of(db, member.id) == before


def test_a_member_has_a_limited_number_of_identities(
    db: Connection, at: datetime, secret: str, enrol: Enrol
) -> None:
    member = enrol(*[f"card{n}" for n in range(limits.IDENTITIES)])
    with pytest.raises(lists.ListTooLong):
        identities.add(db, member.id, PHONE, at, secret=secret)


def test_a_removed_identity_is_free_for_another_member(
    db: Connection, at: datetime, secret: str, enrol: Enrol
) -> None:
    first, second = enrol("card1", "card2"), enrol("card3")
    card = Identity("card", "card1")
    identities.remove(db, first.id, card, secret=secret)
    with pytest.raises(identities.IdentityNotFound):
        identities.find(db, card, secret=secret)
    identities.add(db, second.id, card, at, secret=secret)
    assert identities.find(db, card, secret=secret) == second.id


def test_the_last_identity_stays(db: Connection, secret: str, enrol: Enrol) -> None:
    member = enrol("card1")
    with pytest.raises(identities.IdentityLast):
        identities.remove(db, member.id, Identity("card", "card1"), secret=secret)
    assert identities.find(db, Identity("card", "card1"), secret=secret) == member.id


def test_another_members_identity_is_not_found_for_removal(
    db: Connection, secret: str, enrol: Enrol
) -> None:
    first, second = enrol("card1", "card2"), enrol("card3", "card4")
    for card in ("card3", "card9"):
        with pytest.raises(identities.IdentityNotFound):
            identities.remove(db, first.id, Identity("card", card), secret=secret)
    assert len(identities.list_of(db, second.id)) == 2


def test_identities_belong_to_members_that_live(
    db: Connection, at: datetime, secret: str, enrol: Enrol
) -> None:
    merged, survivor, closed = enrol("card1"), enrol("card2"), enrol("card3")
    members.mark_merged(db, merged.id, survivor.id)
    members.mark_closed(db, closed.id)
    with pytest.raises(lock.MemberMerged) as refused:
        identities.add(db, merged.id, PHONE, at, secret=secret)
    assert refused.value.facts["into"] == survivor.id
    with pytest.raises(lock.MemberNotActive):
        identities.add(db, closed.id, PHONE, at, secret=secret)
    with pytest.raises(lock.MemberNotFound):
        identities.add(db, 2**63, PHONE, at, secret=secret)
    with pytest.raises(IdentityMalformed):
        identities.add(db, survivor.id, Identity("phone", "110"), at, secret=secret)


def test_a_suspended_member_may_change_identities(
    db: Connection, at: datetime, secret: str, enrol: Enrol
) -> None:
    member = enrol("card1")
    members.set_status(db, member.id, "suspended")
    identities.add(db, member.id, PHONE, at, secret=secret)
    identities.remove(db, member.id, Identity("card", "card1"), secret=secret)
    assert [shown.kind for shown in identities.list_of(db, member.id)] == ["phone"]
