"""What a merchant owes in points: the months add up, and nobody else's are among them."""

from datetime import timedelta

import pytest

from tests.web.serving import Served
from tests.web.test_merchant import figure
from tests.world import one
from tongbao.clearing import windows
from tongbao.kernel import clock
from tongbao.points import operations as ops


@pytest.fixture(scope="module")
def lived(served: Served) -> Served:
    """Give points of A and B, spend some of A's, close the window, and give some more."""
    world, at = served.world, clock.now()
    for name, points in (("A", 10_000), ("B", 77_700)):
        given = ops.Award(
            key="given", scope=world.organisations[name], member=world.members["AB".index(name)],
            outlet=world.outlets[name], points=points,
        )  # fmt: skip
        one(served.db, given, at)
    spent = ops.Purchase(
        key="spent", scope=world.organisations["B"], member=world.members[0],
        outlet=world.outlets["B"], amount=2_500, points=2_500,
    )  # fmt: skip
    one(served.db, spent, at)
    with served.db.transaction():
        windows.close(served.db, at + timedelta(minutes=1))
    more = ops.Award(
        key="more", scope=world.organisations["A"], member=world.members[2],
        outlet=world.outlets["A"], points=300,
    )  # fmt: skip
    one(served.db, more, at + timedelta(minutes=2))
    return served


@pytest.mark.parametrize("role", ["manager", "finance"])
def test_the_debt_is_what_the_ledger_says_and_adds_up(lived: Served, role: str) -> None:
    lived.sign_in(role)
    page = lived.get("/merchant/debt").text
    assert figure(page, "Points that members have") == "78"
    assert figure(page, "Sum of the months below") == "75"
    assert figure(page, "Since then") == "3"
    assert page.count("data-chart") == 3
    assert "No month of yours has been closed yet" in page
    rows = lived.get("/merchant/debt?format=csv").text.splitlines()
    assert len(rows) == 2
    assert rows[1].endswith(",0,100.00,25.00,25%,0.00,75.00")
    assert "777" not in page


def test_a_month_is_found_and_another_is_not(lived: Served) -> None:
    lived.sign_in("finance")
    month = lived.get("/merchant/debt?format=csv").text.splitlines()[1].partition(",")[0]
    assert month in lived.get(f"/merchant/debt?search={month}&sort=-outstanding").text
    assert "Nothing fits" in lived.get("/merchant/debt?search=1999-01").text
    assert (
        f"/merchant/operations?since={month}-01&amp;until={month}-"
        in lived.get("/merchant/debt").text
    )


def test_the_overview_leads_to_it(lived: Served) -> None:
    lived.sign_in("manager")
    page = lived.get("/merchant").text
    assert 'href="/merchant/debt">78' in page
    assert "Points as debt" in page
