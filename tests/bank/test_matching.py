"""What a line of a statement is of, and what becomes of those that cannot be told."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.bank.desk import items, settle, take, took, write
from tests.bank.made import DAY, Entry, notification, report, statement
from tests.clearing.desk import balances
from tests.world import AT, World, broken_laws
from tongbao.bank import by_hand, missing
from tongbao.bank.by_hand import (
    BankLineDecided,
    BankLineDoesNotFit,
    BankLineNotFound,
    BankPaymentNotFound,
)
from tongbao.clearing import legs, settlements
from tongbao.clearing.types import Leg, Settlement
from tongbao.desk import exceptions
from tongbao.kernel.db import Connection


@pytest.fixture
def sent(db: Connection, made: Settlement, tmp_path: Path) -> Settlement:
    """Give the worked example, its files written."""
    write(db, made.id, tmp_path)
    return made


def id_of(world: World, settlement: Settlement, name: str, attempt: int = 1) -> str:
    return f"TB{settlement.id}-{world.organisations[name]}-{attempt}"


def leg(conn: Connection, world: World, settlement: Settlement, name: str) -> Leg:
    return legs.get(conn, settlement.id, world.organisations[name])


def facts(conn: Connection) -> dict[str, object]:
    (item,) = exceptions.listed(conn, now=AT)
    return item.facts


def account(world: World, name: str) -> str:
    return f"6222{world.organisations[name]:012d}"


def test_a_line_is_recognised_by_its_end_to_end_id(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    lines = [
        Entry(amount=27_000, id=id_of(world, sent, "A")),
        Entry(amount=-67_000, id=id_of(world, sent, "C")),
    ]
    found = take(db, statement(tmp_path / "s.xml", lines))
    assert took(found) == {"matched by end_to_end": 2}
    assert settlements.get(db, sent.id).state == "partly_paid"
    assert balances(db, world, "bank") == {"A": -27_000, "C": 67_000}
    assert broken_laws(db) == {}


def test_a_line_in_the_older_version_is_read_too(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    lines = [Entry(amount=27_000, id=id_of(world, sent, "A"), party="甲")]
    found = take(db, statement(tmp_path / "s.xml", lines, version="02"))
    assert (found.report.message, took(found)) == ("camt.053.001.02", {"matched by end_to_end": 1})


@pytest.mark.parametrize("differs", [-1, 1, -26_999, 10_000])
def test_an_amount_that_is_off_is_booked_by_nobody(
    db: Connection, world: World, sent: Settlement, tmp_path: Path, differs: int
) -> None:
    lines = [Entry(amount=27_000 + differs, id=id_of(world, sent, "A"))]
    assert took(take(db, statement(tmp_path / "s.xml", lines))) == {"open": 1}
    assert items(db) == [("bank-amount", "line 1-1")]
    assert (facts(db)["expected"], facts(db)["differs"]) == (27_000, differs)
    assert leg(db, world, sent, "A").state == "instructed"
    assert broken_laws(db) == {}


def test_a_payment_made_twice_is_booked_once(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    once = Entry(amount=-67_000, id=id_of(world, sent, "C"), reference="B1")
    twice = Entry(amount=-67_000, id=id_of(world, sent, "C"), reference="B2")
    first = take(db, statement(tmp_path / "1.xml", [once, twice]))
    assert took(first) == {"matched by end_to_end": 1, "open": 1}
    assert items(db) == [("bank-duplicate", "line 1-2")]
    third = statement(tmp_path / "2.xml", [once], id="S2", sequence=2, opening=-134_000)
    assert took(take(db, third)) == {"open": 1}
    assert leg(db, world, sent, "C").paid == 67_000
    assert balances(db, world, "bank") == {"C": 67_000}


def test_a_notification_and_a_statement_tell_of_the_same_money(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    known = Entry(amount=27_000, id=id_of(world, sent, "A"))
    stray = Entry(amount=4_200, reference="B7", party="somebody")
    nameless = Entry(amount=99)
    both = [known, stray, nameless, nameless]
    told = take(db, notification(tmp_path / "n.xml", both))
    assert took(told) == {"matched by end_to_end": 1, "open": 3}
    again = take(db, statement(tmp_path / "s.xml", [*both, nameless]))
    assert took(again) == {"known": 4, "open": 1}
    assert len(items(db)) == 4


def test_a_line_without_an_id_is_recognised_by_amount_day_and_other_side(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    lines = [
        Entry(amount=27_000, account=account(world, "A"), day=DAY + timedelta(days=5)),
        Entry(amount=35_000, id="THEIR-OWN-ID", party="上海星光影城有限公司 1002"),
        Entry(amount=5_000, day=DAY + timedelta(days=6)),
        Entry(amount=-67_000, account="99999999"),
    ]
    found = take(db, statement(tmp_path / "s.xml", lines))
    assert took(found) == {"matched by amount": 2, "open": 2}
    assert [leg(db, world, sent, name).state for name in "AB"] == ["paid", "paid"]
    assert items(db) == [("bank-unknown", "line 1-3"), ("bank-unknown", "line 1-4")]


def test_of_two_payments_that_could_be_meant_none_is_taken(
    db: Connection, world: World, tmp_path: Path
) -> None:
    made = settle(db, world, {"AB": 500, "CD": 500})
    write(db, made.id, tmp_path)
    found = take(db, statement(tmp_path / "s.xml", [Entry(amount=500)]))
    assert took(found) == {"open": 1}
    assert facts(db)["candidates"] == [id_of(world, made, "A"), id_of(world, made, "C")]


def test_a_line_with_an_id_comes_before_one_with_the_same_amount(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    lines = [Entry(amount=27_000), Entry(amount=27_000, id=id_of(world, sent, "A"))]
    found = take(db, statement(tmp_path / "s.xml", lines))
    assert took(found) == {"matched by end_to_end": 1, "open": 1}
    assert items(db) == [("bank-unknown", "line 1-1")]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (Entry(amount=1, id="TB77-1001-1"), "bank-unknown"),
        (Entry(amount=27_000, id="TB1-1001-1", currency="USD"), "bank-currency-entry"),
        (Entry(amount=-27_000, id="TB1-1001-1"), "bank-returned"),
        (Entry(amount=27_000, reversal=True), "bank-returned"),
        (Entry(amount=27_000, id="TB1-1001-1", reversal=True), "bank-returned"),
    ],
)
def test_what_cannot_be_is_an_exception_item(
    db: Connection, world: World, sent: Settlement, tmp_path: Path, line: Entry, kind: str
) -> None:
    assert took(take(db, statement(tmp_path / "s.xml", [line]))) == {"open": 1}
    assert items(db) == [(kind, "line 1-1")]
    assert settlements.get(db, sent.id).state == "instructed"


def test_what_is_not_booked_yet_is_pending_and_nothing_else(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    soon = Entry(amount=27_000, id=id_of(world, sent, "A"), status="PDNG")
    assert took(take(db, notification(tmp_path / "n.xml", [soon]))) == {"pending": 1}
    now = Entry(amount=27_000, id=id_of(world, sent, "A"))
    found = take(db, statement(tmp_path / "s.xml", [now]))
    assert took(found) == {"matched by end_to_end": 1}
    assert items(db) == []


def test_a_batch_booking_stands_for_its_file(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    lines = [Entry(amount=67_000, batch=f"TB{sent.id}-C1-1")]
    assert took(take(db, statement(tmp_path / "s.xml", lines))) == {"matched by batch": 1}
    assert [leg(db, world, sent, name).state for name in "ABD"] == ["paid"] * 3
    again = Entry(amount=67_000, batch=f"TB{sent.id}-C1-1")
    more = statement(tmp_path / "2.xml", [again], id="S2", sequence=2, opening=67_000)
    assert took(take(db, more)) == {"open": 1}
    assert items(db) == [("bank-amount", "line 2-1")]
    assert broken_laws(db) == {}


def test_a_batch_whose_payments_were_notified_one_by_one_is_known(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    amounts = {"A": 27_000, "B": 35_000, "D": 5_000}
    ones = [Entry(amount=a, id=id_of(world, sent, name)) for name, a in amounts.items()]
    take(db, notification(tmp_path / "n.xml", ones))
    lines = [Entry(amount=67_000, batch=f"TB{sent.id}-C1-1")]
    assert took(take(db, statement(tmp_path / "s.xml", lines))) == {"known": 1}
    assert items(db) == []


def test_a_batch_that_is_less_than_its_file_is_an_exception_item(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    lines = [
        Entry(amount=66_999, batch=f"TB{sent.id}-C1-1"),
        Entry(amount=1, batch="NOT-OURS"),
    ]
    assert took(take(db, statement(tmp_path / "s.xml", lines))) == {"open": 2}
    assert items(db) == [("bank-amount", "line 1-1"), ("bank-unknown", "line 1-2")]
    assert leg(db, world, sent, "A").state == "instructed"


def test_money_that_comes_back_is_in_the_position_again(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    paid = Entry(amount=27_000, id=id_of(world, sent, "A"))
    take(db, statement(tmp_path / "1.xml", [paid]))
    back = Entry(amount=-27_000, id=id_of(world, sent, "A"), reversal=True)
    second = statement(tmp_path / "2.xml", [back], id="S2", sequence=2, opening=27_000)
    assert took(take(db, second)) == {"matched by return": 1}
    assert balances(db, world, "clearing")["A"] == -27_000
    assert balances(db, world, "bank") == {}
    assert leg(db, world, sent, "A").paid == 0
    third = statement(tmp_path / "3.xml", [back], id="S3", sequence=3, opening=0)
    assert took(take(db, third)) == {"open": 1}
    assert broken_laws(db) == {}


def test_what_was_rejected_and_is_paid_all_the_same_is_an_exception_item(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    name = id_of(world, sent, "A")
    take(db, report(tmp_path / "r.xml", f"TB{sent.id}-C1-1", [(name, "RJCT")]))
    assert leg(db, world, sent, "A").state == "rejected"
    assert leg(db, world, sent, "B").state == "instructed"
    found = take(db, statement(tmp_path / "s.xml", [Entry(amount=27_000, id=name)]))
    assert took(found) == {"open": 1}
    assert items(db) == [("bank-unexpected", "line 2-1")]


def test_a_rejection_of_what_was_paid_is_an_exception_item(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    name = id_of(world, sent, "A")
    take(db, statement(tmp_path / "s.xml", [Entry(amount=27_000, id=name)]))
    odd = [(name, "RJCT"), ("TB9-9-9", "ACSC")]
    take(db, report(tmp_path / "r.xml", f"TB{sent.id}-C1-1", odd))
    assert [kind for kind, _ in items(db)] == ["bank-status", "bank-status"]
    assert leg(db, world, sent, "A").state == "paid"


def test_a_file_that_is_rejected_as_a_whole_reopens_all_its_legs(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    take(db, report(tmp_path / "r.xml", f"TB{sent.id}-C1-1", group="RJCT"))
    states = {name: leg(db, world, sent, name).state for name in "ABCD"}
    assert states == {"A": "rejected", "B": "rejected", "C": "instructed", "D": "rejected"}


def test_a_person_matches_what_could_not_be_matched(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    take(db, statement(tmp_path / "s.xml", [Entry(amount=26_000), Entry(amount=1_000)]))
    name = id_of(world, sent, "A")
    with db.transaction():
        found = by_hand.match(db, "1-1", name, by="Lin", at=AT)
    assert (found.state, found.how, found.decided_by) == ("matched", "hand", "Lin")
    assert (leg(db, world, sent, "A").state, leg(db, world, sent, "A").paid) == (
        "partly_paid",
        26_000,
    )
    with db.transaction():
        by_hand.match(db, "1-2", name, by="Lin", at=AT)
    assert leg(db, world, sent, "A").state == "paid"
    assert items(db) == []
    with pytest.raises(BankLineDecided), db.transaction():
        by_hand.match(db, "1-2", name, by="Lin", at=AT)
    assert broken_laws(db) == {}


def test_a_person_sends_back_what_belongs_to_nobody(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    take(db, statement(tmp_path / "s.xml", [Entry(amount=777)]))
    with db.transaction():
        found = by_hand.send_back(db, "1-1", by="Lin", reason="paid by mistake", at=AT)
    assert (found.state, found.decided_by) == ("returned", "Lin")
    (item,) = exceptions.listed(db, now=AT, state=None)
    assert (item.state, item.closed_how, item.closed_reason) == (
        "closed",
        "returned",
        "paid by mistake",
    )


def test_what_a_person_may_not_match_is_refused(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    lines = [
        Entry(amount=27_001),
        Entry(amount=500, currency="USD"),
        Entry(amount=-500),
    ]
    take(db, statement(tmp_path / "s.xml", lines))
    name = id_of(world, sent, "A")
    for line, payment, refusal in (
        ("1-1", name, BankLineDoesNotFit),
        ("1-2", name, BankLineDoesNotFit),
        ("1-3", name, BankLineDoesNotFit),
        ("1-1", "TB9-9-9", BankPaymentNotFound),
        ("1-9", name, BankLineNotFound),
        ("x", name, BankLineNotFound),
        ("9" * 30 + "-1", name, BankLineNotFound),
    ):
        with pytest.raises(refusal), db.transaction():
            by_hand.match(db, line, payment, by="Lin", at=AT)
    assert len(items(db)) == 3
    assert broken_laws(db) == {}


def test_what_is_missing_is_found_and_forgotten_when_it_comes(
    db: Connection, world: World, sent: Settlement, tmp_path: Path
) -> None:
    take(db, statement(tmp_path / "1.xml", [Entry(amount=27_000, id=id_of(world, sent, "A"))]))
    day = date(2026, 5, 4)
    with db.transaction():
        assert missing.raise_missing(db, day - timedelta(days=1), AT) == 0
        assert missing.raise_missing(db, day, AT) == 3
        assert missing.raise_missing(db, day, AT) == 3
    assert [kind for kind, _ in items(db)] == ["bank-missing"] * 3
    late = Entry(amount=35_000, id=id_of(world, sent, "B"))
    take(db, statement(tmp_path / "2.xml", [late], id="S2", sequence=2, opening=27_000))
    assert len(items(db)) == 2
