from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.access.conftest import PASSWORD, Office, chance
from tests.world import AT
from tongbao.access import audit, forgetting, guesses, passwords, sessions, sign_in, staff
from tongbao.access.guesses import TooManyAttempts
from tongbao.access.sign_in import Entered, SignInRefused
from tongbao.kernel import db as database
from tongbao.kernel import limits


def test_name_and_password_open_a_session(office: Office) -> None:
    office.hire("min", "manager", "A")
    entered = office.sign_in("MIN")
    who = sessions.check(office.db, entered.token, AT)
    assert (who.login, who.role, who.operator) == ("min", "manager", False)
    assert who.organisation_id == office.world.organisations["A"]
    assert who.entered
    assert "keys:write" in who.scopes
    (entry,) = audit.listed(office.db, kind="sign-in")
    assert (entry.by, entry.address, entry.facts) == ("min", "192.0.2.7", {"means": "password"})


def test_wrong_and_unknown_are_answered_the_same_with_the_same_work(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.hire("wei")
    staff.add(office.db, office.world.operator, "new", "New", "admin", by="Lin", at=AT)
    staff.change(office.db, office.hire("off").id, by="Lin", at=AT, disabled=True)
    hashed = []
    verify = passwords._HASHER.verify

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            hashed.append(kept.split("$")[3])  # the costs
            return verify(kept, password)

    monkeypatch.setattr(passwords, "_HASHER", Counting())
    answers = [
        office.enter("wei", "wrong password 1"),
        office.enter("nobody", "wrong password 1"),
        office.enter("nobody at all!", "wrong password 1"),
        office.enter("wei", "x" * 100_000),
        office.enter("new", ""),
        office.enter("off"),
    ]
    assert {type(answer) for answer in answers} == {SignInRefused}
    assert {str(answer) for answer in answers} == {SignInRefused.text}
    assert hashed == ["m=19456,t=2,p=1"] * 6


def test_too_many_tries_are_refused_even_with_the_right_password(office: Office) -> None:
    office.hire("wei")
    for _ in range(sign_in.HERE.most):
        assert isinstance(office.enter("wei", "wrong password 1"), SignInRefused)
    refused = office.enter("wei")
    assert isinstance(refused, TooManyAttempts)
    assert refused.facts["seconds"] == 900
    assert isinstance(office.enter("wei", address="198.51.100.1"), Entered)
    assert isinstance(office.enter("wei", at=AT + sign_in.HERE.within), Entered)


def test_a_name_that_nobody_has_is_refused_as_soon(office: Office) -> None:
    for _ in range(sign_in.HERE.most):
        office.enter("nobody", "wrong password 1")
    assert isinstance(office.enter("nobody"), TooManyAttempts)


def test_a_right_password_forgives(office: Office) -> None:
    office.hire("wei")
    for _ in range(3 * sign_in.HERE.most // 2):
        if isinstance(office.enter("wei", "wrong password 1"), TooManyAttempts):
            break
        office.sign_in("wei")
    assert isinstance(office.enter("wei"), Entered)


def test_many_at_once_are_counted_one_by_one(office: Office, database_url: str) -> None:
    bound = guesses.Bound("test", 5, timedelta(minutes=1))

    def attempt(_: int) -> bool:
        with database.connect(database_url) as conn:
            return guesses.count(conn, bound, "subject", AT) is None

    with ThreadPoolExecutor(8) as crowd:
        assert sum(crowd.map(attempt, range(24))) == 5


def test_what_no_bound_looks_at_is_forgotten(office: Office) -> None:
    office.enter("nobody", "wrong password 1")
    assert guesses.forget(office.db, AT) == 0
    assert guesses.forget(office.db, AT + timedelta(days=2)) == 3


def test_what_was_typed_is_nowhere(office: Office) -> None:
    office.enter("Password-typed-as-name", "wrong password 1")
    kept = [
        row
        for table in ("guess", "audit", "session", "staff")
        for row in office.db.execute(f"SELECT t::text FROM access.{table} AS t".encode())
    ]
    assert kept
    assert "typed" not in str(kept)
    assert "wrong" not in str(kept)


def test_a_session_ends_by_idleness_by_age_and_by_signing_out(office: Office) -> None:
    office.hire("wei")
    entered = office.sign_in("wei")
    at = AT
    while at + timedelta(minutes=20) < AT + limits.SESSION:
        at += timedelta(minutes=20)
        sessions.check(office.db, entered.token, at)
    with pytest.raises(sessions.SessionUnknown):
        sessions.check(office.db, entered.token, AT + limits.SESSION)
    idle = office.sign_in("wei")
    with pytest.raises(sessions.SessionUnknown):
        sessions.check(office.db, idle.token, AT + limits.SESSION_IDLE)
    out = office.sign_in("wei")
    sessions.revoke(office.db, out.who.id, out.who.staff_id, by="wei", at=AT)
    with pytest.raises(sessions.SessionUnknown):
        sessions.check(office.db, out.token, AT)
    with pytest.raises(sessions.SessionNotFound):
        sessions.revoke(office.db, out.who.id, out.who.staff_id, by="wei", at=AT)


def test_sessions_are_listed_and_those_of_others_are_not_ended(office: Office) -> None:
    wei, min_ = office.hire("wei"), office.hire("min")
    mine = [office.sign_in("wei") for _ in range(3)]
    other = office.sign_in("min")
    shown = sessions.list_of(office.db, wei.id, AT)
    assert [one.id for one in shown] == [one.who.id for one in reversed(mine)]
    assert shown[0].device == "Firefox on a desk"
    with pytest.raises(sessions.SessionNotFound):
        sessions.revoke(office.db, other.who.id, wei.id, by="wei", at=AT)
    assert sessions.revoke_all(office.db, wei.id, by="wei", at=AT, but=mine[0].who.id) == 2
    assert sessions.list_of(office.db, min_.id, AT) != []
    sessions.check(office.db, mine[0].token, AT)


@pytest.mark.parametrize(
    "token", ["", "tbs_1_" + "a" * 43, "tbs_0_" + "a" * 43, "tbk_1_" + "a" * 43, "x" * 100_000]
)
def test_a_token_that_is_none_lets_nobody_in(office: Office, token: str) -> None:
    office.hire("wei")
    office.sign_in("wei")
    with pytest.raises(sessions.SessionUnknown):
        sessions.check(office.db, token, AT)


def test_a_browser_may_say_of_itself_whatever_it_wants(office: Office) -> None:
    who = office.hire("wei")
    device = "\0\u202e" + "x" * 5_000
    sessions.open_session(
        office.db, who.id, chance(), means="password", entered=True, device=device, address="",
        at=AT,
    )  # fmt: skip
    assert sessions.list_of(office.db, who.id, AT)[0].device == "??" + "x" * (limits.NAME - 2)


def test_an_old_hash_is_renewed_at_sign_in(office: Office) -> None:
    from argon2 import PasswordHasher

    who = office.hire("wei")
    old = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1).hash(PASSWORD)
    office.db.execute("UPDATE access.staff SET password = %s WHERE id = %s", (old, who.id))
    office.sign_in("wei")
    (kept,) = office.db.execute("SELECT password FROM access.staff").fetchone() or ("",)
    assert not passwords.is_outdated(kept)
    office.sign_in("wei")


def test_what_has_ended_is_forgotten_and_the_log_is_kept(office: Office) -> None:
    office.enter("nobody", "wrong password 1")
    assert forgetting.forget(office.db, AT) == 0
    assert forgetting.forget(office.db, AT + timedelta(days=2)) == 3
    assert len(audit.listed(office.db)) == 1
