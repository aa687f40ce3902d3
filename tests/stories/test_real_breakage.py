"""A year of real baskets: what would have been estimated each month, against what happened since.

The data are not part of the product: TONGBAO_REAL_DATA says where they are.
"""

import io
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.stories.test_real_sales import JOURNEY, mapping_of, take
from tests.world import broken_laws
from tongbao.kernel.amounts import show
from tongbao.kernel.db import Connection
from tongbao.liability import cohorts, estimates, months, periods
from tongbao.liability.backtest import Score, backtest
from tongbao.liability.book import open_book
from tongbao.liability.export import export
from tongbao.liability.types import AsOf

ZONE = "America/New_York"
LAST = date(2017, 12, 1)
CHECK = Path(sys.executable).with_name("bean-check")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def tell(scores: list[Score]) -> None:
    for one in scores:
        print(
            f"{one.ahead:>2} months ahead, {one.way:<8} {one.cuts:>2} cuts {one.cases:>6} cases"
            f"  predicted {show(round(one.predicted)):>12}  happened {show(one.happened):>12}"
            f"  MAPE {one.mape}  WAPE {one.wape}  bias {one.bias}"
        )


@pytest.mark.skipif(not JOURNEY.exists(), reason=f"there is no {JOURNEY}")
def test_a_year_of_grocery_baskets_is_estimated_and_closed(db: Connection, tmp_path: Path) -> None:
    take(db, JOURNEY, mapping_of("complete-journey.md", tmp_path), tmp_path)
    with db.transaction():
        issuers = cohorts.by_issuer(db, ZONE)
        counted = cohorts.by_issuer(db, ZONE, AsOf(before=months.end(LAST, ZONE)))
    assert all(one.outstanding == one.ledger for one in issuers)
    assert len(issuers) > 100

    with db.transaction():
        scores = backtest(db, ZONE, LAST, 6)
    tell(scores)
    found = {(one.way, one.ahead): one for one in scores}
    for ahead in range(1, 7):
        ours, usual = found["estimate", ahead], found["usual", ahead]
        assert ours.wape is not None and usual.wape is not None
        assert ours.bias is not None and usual.bias is not None
        assert ours.wape < usual.wape
        assert abs(ours.bias) < abs(usual.bias)
        assert -20 < ours.bias < 50

    at = months.end(months.add(LAST, 1), ZONE)
    for n in range(12):
        month = months.add(date(2017, 1, 1), n)
        with db.transaction():
            made = estimates.propose(db, ZONE, month, by="Li", reason="monthly", at=at)
            estimates.approve(db, made.id, by="Wu", at=at)
        with db.transaction():
            closed = periods.close(db, ZONE, month, by="Zhang", at=at)
        print(
            f"{months.show(month)}: expected {made.expected / made.given:.2%} of"
            f" {show(made.given)}, deferred {show(closed.deferred)}, revenue {show(closed.revenue)}"
        )
    last = periods.newest(db)[0]
    assert last.cohorts == sum(one.cohorts for one in counted)
    assert sum(p.revenue for p in periods.newest(db)) == last.recognised < last.allocated

    path = tmp_path / "books.beancount"
    with db.transaction():
        book = open_book(db, ZONE, None, date(2017, 12, 31), cohorts.position(db))
        out = io.StringIO()
        export(db, book, "beancount", out)
    path.write_text(out.getvalue(), "utf-8")
    done = subprocess.run([CHECK, path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert broken_laws(db) == {}
