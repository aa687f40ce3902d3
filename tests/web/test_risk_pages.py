"""The review queue in the console: what the watch has found is decided by an administrator."""

import pytest

from tests.web.serving import Served
from tests.world import AT
from tongbao.desk import exceptions
from tongbao.members import members
from tongbao.till import watch


def found(served: Served, subject: str, member: int) -> int:
    """Raise what the watch would; give the item."""
    with served.db.transaction():
        return exceptions.raise_item(
            served.db, watch.FAVOURITE, served.world.organisations["A"], subject,
            {"day": "2026-05-01", "count": 7, "points": 70_000, "member": member, "staff": "007"},
            AT,
        ).id  # fmt: skip


@pytest.mark.parametrize(("verdict", "locked"), [("clear", False), ("confirm", True)])
def test_what_the_watch_found_is_decided(served: Served, verdict: str, locked: bool) -> None:
    member = served.world.members[int(locked)]
    page = f"/operator/exceptions/{found(served, verdict, member)}"
    served.sign_in("admin")
    assert page in served.get("/operator/exceptions?kind=risk-favourite&state=open").text
    shown = served.get(page).text
    for text in ("One member is favoured", "700", "007", "lock spending"):
        assert text in shown
    assert 'id="why-reason"' in served.send(f"{page}/review", {"verdict": verdict}).text
    fields = {"verdict": verdict, "reason": "looked at the receipts"}
    assert served.send(f"{page}/review", fields).status_code == 303
    assert members.get(served.db, member).spend_locked is locked
    assert page not in served.get("/operator/exceptions?kind=risk-favourite&state=open").text
    assert served.send(f"{page}/review", fields).status_code == 422


def test_only_an_administrator_decides_what_the_watch_found(served: Served) -> None:
    page = f"/operator/exceptions/{found(served, 'third', served.world.members[2])}"
    for role in ("settlement", "auditor"):
        served.sign_in(role)
        assert "lock spending" not in served.get(page).text
        sent = served.send(f"{page}/review", {"verdict": "confirm", "reason": "x"})
        assert sent.status_code == 404
        closed = served.send(f"{page}/close", {"how": "other", "reason": "x"})
        assert closed.status_code in {404, 422}
        assert page in served.get("/operator/exceptions?state=open").text
    assert not members.get(served.db, served.world.members[2]).spend_locked
