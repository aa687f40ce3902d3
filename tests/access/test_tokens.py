from datetime import timedelta

import pytest

from tests.access.conftest import KEY, Office, chance
from tests.world import AT
from tongbao.access import callers, keys, sessions, staff, tokens, totp
from tongbao.access.keys import Caller, KeyUnknown
from tongbao.access.roles import ScopeNotAllowed
from tongbao.alliance import organisations
from tongbao.kernel import limits
from tongbao.kernel.texts import ChoiceMalformed

LATER = AT + timedelta(minutes=5)


@pytest.fixture
def caller(office: Office) -> Caller:
    """Give a partner's key of A that has called."""
    a = office.world.organisations["A"]
    _, token = keys.create(office.db, a, "partner", "their system", chance(), by="Lin", at=AT)
    return callers.check(office.db, token, AT)


def test_a_key_gets_a_token_that_allows_less_and_ends_soon(office: Office, caller: Caller) -> None:
    token, scopes = tokens.for_key(office.db, caller, ["points:read"], chance(), AT)
    found = callers.check(office.db, token, AT)
    assert scopes == ["points:read"]
    assert found.key_id == caller.key_id
    assert found.scopes == {"points:read"}
    assert found.organisation_id == caller.organisation_id
    whole, _ = tokens.for_key(office.db, caller, None, chance(), AT)
    assert callers.check(office.db, whole, AT).scopes == caller.scopes
    with pytest.raises(KeyUnknown):
        callers.check(office.db, token, AT + limits.KEY_TOKEN)
    assert tokens.forget(office.db, AT + limits.KEY_TOKEN) == 2


def test_a_token_never_allows_more_than_its_key(office: Office, caller: Caller) -> None:
    with pytest.raises(ScopeNotAllowed):
        tokens.for_key(office.db, caller, ["keys:write"], chance(), AT)
    with pytest.raises(ChoiceMalformed):
        tokens.for_key(office.db, caller, ["everything"], chance(), AT)


def test_a_token_ends_with_its_key_and_its_organisation(office: Office, caller: Caller) -> None:
    token, _ = tokens.for_key(office.db, caller, None, chance(), AT)
    assert caller.key_id is not None
    keys.rotate(office.db, caller.key_id, chance(), overlap=timedelta(minutes=1), by="Lin", at=AT)
    callers.check(office.db, token, AT)
    with pytest.raises(KeyUnknown):
        callers.check(office.db, token, AT + timedelta(minutes=1))
    keys.revoke(office.db, caller.key_id, by="Lin", at=AT)
    with pytest.raises(KeyUnknown):
        callers.check(office.db, token, AT)


def test_somebody_on_the_staff_gets_a_token_with_a_code_just_given(office: Office) -> None:
    who, phone = office.with_phone("wei", "settlement")
    with pytest.raises(sessions.CodeNeeded):
        tokens.for_staff(office.db, who, None, chance(), LATER)
    done = totp.verify(office.db, who, phone.at(LATER), chance(), LATER, key=KEY)
    assert isinstance(done, totp.SteppedUp)
    who = sessions.check(office.db, done.token, LATER)
    token, _ = tokens.for_staff(office.db, who, ["clearing:read"], chance(), LATER)
    found = callers.check(office.db, token, LATER)
    assert (found.staff_id, found.by, found.operator) == (who.staff_id, "wei", True)
    assert found.scopes == {"clearing:read"}
    assert found.key_id is None
    (listed,) = tokens.list_of(office.db, who.staff_id, LATER)
    with pytest.raises(tokens.TokenNotFound):
        tokens.revoke(office.db, listed.id, who.staff_id + 1, LATER)
    tokens.revoke(office.db, listed.id, who.staff_id, LATER)
    with pytest.raises(KeyUnknown):
        callers.check(office.db, token, LATER)


def test_a_token_follows_its_person(office: Office) -> None:
    who, phone = office.with_phone("wei", "settlement")
    done = totp.verify(office.db, who, phone.at(LATER), chance(), LATER, key=KEY)
    assert isinstance(done, totp.SteppedUp)
    who = sessions.check(office.db, done.token, LATER)
    token, _ = tokens.for_staff(office.db, who, None, chance(), LATER)
    staff.change(office.db, who.staff_id, by="Lin", at=LATER, role="marketer")
    with pytest.raises(KeyUnknown):
        callers.check(office.db, token, LATER)  # as all sessions end with another role


@pytest.mark.parametrize("token", ["", "tbt_1_" + "a" * 43, "tbt_", "tbt_1_", "x" * 100_000])
def test_what_is_no_token_lets_nobody_in(office: Office, caller: Caller, token: str) -> None:
    tokens.for_key(office.db, caller, None, chance(), AT)
    with pytest.raises(KeyUnknown):
        callers.check(office.db, token, AT)


def test_a_closed_organisation_has_no_callers(office: Office, caller: Caller) -> None:
    token, _ = tokens.for_key(office.db, caller, None, chance(), AT)
    organisations.set_status(office.db, caller.organisation_id, "closed")
    with pytest.raises(KeyUnknown):
        callers.check(office.db, token, AT)
