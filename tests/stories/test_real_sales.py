"""A year of real baskets, and real returns: imported, settled pair by pair, verified, again.

The data are not part of the product: TONGBAO_REAL_DATA says where they are.
"""

import os
import re
from pathlib import Path

import pytest

from tests.intake.files import state
from tests.world import broken_laws
from tongbao.clearing import positions, report, windows
from tongbao.intake import importing, mapping, source
from tongbao.intake.tally import Code, Sum, Summary
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.sandbox.settling import settle

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("TONGBAO_REAL_DATA", ROOT.parent / "shared" / "data"))
JOURNEY = DATA / "completejourney" / "transactions_sample.parquet"
RETAIL = DATA / "onlineretail" / "online_retail.parquet"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def mapping_of(page: str, folder: Path) -> Path:
    """Write the mapping that a how-to shows into a file, so that what it shows is what is run."""
    text = (ROOT / "docs" / "howto" / page).read_text("utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    path = folder / "mapping.toml"
    path.write_text(blocks[-1], "utf-8")
    return path


def take(conn: Connection, sales: Path, how: Path, folder: Path) -> Summary:
    found = source.examine(sales, mapping.load(how, {}, {}))
    return importing.import_file(conn, found, Settings(), clock=clock.now, rejects_folder=folder)


def count(conn: Connection, statement: bytes) -> int:
    row = conn.execute(statement).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.skipif(not JOURNEY.exists(), reason=f"there is no {JOURNEY}")
def test_a_year_of_grocery_baskets_earns_spends_and_is_settled_pair_by_pair(
    db: Connection, tmp_path: Path
) -> None:
    how = mapping_of("complete-journey.md", tmp_path)
    summary = take(db, JOURNEY, how, tmp_path)
    assert (summary.rows, summary.rejected, summary.enrolled) == (100_000, 0, 2_405)
    assert summary.sales == Sum(56_625, 31_275_323)
    assert count(db, b"SELECT count(*) FROM alliance.organisation WHERE role = 'merchant'") == 308
    odd = b"SELECT count(*) FROM ledger.operation WHERE data->>'reference' = '4.0128e+10'"
    assert count(db, odd) == 1

    # A point per full dollar of cash; a hundred points, or the bill, when there are so many.
    earned = b"SELECT sum((data->>'earned')::bigint) FROM ledger.operation"
    wrong = (
        b"SELECT count(*) FROM ledger.operation"
        b" WHERE coalesce((data->>'earned')::bigint, 0) <> cash / 100 * 100"
        b" OR (kind = 'purchase' AND points <> least(points + cash, 10000))"
    )
    assert (count(db, earned), count(db, wrong)) == (summary.awards.amount, 0)
    spent = count(db, b"SELECT sum(points) FROM ledger.operation WHERE kind = 'purchase'")
    assert spent == summary.redemptions.amount > 0
    left = count(db, b"SELECT sum(balance) FROM ledger.account WHERE kind = 'wallet'")
    assert left == summary.awards.amount - summary.redemptions.amount

    with db.transaction():
        window = windows.close(db, clock.now())
    with db.transaction():
        claimed = sum(p.owed + p.owed_back for p in positions.pairs(db, window.id))
        assert claimed == summary.claiming_pairs.amount > 2_000_000
        assert report.report(db, window.id).gross.amount == claimed
    with db.transaction():
        settled = settle(db, window.id, clock.now().date(), clock.now())
    assert settled.paid_in == settled.paid_out > 0
    owing = b"SELECT count(*) FROM ledger.account WHERE kind = 'clearing' AND balance <> 0"
    assert count(db, owing) == 0
    assert broken_laws(db) == {}

    before = state(db)
    assert take(db, JOURNEY, how, tmp_path).known == 56_625
    assert state(db) | {"tallies": []} == before | {"tallies": []}
    assert broken_laws(db) == {}


@pytest.mark.skipif(not RETAIL.exists(), reason=f"there is no {RETAIL}")
def test_a_year_of_a_wholesaler_is_awarded_and_clawed_back_and_its_dirt_rejected(
    db: Connection, tmp_path: Path
) -> None:
    how = mapping_of("import-sales.md", tmp_path)
    summary = take(db, RETAIL, how, tmp_path)
    assert summary.rows == 541_909
    assert summary.sales == Sum(18_529, 888_325_739)
    assert summary.awards == Sum(18_518, 8_874_524)
    assert summary.returns == Sum(7_445, 46_156_251)
    assert summary.clawbacks == Sum(7_377, 461_401)
    assert summary.refusals == (
        Code("value-missing", 135_080),
        Code("lines-malformed", 1_604),
        Code("return-without-sale", 1_460),
        Code("receipt-incomplete", 118),
        Code("amount-malformed", 4),
    )
    rejects = tmp_path / "online_retail.parquet.rejects.csv"
    assert rejects.read_bytes().count(b"\n") == 1 + summary.rejected
    assert broken_laws(db) == {}

    before, refused = state(db), rejects.read_bytes()
    again = take(db, RETAIL, how, tmp_path)
    assert again.known == summary.sales.count + summary.returns.count
    assert (state(db) | {"tallies": []}, rejects.read_bytes()) == (
        before | {"tallies": []},
        refused,
    )
