"""The general ledger as CSV and Beancount: its balances are ours, as bean-check confirms."""

import csv
import re
import subprocess
import sys
from collections import defaultdict
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from tests.liability.books import ZONE, after, award, month, noon, on, settle, spend, sweep
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.kernel import db as database
from tongbao.kernel.amounts import parse
from tongbao.kernel.db import Connection
from tongbao.ledger import entry
from tongbao.ledger.entry import Entry
from tongbao.ledger.movements import M
from tongbao.ledger.types import Posting, Transfer
from tongbao.liability import cohorts, periods
from tongbao.liability.book import DaysMalformed, open_book
from tongbao.liability.export import Format, Written, export
from tongbao.points.operations import Capture, Gift, Hold, Purchase, Refund

CHECK = Path(sys.executable).with_name("bean-check")
LAST = date(2026, 12, 31)


@pytest.fixture(scope="module")
def db(module_db: Connection) -> Connection:
    """Share one ledger: most tests here only read it."""
    return module_db


@pytest.fixture(scope="module")
def world(db: Connection) -> World:
    return live(db)


def live(db: Connection) -> World:
    """Make an alliance that has used every kind of account between January and June."""
    made = build(
        db,
        {
            "a.b": Terms(expiry_months=3, prepaid_share=500_000, breakage_to="operator"),
            "A-b": Terms(acceptance_fee=20_000, issue_fee=10_000),
            "c": Terms(reimbursement=900_000),
        },
    )
    me = made.members[0]
    b, c = made.organisations["A-b"], made.organisations["c"]
    on(db, noon(2026, 1), award(made, "a.b", "1", 10_000, 99_999), award(made, "c", "2", 5_000))
    (sale,) = on(
        db, noon(2026, 2),
        Purchase(
            key="3", scope=b, member=me, outlet=made.outlets["A-b"], amount=20_000, points=12_000
        ),
    )  # fmt: skip
    on(db, noon(2026, 2, 16), Gift(key="4", scope=b, member=me, to=made.members[1], points=100))
    on(db, noon(2026, 3), Refund(key="5", scope=b, original=sale, amount=15_000))
    (hold,) = on(
        db, noon(2026, 3, 16),
        Hold(key="6", scope=c, member=me, outlet=made.outlets["c"], points=600),
    )  # fmt: skip
    on(db, noon(2026, 3, 16), Capture(key="7", scope=c, hold=hold, points=500))
    sweep(db, noon(2026, 5))
    pay(db, made, noon(2026, 5, 16))
    settle(db, noon(2026, 5, 18))
    with db.transaction():
        periods.close(db, ZONE, month("2026-04"), by="Li", at=after("2026-04"))
    on(db, noon(2026, 6), award(made, "a.b", "8", 300, 5_000), spend(made, "c", "9", 250))
    return made


def pay(db: Connection, world: World, at: datetime) -> None:
    """Move real money: collateral, a block, the guarantee fund, first loss, and a shared loss."""
    a, operator = world.organisations["a.b"], world.operator
    transfers = [
        (a, Transfer(M.DEPOSIT, a, a, 50_000)),
        (a, Transfer(M.BUY_BLOCK, a, a, 777)),
        (a, Transfer(M.CONTRIBUTE, a, a, 5_000)),
        (operator, Transfer(M.SET_FIRST_LOSS, operator, operator, 9_999)),
        (a, Transfer(M.SHARE_LOSS, world.organisations["c"], a, 11)),
        (operator, Transfer(M.COVER_FIRST_LOSS, operator, a, 99)),
    ]
    with db.transaction():
        entry.hold(db, list(world.organisations.values()))
        entries = [
            Entry(
                scope=operator, key=f"pay-{n}", fingerprint=entry.fingerprint(n), answer="{}",
                posting=Posting(kind="test", owner=who, organisation=who, transfers=[transfer]),
            )
            for n, (who, transfer) in enumerate(transfers)
        ]  # fmt: skip
        entry.enter(db, entries, at)


def write(
    db: Connection, form: Format, whose: int | None = None, *, first: date | None = None,
    last: date = LAST, detail: bool = False, position: int | None = None,
) -> tuple[str, Written]:  # fmt: skip
    with db.transaction():
        seen = cohorts.position(db) if position is None else position
    out = StringIO(newline="")
    with db.transaction():
        book = open_book(db, ZONE, first, last, seen, whose, detail=detail)
        written = export(db, book, form, out)
    return out.getvalue(), written


def bean_check(text: str, folder: Path) -> str:
    """Let Beancount check a file; give what it finds wrong."""
    path = folder / "book.beancount"
    path.write_text(text, "utf-8")
    done = subprocess.run([CHECK, path], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (not done.stderr)
    return done.stderr


def asserted(text: str) -> dict[str, int]:
    found = re.findall(r"^[0-9-]+ balance (\S+)\s+(-?[0-9.]+) ~ 0 (\S+)$", text, re.MULTILINE)
    return {f"{account} {unit}": parse(amount) for account, amount, unit in found}


def ours(db: Connection) -> dict[tuple[int, str], int]:
    rows = db.execute("SELECT owner_id, kind, balance FROM ledger.account WHERE balance <> 0")
    return {(owner, kind): balance for owner, kind, balance in rows}


@pytest.mark.parametrize("detail", [False, True], ids=["by day", "detail"])
@pytest.mark.parametrize("first", [None, date(2026, 3, 1)], ids=["all", "from March"])
@pytest.mark.parametrize("whose", [None, "a.b", "A-b", "c", "operator"])
def test_bean_check_accepts_every_book(
    db: Connection, world: World, tmp_path: Path, whose: str | None, first: date | None,
    detail: bool,
) -> None:  # fmt: skip
    ids = world.organisations | {"operator": world.operator}
    who = None if whose is None else ids[whose]
    text, written = write(db, "beancount", who, first=first, detail=detail)
    assert bean_check(text, tmp_path) == ""
    assert written.entries == text.count("\n  position: ")
    assert broken_laws(db) == {}


def test_the_balances_that_it_checks_are_the_ledgers(db: Connection, world: World) -> None:
    text, _ = write(db, "beancount")
    found, balances = asserted(text), ours(db)
    names = {"a.b": "A-B", "A-b": f"A-B-{world.organisations['A-b']}", "c": "C"}
    for code, name in names.items():
        who = world.organisations[code]
        assert found[f"Liabilities:Points:{name} PTS"] == balances[who, "issued"] < 0
        for kind in ("clearing", "reserve", "collateral", "prepaid", "guarantee"):
            said = found.get(f"Liabilities:{kind.capitalize()}:{name} CNY", 0)
            assert said == -balances.get((who, kind), 0)
    wallets = sum(amount for (_, kind), amount in balances.items() if kind == "wallet")
    assert found["Assets:Members:Wallet PTS"] == wallets > 0
    assert found["Income:Fees:OPERATOR CNY"] == -balances[world.operator, "fees"] < 0
    assert found["Income:Breakage:OPERATOR CNY"] == -balances[world.operator, "breakage"] < 0
    assert found["Assets:Bank:A-B CNY"] == -balances[world.organisations["a.b"], "bank"] != 0
    own, _ = write(db, "beancount", world.organisations["a.b"])
    mine = asserted(own)
    for kind in ("clearing", "reserve", "collateral", "prepaid", "guarantee", "bank"):
        said = mine.get(f"Assets:{kind.capitalize()} CNY", 0)
        assert said == balances.get((world.organisations["a.b"], kind), 0)
    assert mine["Liabilities:ContractLiability CNY"] < 0


@pytest.mark.parametrize("amount", ["0.01", "-0.01"])
def test_one_fen_too_many_and_bean_check_refuses(
    db: Connection, world: World, tmp_path: Path, amount: str
) -> None:
    text, _ = write(db, "beancount")
    wrong = (
        f'\n2026-02-02 * "wrong" "by a fen"\n  Assets:Members:Wallet  {amount} PTS\n'
        f"  Liabilities:Points:C  {-float(amount)} PTS\n"
    )
    faults = bean_check(text + wrong, tmp_path)
    assert "Balance failed for 'Assets:Members:Wallet'" in faults
    assert "Balance failed for 'Liabilities:Points:C'" in faults


@pytest.mark.parametrize("detail", [False, True], ids=["by day", "detail"])
def test_the_lines_of_the_csv_add_up_to_the_same_balances(
    db: Connection, world: World, detail: bool
) -> None:
    beans, _ = write(db, "beancount")
    text, written = write(db, "csv", detail=detail)
    rows = list(csv.DictReader(StringIO(text, newline="")))
    assert len(rows) == 2 * written.entries
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        assert (row["debit"] == "") != (row["credit"] == "")
        sums[f"{row['account']} {row['currency']}"] += parse(row["debit"] or "0") - parse(
            row["credit"] or "0"
        )
    assert {name: amount for name, amount in sums.items() if amount} == {
        name: amount for name, amount in asserted(beans).items() if amount
    }
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    claims = {
        row["counterparty"] for row in rows if row["memo"].startswith(("claim:", "purchase:"))
    }
    assert {"a.b", "A-b"} <= claims


def test_days_follow_each_other_without_a_gap(db: Connection, world: World, tmp_path: Path) -> None:
    who = world.organisations["a.b"]
    for whose in (None, who):
        earlier, _ = write(db, "beancount", whose, last=date(2026, 3, 31))
        later, _ = write(db, "beancount", whose, first=date(2026, 4, 1))
        assert bean_check(earlier, tmp_path) == bean_check(later, tmp_path) == ""
        opened = {
            account: parse(amount) * (-1 if sign else 1)
            for account, sign, amount in re.findall(
                r'\* "opening".*\n.*\n.*\n  (?!Equity:Opening)(\S+)  (-?)([0-9.]+)', later
            )
        }
        closed = {name.split()[0]: amount for name, amount in asserted(earlier).items() if amount}
        assert {a: closed[a] for a in opened} == opened
        assert opened


def test_days_in_the_wrong_order_are_refused(db: Connection, world: World) -> None:
    with pytest.raises(DaysMalformed):
        write(db, "csv", first=LAST, last=LAST - timedelta(days=1))


def test_members_are_not_named(db: Connection, world: World) -> None:
    for detail in (False, True):
        text = write(db, "csv", detail=detail)[0]
        fields = {row["account"] + row["counterparty"] for row in csv.DictReader(StringIO(text))}
        assert not any(str(member) in field for member in world.members for field in fields)


def test_an_empty_ledger_is_an_empty_book(database_url: str, tmp_path: Path) -> None:
    with database.connect(database_url) as conn:
        text, written = write(conn, "beancount")
        assert bean_check(text, tmp_path) == ""
        assert (written.entries, written.accounts) == (0, 0)
        assert write(conn, "csv")[0].count("\n") == 1


def test_the_same_book_is_the_same_to_the_byte_whatever_happens_later(
    db: Connection, world: World
) -> None:
    with db.transaction():
        position = cohorts.position(db)
    forms: tuple[Format, ...] = ("csv", "beancount")
    first = {
        (form, whose): write(db, form, whose, position=position)
        for form in forms
        for whose in (None, world.organisations["a.b"])
    }
    on(db, noon(2026, 7), award(world, "c", "late", 100), spend(world, "c", "later", 50))
    with db.transaction():
        periods.close(db, ZONE, month("2026-07"), by="Li", at=after("2026-07"))
    for (form, whose), before in first.items():
        assert write(db, form, whose, position=position) == before
    assert write(db, "csv")[0] != first["csv", None][0]
