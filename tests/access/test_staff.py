from datetime import timedelta
from typing import cast

import pytest

from tests.access.conftest import PASSWORD, Office, chance
from tests.world import AT
from tongbao.access import invitations, passwords, sessions, staff
from tongbao.access.roles import Role, RoleNotAllowed
from tongbao.alliance import organisations
from tongbao.alliance.outlets import OutletNotFound
from tongbao.kernel import limits

SALT = b"0123456789abcdef"


def test_somebody_is_invited_sets_a_password_and_is_active(office: Office) -> None:
    made = staff.add(
        office.db, office.world.operator, "Wei@Example.cn", "韦", "admin", by="Lin", at=AT
    )
    assert (made.login, made.status) == ("wei@example.cn", "invited")
    token = invitations.invite(office.db, made.id, chance(), by="Lin", at=AT)
    assert invitations.look(office.db, token, AT).id == made.id
    assert invitations.redeem(office.db, token, PASSWORD, SALT, AT).status == "active"
    with pytest.raises(invitations.InvitationUnknown):
        invitations.redeem(office.db, token, PASSWORD, SALT, AT)


def test_a_link_ends_with_its_time_with_a_newer_one_and_with_the_person(office: Office) -> None:
    who = staff.add(office.db, office.world.operator, "wei", "Wei", "admin", by="Lin", at=AT)
    first = invitations.invite(office.db, who.id, chance(), by="Lin", at=AT)
    second = invitations.invite(office.db, who.id, chance(), by="Lin", at=AT, purpose="reset")
    for token, at in (
        (first, AT),
        (second, AT + limits.RESET),
        ("tbi_1_" + "a" * 43, AT),
        ("x", AT),
    ):
        with pytest.raises(invitations.InvitationUnknown):
            invitations.redeem(office.db, token, PASSWORD, SALT, at)
    staff.change(office.db, who.id, by="Lin", at=AT, disabled=True)
    with pytest.raises(invitations.InvitationUnknown):
        invitations.redeem(office.db, second, PASSWORD, SALT, AT)


def test_a_weak_password_is_refused_and_the_link_stays_good(office: Office) -> None:
    who = staff.add(office.db, office.world.operator, "weiwei", "Wei", "admin", by="Lin", at=AT)
    token = invitations.invite(office.db, who.id, chance(), by="Lin", at=AT)
    for weak in ("short", "a" * 20, "abababababab", "my name is WeiWei", "x" * 201, ""):
        with pytest.raises(passwords.PasswordWeak):
            invitations.redeem(office.db, token, weak, SALT, AT)
    invitations.redeem(office.db, token, PASSWORD, SALT, AT)


def test_a_new_password_ends_the_sessions(office: Office) -> None:
    who = office.hire("wei")
    entered = office.sign_in("wei")
    token = invitations.invite(office.db, who.id, chance(), by="wei", at=AT, purpose="reset")
    invitations.redeem(office.db, token, PASSWORD + "2", SALT, AT)
    with pytest.raises(sessions.SessionUnknown):
        sessions.check(office.db, entered.token, AT)


def test_roles_are_for_the_operator_or_for_the_others(office: Office) -> None:
    a = office.world.organisations["A"]
    wrong: list[tuple[int, Role]] = [(office.world.operator, "cashier"), (a, "admin")]
    for whose, role in [*wrong, (a, "partner")]:
        with pytest.raises(RoleNotAllowed):
            staff.add(office.db, whose, "wei", "Wei", role, by="Lin", at=AT)
    who = office.hire("min", "cashier", "A")
    with pytest.raises(RoleNotAllowed):
        staff.change(office.db, who.id, by="Lin", at=AT, role="auditor")


def test_a_name_is_taken_once_however_it_is_written(office: Office) -> None:
    office.hire("wei")
    for login in ("WEI", " wei ", "ｗｅｉ"):
        with pytest.raises(staff.LoginTaken):
            staff.add(office.db, office.world.operator, login, "Wei", "admin", by="Lin", at=AT)
    for login in ("", "w", "we i", "x" * 65, "韦", "-wei", "x" * 100_000, "we\0i"):
        with pytest.raises(staff.LoginMalformed):
            staff.add(office.db, office.world.operator, login, "Wei", "admin", by="Lin", at=AT)


def test_a_cashier_works_in_an_outlet_of_the_own_organisation(office: Office) -> None:
    who = office.hire("min", "cashier", "A")
    place = office.world.outlets["A"]
    mine = office.world.members[0]
    changed = staff.change(office.db, who.id, by="Lin", at=AT, outlet_id=place, member_id=mine)
    assert (changed.outlet_id, changed.member_id, changed.name) == (place, mine, "Min")
    for other in (office.world.outlets["B"], 999_999):
        with pytest.raises(OutletNotFound):
            staff.change(office.db, who.id, by="Lin", at=AT, outlet_id=other)


def test_another_role_or_being_disabled_ends_the_sessions(office: Office) -> None:
    who = office.hire("wei")
    for step in ({"role": "auditor"}, {"disabled": True}):
        entered = office.sign_in("wei")
        staff.change(office.db, who.id, by="Lin", at=AT, **step)
        with pytest.raises(sessions.SessionUnknown):
            sessions.check(office.db, entered.token, AT)
    staff.change(office.db, who.id, by="Lin", at=AT, disabled=False)
    office.sign_in("wei")


def test_staff_are_found_within_their_organisation_only(office: Office) -> None:
    who = office.hire("min", "manager", "A")
    a, b = (office.world.organisations[name] for name in "AB")
    assert staff.get(office.db, who.id, a) == who
    for number, whose in ((who.id, b), (-1, a), (2**70, a), (999, None)):
        with pytest.raises(staff.StaffNotFound):
            staff.get(office.db, number, whose)
    assert [one.login for one in staff.listed(office.db, a)] == ["min"]
    assert staff.listed(office.db, b) == []


def test_who_works_for_a_closed_organisation_is_not_let_in(office: Office) -> None:
    office.hire("min", "manager", "A")
    entered = office.sign_in("min")
    organisations.set_status(office.db, office.world.organisations["A"], "closed")
    with pytest.raises(sessions.SessionUnknown):
        sessions.check(office.db, entered.token, AT + timedelta(seconds=1))
    assert not hasattr(office.enter("min"), "token")


def test_names_are_given_of_one_organisation_or_of_all(office: Office) -> None:
    theirs = office.world.organisations["A"]
    for whose, login, name, role in (
        (office.world.operator, "wei", "Wei", "admin"),
        (theirs, "mo", "莫", "manager"),
    ):
        staff.add(office.db, whose, login, name, cast(Role, role), by="Lin", at=AT)
    asked = {"wei", "mo", 'a "free" name', ""}
    assert staff.names(office.db, asked) == {"wei": "Wei", "mo": "莫"}
    assert staff.names(office.db, asked, theirs) == {"mo": "莫"}
    assert staff.names(office.db, ()) == {}
