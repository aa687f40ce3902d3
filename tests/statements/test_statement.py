"""Statements to the fen, by hand: claims, fees, refunds in the window after, real money."""

import pytest

from tests.clearing.desk import close
from tests.statements.books import closings, ledger, openings, stated, table
from tests.statements.day import two_windows
from tests.world import World, broken_laws, build
from tongbao.alliance.organisations import OperatorMissing, OrganisationNotFound
from tongbao.kernel.db import Connection
from tongbao.statements import periods, statement, summing, tables
from tongbao.statements.statement import StatementUnbalanced
from tongbao.statements.types import Fee, Issuer, Redeemer, Statement
from tongbao.statements.writing import FEE_VAT


@pytest.fixture
def world(db: Connection) -> World:
    return two_windows(db)


def of(conn: Connection, first: int, last: int) -> dict[str, Statement]:
    return stated(conn, periods.of_windows(conn, first, last))


def items(one: Statement, account: str) -> dict[str, int]:
    return {line.item: line.amount for line in one.lines if line.account == account}


def test_an_issuer_sees_what_it_gave_what_was_spent_and_what_it_owes(
    db: Connection, world: World
) -> None:
    one = of(db, 1, 1)["A"]
    assert one.number == "A-000001-000001"
    assert items(one, "circulation") == {
        "awarded": 30_000, "redeemed_here": -2_000, "redeemed_elsewhere": -28_000,
    }  # fmt: skip
    assert items(one, "position") == {"claims_owed": -28_000}
    assert items(one, "collateral") == {"deposited": 50_000}
    assert tables.redeemers(one) == [Redeemer(code="B", name="B", claims=1, owed=28_000)]
    assert tables.issuers(one) == [
        Issuer(code="A", name="A", redemptions=1, points=2_000)
    ]  # its own make no claim
    assert (one.accepted.points, one.accepted.on_us) == (2_000, 2_000)
    assert closings({"A": one}) == {("A", "position"): -28_000, ("A", "collateral"): 50_000}


def test_a_redeemer_sees_its_claims_and_the_vat_in_its_fees(db: Connection, world: World) -> None:
    first, second = of(db, 1, 1)["B"], of(db, 2, 2)["B"]
    assert items(first, "position") == {"claims_due": 33_000, "acceptance_fees": -825}
    assert [(each.code, each.due) for each in tables.issuers(first)] == [
        ("A", 28_000),
        ("P", 5_000),
    ]
    assert first.fees == [
        Fee(
            fee="acceptance", received=False, rate=60_000, charged=825, given_back=0, gross=825,
            net=778, vat=47,
        )
    ]  # fmt: skip
    # Half of it comes back; what was settled in between is a line of its own.
    assert items(second, "position") == {
        "counterclaims_owed": -16_500, "acceptance_fees_back": 413, "paid_out": -32_175,
    }  # fmt: skip
    assert [(fee.given_back, fee.gross, fee.net, fee.vat) for fee in second.fees] == [
        (413, -413, -390, -23)
    ]
    (paid,) = (line for line in second.lines if line.operation is not None)
    assert (paid.settlement, paid.reference) == (1, f"TB1-{world.organisations['B']}-1")
    both = of(db, 1, 2)["B"]
    assert [(fee.charged, fee.given_back, fee.net, fee.vat) for fee in both.fees] == [
        (825, 413, 389, 23)
    ]


def test_a_prepaid_issuer_sees_its_block_and_its_reserve(db: Connection, world: World) -> None:
    first, second = of(db, 1, 1)["P"], of(db, 2, 2)["P"]
    assert items(first, "prepaid") == {"block_bought": 10_000, "reserve_funded": -5_000}
    assert items(first, "reserve") == {"funded_from_prepaid": 5_000, "claims_paid": -5_000}
    assert items(first, "position") == {
        "claims_owed": -5_000, "paid_from_reserve": 5_000, "issue_fees": -50,
    }  # fmt: skip
    # Points that come back are covered again: by what their redeemer owes for them.
    back = items(second, "circulation")["restored_elsewhere"]
    assert back > 0
    reserve = next(a for a in second.accounts if a.account == "reserve")
    assert (reserve.opening, reserve.closing) == (0, back)


def test_the_operators_income_is_what_the_others_were_charged(db: Connection, world: World) -> None:
    found = of(db, 1, 2)
    operator = found["operator"]
    assert all(fee.received for fee in operator.fees)
    for name in ("gross", "net", "vat"):
        charged = sum(getattr(f, name) for code in "ABP" for f in found[code].fees)
        assert sum(getattr(fee, name) for fee in operator.fees) == charged
    accounts = {account.account for account in operator.accounts}
    assert {"fees", "breakage", "first_loss"} <= accounts
    assert not {"fees", "breakage", "first_loss"} & {a.account for a in found["A"].accounts}


def test_one_closing_is_the_next_opening_and_the_ledgers(db: Connection, world: World) -> None:
    first, second = of(db, 1, 1), of(db, 2, 2)
    assert openings(first) == {}
    assert openings(second) == closings(first)
    assert closings(second) == ledger(db)
    assert broken_laws(db) == {}


def test_the_table_adds_up_account_by_account(db: Connection, world: World) -> None:
    rows = table(of(db, 1, 2)["B"])
    position = [int(row["amount"]) for row in rows if row["section"] == "position"]
    assert sum(position[:-1]) == position[-1]
    due = [row for row in rows if (row["section"], row["item"]) == ("claims_on_issuers", "due")]
    assert [(row["counterparty"], row["count"], row["amount"]) for row in due] == [
        ("A", "1", "28000"), ("P", "1", "5000"),
    ]  # fmt: skip
    fees = [row for row in rows if row["section"] == "fees_paid"]
    assert [(row["item"], row["reference"], row["amount"]) for row in fees] == [
        ("acceptance_gross", "vat 60000", "412"),
        ("acceptance_net", "vat 60000", "389"),
        ("acceptance_vat", "vat 60000", "23"),
    ]


def test_the_rate_of_vat_is_that_of_when_a_window_was_summed(db: Connection, world: World) -> None:
    with db.transaction():
        summing.sum_windows(db, FEE_VAT, 1)
        summing.sum_windows(db, 130_000, 2)
    fees = of(db, 1, 2)["B"].fees
    assert [(fee.rate, fee.gross) for fee in fees] == [(60_000, 825), (130_000, -413)]


def test_who_did_nothing_has_a_statement_of_nothing(db: Connection) -> None:
    world = build(db, {})
    close(db)
    (one,) = of(db, 1, 1).values()
    assert one.organisation.id == world.operator
    assert (one.lines, one.fees, tables.issuers(one)) == ([], [], [])


def test_an_organisation_that_is_not_there_has_none(db: Connection, world: World) -> None:
    period = periods.of_windows(db, 1, 1)
    with db.transaction():
        summing.sum_windows(db, FEE_VAT)
        with pytest.raises(OrganisationNotFound):
            statement.one(db, period, 999)


def test_without_an_operator_there_are_none(db: Connection) -> None:
    close(db)
    with db.transaction():
        summing.sum_windows(db, FEE_VAT)
        with pytest.raises(OperatorMissing):
            list(statement.every(db, periods.of_windows(db, 1, 1)))


def test_sums_that_do_not_add_up_are_never_stated(db: Connection, world: World) -> None:
    with db.transaction():
        summing.sum_windows(db, FEE_VAT)
        db.execute(
            "INSERT INTO statements.line"
            " SELECT organisation_id, window_id, account, 'reserve_released', 0, 0, 0, 1, 1"
            " FROM statements.line WHERE account = 'position' LIMIT 1"
        )
        with pytest.raises(StatementUnbalanced):
            list(statement.every(db, periods.of_windows(db, 1, 2)))
