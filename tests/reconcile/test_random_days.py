"""Days of chance: a till that saw what the ledger saw is balanced; one slip is exactly found."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from tests.reconcile.shop import Shop
from tests.world import broken_laws
from tongbao.kernel.amounts import show
from tongbao.kernel.db import Connection
from tongbao.points.outcome import Outcome
from tongbao.reconcile import till
from tongbao.reconcile.types import Difference

HEADER = "key,receipt,outlet,kind,amount,points"
FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Row(Struct, frozen=True):
    """What a till has noted of one operation (fen)."""

    key: str
    receipt: str
    outlet: str
    kind: str
    amount: int
    points: int
    reversed: bool = False

    def text(self) -> str:
        """Write it as a line of the till's file."""
        money = [show(fen).replace(",", "") for fen in (self.amount, self.points)]
        return ",".join([self.key, self.receipt, self.outlet, self.kind, *money])


Step = tuple[str, int, int, bool]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "earn", "refund", "reverse"]),
        st.integers(1, 2_000),
        st.integers(0, 2_000),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture(scope="module")
def shared(module_db: Connection, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(module_db, tmp_path_factory.mktemp("tills"))


@pytest.fixture
def shop(shared: Shop) -> Iterator[Shop]:
    yield shared
    assert broken_laws(shared.conn) == {}


def live(shop: Shop, steps: list[Step]) -> list[Row]:
    """Let a day happen, and give what the till has noted: sales, refunds and its reversals."""
    rows: list[Row] = []
    sold: list[tuple[Outcome, int]] = []
    for n, (what, amount, points, other) in enumerate(steps):
        outlet, receipt = "B2" if other else "B", f"R{n}"
        key = f"sale:{outlet}:{receipt}"
        if what == "buy":
            spent = min(points, amount)
            sold.append((shop.buy(receipt, spent, amount, outlet), amount))
            rows.append(Row(key, receipt, outlet, "purchase", amount, spent))
        elif what == "earn":
            earned = shop.earn(receipt, amount, outlet).earned
            rows.append(Row(key, receipt, outlet, "award", amount, earned))
        elif what == "refund" and sold:
            sale, left = sold.pop()
            part = min(amount, left)
            back = shop.refund(receipt, sale, part)
            where = {number: code for code, number in shop.outlets.items()}
            outlet = where[outlet_of(shop, sale)]
            rows.append(Row(f"return:B:{receipt}", receipt, outlet, "refund", part, -back.spent))
        elif what == "reverse" and rows and rows[-1].kind in ("purchase", "award"):
            last = rows[-1]
            if last.kind == "purchase":
                sold.pop()
            shop.reverse(last.key)
            rows[-1] = replace(last, reversed=True)
            rows.append(replace(last, kind="reversal", reversed=True))
    return rows


def outlet_of(shop: Shop, sale: Outcome) -> int:
    row = shop.conn.execute(
        "SELECT outlet_id FROM ledger.operation WHERE id = %s", (sale.operation,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def compare(shop: Shop, rows: list[Row]) -> list[Difference]:
    path: Path = shop.write(*(row.text() for row in rows), header=HEADER)
    made = shop.reconcile(path)
    found = list(shop.differences(made))
    assert made.differences == len(found)
    assert made.balanced is not bool(found)
    assert till.get(shop.conn, made.id) == made
    return found


@FEW
@given(steps=STEPS, by_receipt=st.booleans(), shown=st.booleans())
def test_a_till_that_saw_the_same_is_balanced(
    shop: Shop, steps: list[Step], by_receipt: bool, shown: bool
) -> None:
    with shop.conn.transaction(force_rollback=True):
        rows = live(shop, steps)
        if not shown:  # what it reversed is nowhere at the till
            rows = [row for row in rows if not row.reversed]
        if by_receipt:
            rows = [replace(row, key="") for row in rows]
        assert compare(shop, rows) == []


def drop(rows: list[Row], n: int) -> tuple[list[Row], str]:
    return rows[:n] + rows[n + 1 :], "missing-at-till"


def repeat(rows: list[Row], n: int) -> tuple[list[Row], str]:
    return [*rows, rows[n]], "duplicate-at-till"


def invent(rows: list[Row], n: int) -> tuple[list[Row], str]:
    new = replace(rows[n], key="sale:B:new", receipt="new", outlet="B")
    return [*rows[:n], new, *rows[n:]], "missing-here"


def raise_amount(rows: list[Row], n: int) -> tuple[list[Row], str]:
    wrong = replace(rows[n], amount=rows[n].amount + 1)
    return [*rows[:n], wrong, *rows[n + 1 :]], "more-at-till"


def lower_points(rows: list[Row], n: int) -> tuple[list[Row], str]:
    step = -1 if rows[n].points else 1
    wrong = replace(rows[n], points=rows[n].points + step)
    return [*rows[:n], wrong, *rows[n + 1 :]], "less-at-till" if step < 0 else "more-at-till"


def move(rows: list[Row], n: int) -> tuple[list[Row], str]:
    wrong = replace(rows[n], outlet="B" if rows[n].outlet == "B2" else "B2")
    return [*rows[:n], wrong, *rows[n + 1 :]], "other-outlet"


SLIPS = [drop, repeat, invent, raise_amount, lower_points, move]
Slip = Callable[[list[Row], int], tuple[list[Row], str]]


@FEW
@given(steps=STEPS, slip=st.sampled_from(SLIPS), place=st.integers(0, 11))
def test_one_slip_is_exactly_what_is_found(
    shop: Shop, steps: list[Step], slip: Slip, place: int
) -> None:
    with shop.conn.transaction(force_rollback=True):
        rows = [row for row in live(shop, steps) if not row.reversed]
        if not rows:
            return
        n = place % len(rows)
        wrong, code = slip(rows, n)
        (one,) = compare(shop, wrong)
        assert one.code == code
        label = "new" if slip is invent else rows[n].receipt
        assert one.label == label


@FEW
@given(steps=STEPS)
def test_a_reversal_that_the_till_forgot_is_found_at_its_sale(
    shop: Shop, steps: list[Step]
) -> None:
    with shop.conn.transaction(force_rollback=True):
        rows = live(shop, steps)
        gone = [row.receipt for row in rows if row.kind == "reversal"]
        found = compare(shop, [row for row in rows if row.kind != "reversal"])
        assert sorted((d.code, d.label) for d in found) == sorted(
            ("reversed-here", receipt) for receipt in gone
        )
