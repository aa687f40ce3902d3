import secrets
from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.access.conftest import Office, chance
from tests.world import AT
from tongbao.access import audit, sessions, sso, staff
from tongbao.access.sign_in import Entered
from tongbao.access.sso import Person, SsoRefused, SsoUnknown, UnderWay
from tongbao.kernel import limits

ISSUER = "https://id.example.cn"
WAY = UnderWay(issuer=ISSUER, nonce="n", verifier="v", onward="/settlements")
WEI = Person(issuer=ISSUER, subject="007", email="Wei@Example.cn", email_verified=True)


def enter(office: Office, person: Person) -> Entered | SsoRefused:
    return sso.enter(office.db, person, chance(), device="Firefox", address="192.0.2.7", at=AT)


def test_who_was_linked_is_let_in_and_known_by_subject_from_then_on(office: Office) -> None:
    who, _ = office.with_phone("wei")
    made = sso.link(office.db, who.staff_id, ISSUER, "WEI@example.cn", by="Lin", at=AT)
    assert (made.email, made.subject) == ("wei@example.cn", None)
    entered = enter(office, WEI)
    assert isinstance(entered, Entered)
    assert entered.who.staff_id == who.staff_id
    assert entered.who.entered  # the provider has asked for what it wants
    with pytest.raises(sessions.StepUpNeeded):
        sessions.check_step_up(entered.who, AT)
    assert isinstance(enter(office, replace(WEI, email="new@example.cn")), Entered)
    assert audit.listed(office.db, kind="sign-in")[0].facts == {"means": "sso"}


def test_nobody_is_made_who_was_not_linked(office: Office) -> None:
    who = office.hire("wei")
    before = staff.listed(office.db)
    assert isinstance(enter(office, WEI), SsoRefused)
    sso.link(office.db, who.id, ISSUER, "wei@example.cn", by="Lin", at=AT)
    for stranger in (
        replace(WEI, email_verified=False),
        replace(WEI, email=None),
        replace(WEI, email="other@example.cn"),
        replace(WEI, issuer="https://evil.example"),
    ):
        assert isinstance(enter(office, stranger), SsoRefused)
    assert staff.listed(office.db) == before
    assert len(audit.listed(office.db, kind="sso-refused")) == 5


def test_who_gets_the_address_later_is_not_that_person(office: Office) -> None:
    who = office.hire("wei")
    sso.link(office.db, who.id, ISSUER, "wei@example.cn", by="Lin", at=AT)
    assert isinstance(enter(office, WEI), Entered)
    assert isinstance(enter(office, replace(WEI, subject="008")), SsoRefused)


def test_who_is_disabled_or_unlinked_is_not_let_in(office: Office) -> None:
    who = office.hire("wei")
    sso.link(office.db, who.id, ISSUER, "wei@example.cn", by="Lin", at=AT)
    staff.change(office.db, who.id, by="Lin", at=AT, disabled=True)
    assert isinstance(enter(office, WEI), SsoRefused)
    staff.change(office.db, who.id, by="Lin", at=AT, disabled=False)
    assert isinstance(enter(office, WEI), Entered)
    sso.unlink(office.db, who.id, ISSUER)
    assert isinstance(enter(office, WEI), SsoRefused)
    with pytest.raises(sso.SsoLinkNotFound):
        sso.unlink(office.db, who.id, ISSUER)


def test_an_address_leads_to_one_person(office: Office) -> None:
    wei, min_ = office.hire("wei"), office.hire("min")
    sso.link(office.db, wei.id, ISSUER, "both@example.cn", by="Lin", at=AT)
    with pytest.raises(sso.SsoLinkTaken):
        sso.link(office.db, min_.id, ISSUER, "BOTH@example.cn", by="Lin", at=AT)
    sso.link(office.db, wei.id, ISSUER, "wei@example.cn", by="Lin", at=AT)
    assert [one.email for one in sso.links_of(office.db, wei.id)] == ["wei@example.cn"]


def test_a_sign_in_comes_back_once_in_time_and_to_its_browser(office: Office) -> None:
    def begin() -> tuple[str, str]:
        state, browser = (secrets.token_urlsafe(32) for _ in range(2))
        sso.begin(office.db, WAY, state=state, browser=browser, at=AT)
        return state, browser

    state, browser = begin()
    assert sso.take(office.db, state=state, browser=browser, at=AT) == WAY
    assert isinstance(sso.take(office.db, state=state, browser=browser, at=AT), SsoUnknown)
    state, browser = begin()
    assert isinstance(sso.take(office.db, state=state, browser=chance(), at=AT), SsoUnknown)
    state, browser = begin()
    late = AT + limits.SSO
    assert isinstance(sso.take(office.db, state=state, browser=browser, at=late), SsoUnknown)
    for wrong in ("", "x" * 100_000, chance()):
        assert isinstance(sso.take(office.db, state=wrong, browser=browser, at=AT), SsoUnknown)
    begin()
    assert sso.forget(office.db, late + timedelta(seconds=1)) == 1
