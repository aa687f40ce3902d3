from datetime import datetime
from itertools import product

import psycopg
import pytest

from tongbao.alliance import organisations
from tongbao.alliance.types import Organisation, Status
from tongbao.kernel import db as database
from tongbao.kernel import texts
from tongbao.kernel.db import Connection
from tongbao.ledger import accounts, lock

LEGAL = {
    ("active", "suspended"),
    ("active", "defaulted"),
    ("active", "closed"),
    ("suspended", "active"),
    ("suspended", "defaulted"),
    ("suspended", "closed"),
    ("defaulted", "suspended"),
    ("defaulted", "closed"),
}
STATUSES: tuple[Status, ...] = ("active", "suspended", "defaulted", "closed")


def plant(db: Connection, owner: int, kind: str, balance: int) -> None:
    db.execute(
        "UPDATE ledger.account SET balance = %s WHERE owner_id = %s AND kind = %s",
        (balance, owner, kind),
    )


def test_a_registered_organisation_is_active_and_has_accounts(db: Connection, at: datetime) -> None:
    shop = organisations.register(db, "shop-1", "  一号店 ", "merchant", at)
    assert shop == Organisation(
        id=shop.id,
        code="shop-1",
        name="一号店",
        role="merchant",
        status="active",
        registered_at=at,
    )
    assert set(accounts.balances(db, shop.id)) == set(accounts.ORGANISATION)


def test_an_organisation_is_found_by_id_and_by_code(db: Connection, cinema: Organisation) -> None:
    assert organisations.get(db, cinema.id) == cinema
    assert organisations.find(db, "cinema") == cinema


def test_an_id_of_nobody_is_not_found(db: Connection) -> None:
    for unknown in (0, -1, 10**9, 2**63, 2**200):
        with pytest.raises(organisations.OrganisationNotFound):
            organisations.get(db, unknown)
        with pytest.raises(organisations.OrganisationNotFound):
            organisations.set_status(db, unknown, "suspended")


def test_a_code_of_nobody_is_not_found(db: Connection) -> None:
    with pytest.raises(organisations.OrganisationNotFound):
        organisations.find(db, "nobody")
    with pytest.raises(texts.CodeMalformed):
        organisations.find(db, "no\0body")


def test_a_code_is_given_once(db: Connection, at: datetime, cinema: Organisation) -> None:
    with pytest.raises(organisations.OrganisationCodeTaken):
        organisations.register(db, "cinema", "Another", "partner", at)
    assert organisations.list_after(db) == [cinema]


def test_there_is_one_operator(db: Connection, at: datetime) -> None:
    with pytest.raises(organisations.OperatorMissing):
        organisations.operator(db)
    first = organisations.register(db, "operator", "通宝运营", "operator", at)
    assert organisations.operator(db) == first
    assert set(accounts.balances(db, first.id)) == set(accounts.OPERATOR)
    with pytest.raises(organisations.OperatorExists):
        organisations.register(db, "other", "Another", "operator", at)


def test_a_taken_code_is_told_even_before_there_is_an_operator(
    db: Connection, at: datetime, cinema: Organisation
) -> None:
    with pytest.raises(organisations.OrganisationCodeTaken):
        organisations.register(db, "cinema", "Operator", "operator", at)


def test_what_makes_no_sense_is_refused_and_leaves_nothing(db: Connection, at: datetime) -> None:
    for code, name, role, refusal in (
        ("a b", "Shop", "merchant", texts.CodeMalformed),
        ("", "Shop", "merchant", texts.CodeMalformed),
        ("shop", "", "merchant", texts.TextMalformed),
        ("shop", "a\0b", "merchant", texts.TextMalformed),
        ("shop", "Shop", "king", texts.ChoiceMalformed),
    ):
        with pytest.raises(refusal):
            organisations.register(db, code, name, role, at)  # type: ignore[arg-type]
    assert organisations.list_after(db) == []
    assert db.execute("SELECT count(*) FROM ledger.account").fetchone() == (0,)


def test_organisations_are_listed_page_by_page(db: Connection, at: datetime) -> None:
    all_of_them = [
        organisations.register(db, f"shop-{n}", f"Shop {n}", "merchant", at) for n in range(5)
    ]
    first = organisations.list_after(db, limit=3)
    assert first == all_of_them[:3]
    assert organisations.list_after(db, first[-1].id) == all_of_them[3:]


def test_only_these_changes_of_status_exist(db: Connection, cinema: Organisation) -> None:
    for before, after in product(STATUSES, STATUSES):
        db.execute("UPDATE alliance.organisation SET status = %s", (before,))
        if before == after or (before, after) in LEGAL:
            assert organisations.set_status(db, cinema.id, after).status == after
            assert organisations.get(db, cinema.id).status == after
        else:
            with pytest.raises(organisations.OrganisationStatusRefused):
                organisations.set_status(db, cinema.id, after)
            assert organisations.get(db, cinema.id).status == before


def test_a_status_that_does_not_exist_is_refused(db: Connection, cinema: Organisation) -> None:
    with pytest.raises(texts.ChoiceMalformed):
        organisations.set_status(db, cinema.id, "asleep")  # type: ignore[arg-type]


def test_the_operator_stays_active(db: Connection, operator: Organisation) -> None:
    for status in STATUSES[1:]:
        with pytest.raises(organisations.OperatorStays):
            organisations.set_status(db, operator.id, status)


def test_who_still_owes_or_is_owed_cannot_close(db: Connection, cinema: Organisation) -> None:
    left = {"issued": -500, "clearing": 1, "reserve": 7, "collateral": 9}
    for kind, balance in [*left.items(), ("clearing", -1)]:
        plant(db, cinema.id, kind, balance)
        with pytest.raises(organisations.OrganisationNotSettled) as refused:
            organisations.set_status(db, cinema.id, "closed")
        assert refused.value.facts["left"] == {kind: balance}
        plant(db, cinema.id, kind, 0)
    assert organisations.set_status(db, cinema.id, "closed").status == "closed"


def test_whom_members_owe_points_cannot_close(db: Connection, cinema: Organisation) -> None:
    db.execute("INSERT INTO ledger.owing VALUES (1, %s, 30)", (cinema.id,))
    with pytest.raises(organisations.OrganisationNotSettled) as refused:
        organisations.set_status(db, cinema.id, "closed")
    assert refused.value.facts["left"] == {"owing": 30}


def test_what_was_paid_in_and_out_over_the_years_does_not_keep_from_closing(
    db: Connection, cinema: Organisation
) -> None:
    plant(db, cinema.id, "bank", 12_345)
    assert organisations.set_status(db, cinema.id, "closed").status == "closed"


def test_a_status_changes_between_postings_and_not_under_one(
    db: Connection, database_url: str, cinema: Organisation
) -> None:
    with database.connect(database_url) as other, other.transaction():
        lock.fence(other)
        db.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            organisations.set_status(db, cinema.id, "suspended")
    assert organisations.set_status(db, cinema.id, "suspended").status == "suspended"
