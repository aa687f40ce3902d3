"""Somebody on the staff changes the own password: who knows the old one, and nobody else."""

import secrets

import pytest

from tests.web.serving import Served, open_session
from tongbao.access import audit, bearer, invitations, passwords, sessions, sign_in
from tongbao.access.sessions import SessionUnknown
from tongbao.kernel import clock

OLD = "a-long-enough-one"
NEW = "another that is long"


@pytest.fixture
def person(served: Served) -> Served:
    with served.db.transaction():
        secret = secrets.token_urlsafe(bearer.BYTES)
        whose = served.people["finance"]
        token = invitations.invite(served.db, whose, secret, by="Lin", at=clock.now())
        salt = secrets.token_bytes(passwords.SALT)
        invitations.redeem(served.db, token, OLD, salt, clock.now())
    served.sign_in("finance")
    return served


def change(person: Served, old: str, new: str) -> str:
    answer = person.send("/account/password", {"old": old, "new": new})
    return answer.text if answer.status_code == 422 else answer.headers["location"]


def test_a_new_password_signs_everybody_else_out(person: Served) -> None:
    elsewhere = open_session(person.db, person.people["finance"])
    assert 'name="old"' in person.get("/account").text
    assert change(person, OLD, NEW) == "/account"
    page = person.get("/account").text
    assert "Your password is changed" in page
    with pytest.raises(SessionUnknown):
        sessions.check(person.db, elsewhere, clock.now())
    assert audit.listed(person.db)[0].kind == "password-changed"
    kept = person.db.execute(
        "SELECT s.password FROM access.staff AS s WHERE s.id = %s", (person.people["finance"],)
    ).fetchone()
    assert kept is not None
    assert passwords.fits(kept[0], NEW)
    assert not passwords.fits(kept[0], OLD)


def test_what_is_wrong_stands_beside_its_field_and_changes_nothing(person: Served) -> None:
    page = change(person, "not the right one", NEW)
    assert 'id="why-old"' in page
    assert "not the password that you have now" in page
    assert NEW not in page
    assert 'id="why-new"' in change(person, OLD, "short")
    assert 'id="why-new"' in change(person, OLD, "")
    assert 'id="why-new"' in change(person, OLD, "x" * 100_000)
    assert 'id="why-old"' in change(person, "", NEW)
    assert change(person, OLD, NEW) == "/account"


def test_tries_are_counted(person: Served) -> None:
    for _ in range(sign_in.HERE.most):
        change(person, "not the right one", NEW)
    assert "too often" in change(person, OLD, NEW)


def test_who_signs_in_elsewhere_has_no_password_to_change(served: Served) -> None:
    served.sign_in("marketer")
    assert 'name="old"' not in served.get("/account").text
    answer = served.send("/account/password", {"old": "", "new": NEW})
    assert answer.status_code == 422
