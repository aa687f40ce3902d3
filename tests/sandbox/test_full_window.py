"""The bench of settlement, small: a window made set by set is lawful, and goes all the way."""

from tests.world import broken_laws
from tongbao.kernel import db as database
from tongbao.kernel.db import Connection
from tongbao.sandbox import full_window, stages
from tongbao.sandbox.full_window import Made
from tongbao.sandbox.stages import Meter

ORGANISATIONS, CLAIMS = 40, 1_500


def make(db: Connection, url: str) -> Made:
    """Make a full window, as the bench does."""
    with db.transaction():
        operator = full_window.found(db, ORGANISATIONS, CLAIMS, "a secret for the bench alone")
    told: list[int] = []
    with database.connect_as_owner(url) as owner:
        made = full_window.fill(owner, operator, ORGANISATIONS, CLAIMS, 7, lambda: told.append(1))
    assert len(told) == full_window.STATEMENTS
    return made


def test_a_window_made_set_by_set_is_lawful_and_is_settled_to_the_fen(
    db: Connection, database_url: str
) -> None:
    made = make(db, database_url)
    assert made.organisations == ORGANISATIONS
    assert made.claims > 0.9 * CLAIMS  # few organisations spend more of their own points
    assert made.pairs <= ORGANISATIONS * (ORGANISATIONS - 1)
    assert broken_laws(db) == {}

    told: list[int] = []
    meter = Meter(lambda: told.append(1))
    stages.run(db, meter, papers=2, seed=7)
    assert len(told) == stages.STAGES
    counts = {stage.name: stage.counts for stage in meter.stages}
    assert counts["close"] == {"windows": 1}
    multilateral = counts["net multilateral"]
    assert 0 < multilateral["amount"] < counts["net gross and bilateral"]["gross amount"]
    legs = counts["settle: propose, approve, instruct"]["legs"]
    assert counts["camt.053 read and booked"]["matched by end_to_end"] == legs
    assert counts["statements: JSON and CSV of all"]["statements"] == ORGANISATIONS + 1
    left = db.execute(
        "SELECT count(*) FROM ledger.account AS a INNER JOIN alliance.organisation AS o"
        " ON a.owner_id = o.id WHERE a.kind = 'clearing' AND a.balance <> 0"
    ).fetchone()
    assert left == (0,)
    assert broken_laws(db) == {}
