"""Whatever has happened: statements add up, follow each other, and end where the ledger is."""

import random
from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from tests.clearing.history import FREE, History, furnish, steps
from tests.copies import copied
from tests.statements.books import changes, closings, ledger, openings, stated, table
from tests.world import World, broken_laws
from tongbao.clearing import windows
from tongbao.kernel.amounts import WHOLE
from tongbao.kernel.db import Connection
from tongbao.statements import periods, summing, tables, writing
from tongbao.statements.types import Statement


@pytest.fixture(autouse=True)
def short_shrinking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show a failure soon: each attempt to shrink it posts to a database of its own."""
    monkeypatch.setattr("hypothesis.internal.conjecture.engine.MAX_SHRINKING_SECONDS", 30)


@pytest.fixture(scope="module")
def furnished(module_db: Connection) -> tuple[str, World]:
    """Give the name of a database with an alliance in it, for copies, and who is in it."""
    world = furnish(module_db)
    name = module_db.info.dbname
    module_db.close()
    return name, world


def check(one: Statement) -> None:
    """Check one statement within itself: accounts, counterparties, VAT, and its CSV."""
    sums = Counter[str]()
    for line in one.lines:
        sums[line.account] += line.amount
    for account in one.accounts:
        assert account.opening + sums[account.account] == account.closing
    by_item = Counter[str]()
    for line in one.lines:
        by_item[line.item] += line.amount
    issuers, redeemers = tables.issuers(one), tables.redeemers(one)
    assert sum(each.due for each in issuers) == by_item["claims_due"]
    assert sum(each.due_back for each in issuers) == -by_item["counterclaims_owed"]
    assert sum(each.owed for each in redeemers) == -by_item["claims_owed"]
    assert sum(each.owed_back for each in redeemers) == by_item["counterclaims_due"]
    assert sum(each.points for each in issuers) == one.accepted.points
    assert sum(each.points_back for each in issuers) == one.accepted.points_back
    for fee in one.fees:
        assert fee.gross == fee.charged - fee.given_back == fee.net + fee.vat
        if not fee.received:  # the operator's is the sum of what each organisation is told
            assert abs(2 * (fee.net * (WHOLE + fee.rate) - fee.gross * WHOLE)) <= WHOLE + fee.rate
    rows = table(one)
    for account in one.accounts:
        amounts = [int(row["amount"]) for row in rows if row["section"] == account.account]
        *parts, last = amounts
        assert sum(parts) == last == account.closing
    assert msgspec.json.decode(writing.as_json(one), type=Statement) == one


def check_vat(found: dict[str, Statement]) -> None:
    """Check that the operator's VAT is the sum of what each organisation is told."""
    paid, received = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    for one in found.values():
        for fee in one.fees:
            (received if fee.received else paid)[fee.fee, fee.rate] += fee.vat
    assert received == paid


def check_periods(conn: Connection, seed: int) -> None:
    """Check each window's statements, and those of ranges of windows, against each other."""
    last = windows.newest_closed(conn)
    assert last is not None
    singles = {n: stated(conn, periods.of_windows(conn, n, n)) for n in range(1, last.id + 1)}
    before: dict[tuple[str, str], int] = {}
    for found in singles.values():
        assert openings(found) == before
        before = closings(found)
        for one in found.values():
            check(one)
        check_vat(found)
        # What one is owed another owes: only real money changes the sum of all accounts.
        kept = sum(a.change for s in found.values() for a in s.accounts if a.unit == "CNY")
        real = sum(
            line.amount for s in found.values() for line in s.lines if line.operation is not None
        )
        assert kept == real
    assert before == ledger(conn)
    chance = random.Random(seed)
    for _ in range(3):
        first, end = sorted(chance.choices(range(1, last.id + 1), k=2))
        found = stated(conn, periods.of_windows(conn, first, end))
        assert openings(found) == openings(singles[first])
        assert closings(found) == closings(singles[end])
        added = Counter[tuple[str, str, str, str | None]]()
        for n in range(first, end + 1):
            added.update(changes(singles[n]))
        assert changes(found) == {key: amount for key, amount in added.items() if amount}
        for one in found.values():
            check(one)


def run(server_url: str, furnished: tuple[str, World], taken: list[tuple[Any, ...]]) -> None:
    name, world = furnished
    with copied(server_url, name) as conn:
        history = History(conn, world)
        for n, step in enumerate(taken):
            history.take(step)
            if step[0] == "close" and n % 2:  # some windows are summed at once, others together
                with conn.transaction():
                    summing.sum_windows(conn, writing.FEE_VAT)
        history.close()
        check_periods(conn, len(taken))
        assert broken_laws(conn) == {}


@settings(
    max_examples=5, deadline=None, derandomize=True, database=None, suppress_health_check=FREE
)
@given(steps)
def test_statements_of_a_random_history_add_up(
    server_url: str, furnished: tuple[str, World], taken: list[tuple[Any, ...]]
) -> None:
    run(server_url, furnished, taken)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@settings(max_examples=200, deadline=None, suppress_health_check=FREE)
@given(steps)
def test_statements_of_many_random_histories_add_up(
    server_url: str, furnished: tuple[str, World], taken: list[tuple[Any, ...]]
) -> None:
    run(server_url, furnished, taken)
