"""What the worker sums ahead, so that no page has to."""

from datetime import timedelta

from tests.world import AT, build, one
from tongbao.alliance.types import Terms
from tongbao.clearing import windows
from tongbao.figures import days
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.points.operations import Award
from tongbao.upkeep import jobs
from tongbao.upkeep.types import Bench


def test_what_was_done_in_closed_windows_is_summed_for_everybody(db: Connection) -> None:
    world = build(db, {name: Terms() for name in "ABC"})
    for name in "AB":
        award = Award(
            key=name, scope=world.organisations[name], member=world.members[0],
            outlet=world.outlets[name], points=100,
        )  # fmt: skip
        assert one(db, award, AT).refusal is None
    assert days.behind(db, 10) == []  # no window is closed yet
    with db.transaction():
        windows.close(db, AT + timedelta(hours=1))
    everybody = sorted(world.organisations.values())
    assert days.behind(db, 2) == everybody[:2]
    assert days.behind(db, 2, everybody[1]) == everybody[2:]
    bench = Bench(settings=Settings(), conn=db, now=lambda: AT)
    assert jobs.figures(bench)["organisations"] == 3
    assert days.behind(db, 10) == []
    found = db.execute("SELECT organisation_id, issued FROM figures.day ORDER BY 1").fetchall()
    assert found == [(world.organisations[name], 100) for name in "AB"]
    assert jobs.figures(bench)["organisations"] == 0
