import psycopg
import pytest

from tongbao.kernel.db import Connection
from tongbao.ledger import accounts


def is_bounded(db: Connection, owner: int) -> list[str]:
    rows = db.execute(
        "SELECT kind FROM ledger.account WHERE owner_id = %s AND bounded ORDER BY kind", (owner,)
    )
    return [kind for (kind,) in rows]


def test_an_organisation_has_its_eight_accounts_at_zero(db: Connection) -> None:
    accounts.open_organisation(db, 7, operator=False)
    assert accounts.balances(db, 7) == {
        "bank": 0,
        "clearing": 0,
        "collateral": 0,
        "guarantee": 0,
        "issued": 0,
        "owed": 0,
        "prepaid": 0,
        "reserve": 0,
    }


def test_the_operator_also_has_fees_breakage_and_first_loss(db: Connection) -> None:
    accounts.open_organisation(db, 7, operator=True)
    more = set(accounts.balances(db, 7)) - set(accounts.ORGANISATION)
    assert more == {"breakage", "fees", "first_loss"}


def test_points_are_counted_in_points_and_money_in_yuan(db: Connection) -> None:
    accounts.open_organisation(db, 7, operator=True)
    accounts.open_member(db, 8)
    units: dict[str, str] = dict(db.execute("SELECT kind, unit FROM ledger.account").fetchall())
    assert {kind for kind, unit in units.items() if unit == "PTS"} == {"issued", "owed", "wallet"}


def test_many_are_opened_at_once(db: Connection) -> None:
    accounts.open_organisations(db, [7, 8])
    accounts.open_members(db, range(100, 1_100))
    assert set(accounts.balances(db, 8)) == set(accounts.ORGANISATION)
    assert accounts.balances(db, 1_099) == {"wallet": 0}
    assert accounts.balances(db, 1_100) == {}


def test_accounts_are_opened_once(db: Connection) -> None:
    accounts.open_member(db, 8)
    with pytest.raises(psycopg.errors.UniqueViolation):
        accounts.open_member(db, 8)


def test_the_issued_row_carries_the_mark_of_a_bound(db: Connection) -> None:
    accounts.open_organisations(db, [7, 8])
    accounts.set_bounded(db, 7, bounded=True)
    assert (is_bounded(db, 7), is_bounded(db, 8)) == (["issued"], [])
    accounts.set_bounded(db, 7, bounded=False)
    assert is_bounded(db, 7) == []


def test_what_members_owe_is_summed_over_all_of_them(db: Connection) -> None:
    db.execute("INSERT INTO ledger.owing VALUES (1, 7, 30), (2, 7, 12), (2, 8, 5), (3, 7, 0)")
    assert accounts.owed_by_members(db, 7) == 42
    assert accounts.owed_by_members(db, 9) == 0
