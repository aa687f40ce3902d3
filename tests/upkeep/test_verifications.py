"""A verification that was asked for is carried out, whatever happens to who does it."""

from datetime import timedelta

import psycopg
import pytest

from tests.world import AT
from tongbao.kernel.db import Connection
from tongbao.upkeep import verifications


def ask(db: Connection, *, incremental: bool = False) -> verifications.Verification:
    with db.transaction():
        return verifications.ask(db, incremental=incremental, by="Lin", at=AT)


def test_one_that_a_killed_worker_has_begun_is_done_by_the_next(db: Connection) -> None:
    asked = ask(db)
    db.execute("UPDATE upkeep.verification SET state = 'running', began_at = %s", (AT,))
    assert ask(db).id == asked.id
    (report,) = verifications.carry_out_asked(db, lambda: AT)
    assert report.holds
    assert verifications.get(db, asked.id).state == "holds"
    assert verifications.carry_out_asked(db, lambda: AT) == []


def test_one_that_cannot_be_carried_out_says_why(db: Connection, database_url: str) -> None:
    asked = ask(db)
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("REVOKE ALL ON ledger.verified FROM tongbao_app")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        verifications.carry_out_asked(db, lambda: AT)
    failed = verifications.get(db, asked.id)
    assert (failed.state, failed.ended_at, failed.laws) == ("failed", AT, [])
    assert (failed.error or "").startswith("InsufficientPrivilege: ")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        verifications.verify(db, lambda: AT, origin="command", incremental=False)
    newest = verifications.listed(db)[0]
    assert (newest.origin, newest.state, newest.incremental) == ("command", "failed", False)


def test_what_found_nothing_on_schedule_is_forgotten_and_no_other(db: Connection) -> None:
    verifications.verify(db, lambda: AT, origin="schedule")
    verifications.verify(db, lambda: AT, origin="command")
    later = AT + timedelta(days=91)
    verifications.verify(db, lambda: later, origin="schedule")
    assert verifications.forget(db, later) == 1
    assert [one.origin for one in verifications.listed(db)] == ["schedule", "command"]
