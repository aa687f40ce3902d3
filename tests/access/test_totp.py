import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest

from tests.access.conftest import KEY, Office, chance
from tests.world import AT
from tongbao.access import audit, sealing, sessions, totp
from tongbao.access.guesses import TooManyAttempts
from tongbao.kernel import db as database
from tongbao.kernel import limits

LATER = AT + timedelta(minutes=2)


def recovery() -> list[bytes]:
    return [secrets.token_bytes(10) for _ in range(totp.RECOVERY)]


def test_a_phone_is_set_up_and_its_code_is_asked_for_from_then_on(office: Office) -> None:
    office.hire("wei")
    first = office.sign_in("wei").who
    assert first.entered
    with pytest.raises(sessions.TotpMissing):
        sessions.check_step_up(first, AT)
    made = totp.begin(office.db, first.staff_id, secrets.token_bytes(20), key=KEY)
    assert made.uri.startswith("otpauth://totp/Tongbao:wei?secret=" + made.secret)
    phone = pyotp.TOTP(made.secret)
    assert isinstance(
        totp.confirm(office.db, first, "000000", recovery(), chance(), AT, key=KEY),
        totp.TotpRefused,
    )
    done = totp.confirm(office.db, first, phone.at(AT), recovery(), chance(), AT, key=KEY)
    assert isinstance(done, tuple)
    assert len(set(done[1])) == totp.RECOVERY
    sessions.check_step_up(sessions.check(office.db, done[0].token, AT), AT)
    second = office.sign_in("wei").who
    with pytest.raises(sessions.CodeNeeded):
        sessions.check_entered(second)
    with pytest.raises(totp.TotpThere):
        totp.begin(office.db, second.staff_id, secrets.token_bytes(20), key=KEY)


def test_a_code_gives_a_new_token_and_lets_approve_for_a_while(office: Office) -> None:
    who, phone = office.with_phone("wei")
    old = office.sign_in("wei", LATER)
    done = totp.verify(office.db, old.who, phone.at(LATER), chance(), LATER, key=KEY)
    assert isinstance(done, totp.SteppedUp)
    assert done.recovery_left == totp.RECOVERY
    with pytest.raises(sessions.SessionUnknown):
        sessions.check(office.db, old.token, LATER)
    stepped = sessions.check(office.db, done.token, LATER)
    sessions.check_step_up(stepped, LATER + limits.STEP_UP - timedelta(seconds=1))
    with pytest.raises(sessions.StepUpNeeded):
        sessions.check_step_up(stepped, LATER + limits.STEP_UP)
    assert who.id != stepped.id


def test_a_code_is_good_once_and_for_clocks_that_are_half_a_minute_wrong(office: Office) -> None:
    who, phone = office.with_phone("wei")
    at = LATER
    for wrong_by, good in ((-60, False), (60, False), (30, True), (30, False), (0, False)):
        code = phone.at(at + timedelta(seconds=wrong_by))
        answer = totp.verify(office.db, who, code, chance(), at, key=KEY)
        assert isinstance(answer, totp.SteppedUp) is good, wrong_by


@pytest.mark.parametrize("code", ["", "1", "٣" * 6, "-00001", "0" * 100_000, "12345\0", "000000"])
def test_what_is_no_code_is_refused_and_logged(office: Office, code: str) -> None:
    who, _ = office.with_phone("wei")
    answer = totp.verify(office.db, who, code, chance(), LATER, key=KEY)
    assert isinstance(answer, totp.TotpRefused)
    assert len(audit.listed(office.db, kind="second-factor-refused")) == 1


def test_too_many_wrong_codes_stop_the_right_one_for_a_while(office: Office) -> None:
    who, phone = office.with_phone("wei")
    for _ in range(totp.TRIES.most):
        totp.verify(office.db, who, "123 456", chance(), LATER, key=KEY)
    right = phone.at(LATER)
    assert isinstance(totp.verify(office.db, who, right, chance(), LATER, key=KEY), TooManyAttempts)
    later = LATER + totp.TRIES.within
    assert isinstance(
        totp.verify(office.db, who, phone.at(later), chance(), later, key=KEY), totp.SteppedUp
    )


def test_a_recovery_code_is_good_once(office: Office) -> None:
    office.hire("wei")
    who = office.sign_in("wei").who
    made = totp.begin(office.db, who.staff_id, secrets.token_bytes(20), key=KEY)
    done = totp.confirm(
        office.db, who, pyotp.TOTP(made.secret).at(AT), recovery(), chance(), AT, key=KEY
    )
    assert isinstance(done, tuple)
    code = done[1][3].upper().replace("-", " ")
    spent = totp.verify(office.db, who, code, chance(), LATER, key=KEY)
    assert isinstance(spent, totp.SteppedUp)
    assert spent.recovery_left == totp.RECOVERY - 1
    again = totp.verify(office.db, who, code, chance(), LATER, key=KEY)
    assert isinstance(again, totp.TotpRefused)


def test_one_code_in_two_windows_at_once_is_good_in_one(office: Office, database_url: str) -> None:
    who, phone = office.with_phone("wei")

    def give(_: int) -> bool:
        with database.connect(database_url) as conn, conn.transaction():
            answer = totp.verify(conn, who, phone.at(LATER), chance(), LATER, key=KEY)
        return isinstance(answer, totp.SteppedUp)

    with ThreadPoolExecutor(4) as crowd:
        assert sum(crowd.map(give, range(4))) == 1


def test_a_lost_phone_is_removed_and_the_sessions_end(office: Office) -> None:
    who, _ = office.with_phone("wei")
    totp.remove(office.db, who.staff_id, by="Lin", at=LATER)
    assert sessions.list_of(office.db, who.staff_id, LATER) == []
    assert office.sign_in("wei", LATER).who.entered


def test_secrets_are_kept_encrypted_for_their_person(office: Office) -> None:
    who, phone = office.with_phone("wei")
    (kept,) = office.db.execute("SELECT totp FROM access.staff").fetchone() or (b"",)
    assert phone.byte_secret() not in kept
    use = f"totp {who.staff_id}"
    assert sealing.unseal(kept, use, KEY) == phone.byte_secret()
    for other_use, key in (("totp 999", KEY), (use, KEY + "2")):
        with pytest.raises(sealing.SecretUnreadable):
            sealing.unseal(kept, other_use, key)
