"""Bank accounts: what they may be, by two people, dated."""

from datetime import date
from typing import Any

import pytest

from tests.bank.desk import OPENED, OWN, details, open_account
from tests.world import AT, World, build
from tongbao.alliance.organisations import OrganisationNotFound
from tongbao.alliance.types import Terms
from tongbao.bank import accounts, numbers
from tongbao.bank.numbers import AccountMalformed
from tongbao.bank.types import Details
from tongbao.desk import proposals
from tongbao.desk.proposals import ProposalDecided, ProposalNotFound, SamePerson
from tongbao.kernel.db import Connection
from tongbao.kernel.texts import TextMalformed


@pytest.fixture
def plain(db: Connection) -> World:
    return build(db, {"A": Terms()})


GOOD: dict[str, Any] = {"number": "6222 0000-0000 1", "name": " 星光影城 ", "cnaps": "102290000011"}


def test_grouping_is_removed_and_names_are_trimmed() -> None:
    found = numbers.check(Details(**GOOD))
    assert (found.number, found.name) == ("6222000000001", "星光影城")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "12345"),
        ("number", "1" * 35),
        ("number", "1" * 10_000),
        ("number", "12345678x"),
        ("number", "１２３４５６７８"),
        ("cnaps", "10229000001"),
        ("cnaps", "1022900000111"),
        ("bic", "ICBKCNB"),
        ("bic", "icbkcnbj"),
        ("bic", "ICBKCNB0XXXX"),
        ("cnaps", None),
        ("name", "=cmd|' /C calc'!A0"),
        ("mandate", "M-1"),
        ("signed_on", date(2026, 1, 1)),
    ],
)
def test_what_can_be_no_account_is_refused(field: str, value: Any) -> None:
    with pytest.raises(AccountMalformed):
        numbers.check(Details(**{**GOOD, field: value}))


@pytest.mark.parametrize("name", ["", "x" * 141, "a\x00b", "a\u202eb"])
def test_what_can_be_no_name_is_refused(name: str) -> None:
    with pytest.raises(TextMalformed):
        numbers.check(Details(**{**GOOD, "name": name}))


@pytest.mark.parametrize("mandate", ["", "M" * 36, "通宝", " M1", "M1 "])
def test_what_can_be_no_mandate_is_refused(mandate: str) -> None:
    with pytest.raises(AccountMalformed):
        numbers.check(Details(**{**GOOD, "mandate": mandate, "signed_on": OPENED}))
    with pytest.raises(AccountMalformed):
        numbers.check(Details(**{**GOOD, "mandate": "M1", "signed_on": date(1999, 1, 1)}))


def test_an_account_takes_two_people(db: Connection, plain: World) -> None:
    who = plain.organisations["A"]
    made = accounts.propose(db, who, OWN, OPENED, by="Lin", reason="new", at=AT)
    assert accounts.at_day(db, [who], AT.date()) == {}
    with pytest.raises(SamePerson):
        accounts.approve(db, made.id, by="LIN", at=AT)
    approved = accounts.approve(db, made.id, by="Wu", at=AT)
    assert accounts.at_day(db, [who], AT.date()) == {who: approved}
    with pytest.raises(ProposalDecided):
        accounts.approve(db, made.id, by="Chen", at=AT)
    other = accounts.propose(db, who, details(1), OPENED, by="Lin", reason="new", at=AT)
    accounts.reject(db, other.id, by="Wu", reason="wrong number", at=AT)
    assert accounts.listed(db) == [approved]


def test_the_version_of_the_day_counts(db: Connection, plain: World) -> None:
    who = plain.organisations["A"]
    first = open_account(db, who, details(1), date(2026, 1, 1))
    later = open_account(db, who, details(2), date(2026, 6, 1))
    again = open_account(db, who, details(3), date(2026, 6, 1))

    def at(day: date) -> int | None:
        found = accounts.at_day(db, [who], day).get(who)
        return None if found is None else found.id

    assert at(date(2025, 12, 31)) is None
    assert at(date(2026, 5, 31)) == first.id
    assert at(date(2026, 6, 1)) == again.id
    assert accounts.listed(db, who) == [first, later, again]
    assert accounts.listed(db, plain.operator) == []


def test_proposals_of_other_kinds_and_unknown_organisations_are_refused(
    db: Connection, plain: World
) -> None:
    other = proposals.propose(db, "other", None, {}, by="Lin", reason="x", at=AT)
    for number in (other.id, 99):
        with pytest.raises(ProposalNotFound):
            accounts.approve(db, number, by="Wu", at=AT)
        with pytest.raises(ProposalNotFound):
            accounts.reject(db, number, by="Wu", reason="x", at=AT)
    with pytest.raises(OrganisationNotFound):
        accounts.propose(db, 99, OWN, OPENED, by="Lin", reason="x", at=AT)


def test_an_account_is_never_changed(db: Connection, plain: World) -> None:
    open_account(db, plain.operator, OWN)
    with pytest.raises(Exception, match=r"permission denied|append-only"):
        db.execute("UPDATE bank.account SET number = '666666'")
