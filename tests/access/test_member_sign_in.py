import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.access.phones import OTHER, PHONE, SECRETS, begin, finish, sign_in
from tests.world import AT
from tongbao.access import audit, codes, devices, member_sessions, member_sign_in, own_account
from tongbao.access.codes import CodeRefused
from tongbao.access.guesses import TooManyAttempts
from tongbao.access.member_sign_in import MemberEntered, NotAMember, ToSend
from tongbao.access.sessions import SessionUnknown
from tongbao.kernel import db as database
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.members import members
from tongbao.members.keys import IdentityMalformed

DAY = timedelta(days=1)


def test_a_phone_becomes_a_member_and_is_known_the_next_time(db: Connection) -> None:
    first = begin(db, "+86 138 0013 8000")
    assert first == ToSend(phone="+8613800138000", digits="271828", purpose="sign-in")
    entered = finish(db)
    assert isinstance(entered, MemberEntered)
    assert entered.enrolled
    again = sign_in(db, at=AT + DAY)
    assert (again.who.member_id, again.enrolled) == (entered.who.member_id, False)
    assert again.who.device_id != entered.who.device_id
    assert member_sessions.check(db, again.token, AT + DAY) == again.who


def test_who_is_no_member_is_told_so_only_after_the_code(db: Connection) -> None:
    assert isinstance(begin(db), ToSend)
    assert isinstance(finish(db, digits="000000", enrol=False), CodeRefused)
    assert isinstance(finish(db, enrol=False), NotAMember)


def test_a_code_is_good_once_for_five_minutes_and_five_tries(db: Connection) -> None:
    sign_in(db)
    assert isinstance(finish(db), CodeRefused)
    at = AT + timedelta(hours=1)
    begin(db, at=at)
    assert isinstance(finish(db, at=at + limits.ONE_TIME_CODE), CodeRefused)
    at += timedelta(hours=1)
    begin(db, at=at)
    for _ in range(codes.TRIES):
        assert isinstance(finish(db, digits="000000", at=at), CodeRefused)
    assert isinstance(finish(db, at=at), CodeRefused)


def test_a_code_is_for_its_phone_and_its_purpose_and_ends_the_one_before(db: Connection) -> None:
    begin(db)
    assert isinstance(finish(db, OTHER), CodeRefused)
    begin(db, OTHER, purpose="prove")
    assert isinstance(finish(db, OTHER), CodeRefused)
    begin(db, digits="314159", at=AT + timedelta(minutes=2))
    assert isinstance(finish(db, at=AT + timedelta(minutes=2)), CodeRefused)
    assert isinstance(finish(db, digits=" 314 159 ", at=AT + timedelta(minutes=2)), MemberEntered)


@pytest.mark.parametrize("digits", ["", "27182", "2718281", "２７１８２８", "x" * 100_000, "\0"])
def test_what_is_no_code_is_refused(db: Connection, digits: str) -> None:
    begin(db)
    assert isinstance(finish(db, digits=digits), CodeRefused)
    assert len(audit.listed(db, kind="member-sign-in-refused")) == 1


@pytest.mark.parametrize("phone", ["", "1", "138001380001", "x" * 100_000, "13800138000;ext=1"])
def test_what_is_no_phone_is_refused_and_nothing_is_sent(db: Connection, phone: str) -> None:
    with pytest.raises(IdentityMalformed):
        begin(db, phone)
    with pytest.raises(IdentityMalformed):
        finish(db, phone)


def test_a_phone_gets_one_code_a_minute_and_five_an_hour(db: Connection) -> None:
    for n in range(5):
        at = AT + n * timedelta(minutes=2)
        assert isinstance(begin(db, at=at), ToSend)
        assert isinstance(begin(db, at=at + timedelta(seconds=30)), TooManyAttempts)
    assert isinstance(begin(db, at=AT + timedelta(minutes=50)), TooManyAttempts)


def test_an_address_cannot_make_us_send_to_all_phones(db: Connection) -> None:
    sent = [begin(db, f"138{n:08d}") for n in range(13_800_000, 13_800_000 + 61)]
    assert sum(isinstance(one, ToSend) for one in sent) == codes.SENT_ADDRESS.most
    assert isinstance(begin(db, OTHER, address="198.51.100.1"), ToSend)


def test_of_two_who_give_one_code_at_once_one_is_let_in(db: Connection, database_url: str) -> None:
    begin(db)

    def give(_: int) -> bool:
        with database.connect(database_url) as conn, conn.transaction():
            return isinstance(finish(conn), MemberEntered)

    with ThreadPoolExecutor(4) as crowd:
        assert sum(crowd.map(give, range(4))) == 1
    assert db.execute("SELECT count(*) FROM members.member").fetchone() == (1,)


def test_a_session_ends_by_idleness_by_age_and_with_the_membership(db: Connection) -> None:
    entered = sign_in(db)
    with pytest.raises(SessionUnknown):
        member_sessions.check(db, entered.token, AT + limits.MEMBER_SESSION_IDLE)
    at = AT
    while at + 20 * DAY < AT + limits.MEMBER_SESSION:
        at += 20 * DAY
        member_sessions.check(db, entered.token, at)
    with pytest.raises(SessionUnknown):
        member_sessions.check(db, entered.token, AT + limits.MEMBER_SESSION)
    other = sign_in(db, OTHER)
    members.mark_closed(db, other.who.member_id)
    with pytest.raises(SessionUnknown):
        member_sessions.check(db, other.token, AT)
    assert devices.armed(db, other.who.device_id, key=SECRETS.access) is None


@pytest.mark.parametrize("token", ["", "tbm_1_" + "a" * 43, "tbs_1_" + "a" * 43, "x" * 100_000])
def test_a_token_that_is_none_lets_nobody_in(db: Connection, token: str) -> None:
    sign_in(db)
    with pytest.raises(SessionUnknown):
        member_sessions.check(db, token, AT)


def test_a_device_has_a_secret_and_ends_with_its_sessions(db: Connection) -> None:
    entered = sign_in(db)
    armed = devices.armed(db, entered.who.device_id, key=SECRETS.access)
    assert armed == devices.Armed(member_id=entered.who.member_id, secret=entered.secret)
    (kept,) = db.execute("SELECT secret FROM access.device").fetchone() or (b"",)
    assert entered.secret not in kept
    stranger = sign_in(db, OTHER)
    with pytest.raises(devices.DeviceNotFound):
        own_account.revoke_device(db, stranger.who, entered.who.device_id, address="", at=AT)
    second = sign_in(db, at=AT + DAY)
    own_account.revoke_device(db, second.who, entered.who.device_id, address="", at=AT + DAY)
    assert devices.armed(db, entered.who.device_id, key=SECRETS.access) is None
    with pytest.raises(SessionUnknown):
        member_sessions.check(db, entered.token, AT + DAY)
    (left,) = devices.list_of(db, entered.who.member_id)
    assert (left.id, left.name) == (second.who.device_id, "a phone")
    own_account.sign_out(db, second.who, AT + DAY)
    assert devices.list_of(db, entered.who.member_id) == []


def test_a_member_has_at_most_twenty_devices(db: Connection) -> None:
    first = sign_in(db).who
    for _ in range(limits.DEVICES):
        devices.add(
            db, first.member_id, "more", secrets.token_bytes(32), AT + DAY, key=SECRETS.access
        )
    left = [one.id for one in devices.list_of(db, first.member_id)]
    assert len(left) == limits.DEVICES
    assert first.device_id not in left


def test_spending_is_locked_at_once_and_unlocked_with_a_recent_code(db: Connection) -> None:
    entered = sign_in(db)
    later = AT + DAY
    locked = own_account.set_spend_lock(db, entered.who, locked=True, address="", at=later)
    assert locked.spend_locked
    with pytest.raises(member_sessions.ProofNeeded):
        own_account.set_spend_lock(db, entered.who, locked=False, address="", at=later)
    begin(db, at=later, purpose="prove")
    token = member_sign_in.prove(
        db, entered.who, PHONE, "271828", secret=secrets.token_urlsafe(32), address="", at=later,
        secrets=SECRETS,
    )  # fmt: skip
    assert isinstance(token, str)
    with pytest.raises(SessionUnknown):
        member_sessions.check(db, entered.token, later)
    who = member_sessions.check(db, token, later)
    assert not own_account.set_spend_lock(db, who, locked=False, address="", at=later).spend_locked
    kinds = [entry.kind for entry in audit.listed(db, member=who.member_id)]
    assert kinds == ["spend-unlocked", "spend-locked", "member-sign-in"]


def test_somebody_elses_phone_proves_nothing(db: Connection) -> None:
    mine = sign_in(db)
    sign_in(db, OTHER)
    at = AT + DAY
    begin(db, OTHER, at=at, purpose="prove")
    answer = member_sign_in.prove(
        db, mine.who, OTHER, "271828", secret=secrets.token_urlsafe(32), address="", at=at,
        secrets=SECRETS,
    )  # fmt: skip
    assert isinstance(answer, CodeRefused)


def test_no_phone_and_no_code_is_kept(db: Connection) -> None:
    begin(db)
    sign_in(db, OTHER)
    kept = [
        row
        for table in ("guess", "audit", "one_time_code", "device", "member_session")
        for row in db.execute(f"SELECT t::text FROM access.{table} AS t".encode())
    ]
    assert len(kept) > 4
    assert [secret for secret in (PHONE, OTHER, "271828") if secret in str(kept)] == []


def test_codes_that_have_ended_are_forgotten(db: Connection) -> None:
    begin(db)
    assert codes.forget(db, AT) == 0
    assert codes.forget(db, AT + limits.ONE_TIME_CODE) == 1
