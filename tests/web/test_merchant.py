"""The merchant's console: what it shows is what there is, and nothing of another organisation."""

import re
from datetime import timedelta

import pytest

from tests.web.serving import Served
from tests.world import one
from tongbao.alliance import contracts, organisations
from tongbao.alliance.types import Terms
from tongbao.desk import exceptions
from tongbao.kernel import clock
from tongbao.points import operations as ops
from tongbao.reconcile import disputes
from tongbao.reconcile.types import Opening


@pytest.fixture(scope="module")
def lived(served: Served) -> Served:
    """Give a member points of B, and let them be spent at A, whose people look."""
    world, at = served.world, clock.now()
    member, a, b = world.members[0], world.organisations["A"], world.organisations["B"]
    one(
        served.db,
        ops.Award(key="b1", scope=b, member=member, outlet=world.outlets["B"], points=10_000),
        at,
    )
    one(
        served.db,
        ops.Purchase(
            key="a1", scope=a, member=member, outlet=world.outlets["A"], amount=9_000,
            points=4_000, reference="R-17",
        ),
        at,
    )  # fmt: skip
    return served


def operation(served: Served, kind: str) -> int:
    """Give the operation of a kind that was done first."""
    row = served.db.execute(
        "SELECT id FROM ledger.operation WHERE kind = %s ORDER BY id", (kind,)
    ).fetchone()
    assert row is not None
    number: int = row[0]
    return number


def figure(page: str, title: str) -> str:
    """Give the number under a title."""
    found = re.search(
        rf'subheader">{re.escape(title)}</div>\s*<div class="h2[^>]*>(?:<a[^>]*>)?([^<]*)', page
    )
    assert found is not None, title
    return found[1]


def test_the_overview_says_how_the_organisation_does(lived: Served) -> None:
    lived.sign_in("manager")
    page = lived.get("/merchant").text
    assert figure(page, "Sales through the alliance") == "¥90.00"
    assert figure(page, "Points given") == "0.50"
    assert figure(page, "Points accepted") == "40"
    assert figure(page, "Sales with one yuan of points") == "¥2.25"
    assert figure(page, "New members brought by others") == "1"
    assert figure(page, "Position") == "¥40.00"
    assert figure(page, "Points that members have") == "0.50"
    assert 'href="/till"' in page
    assert "data-chart" in page
    # What a figure is compared with, and what it is a part of, lead on as well.
    for note in ("before: ¥0.00", r"of \d+ new one", "bills of ¥90.00"):
        assert re.search(rf'<a class="made" href="/merchant/[^"]+">{note}', page), note
    for days in (1, 30):
        other = lived.get(f"/merchant?days={days}").text
        assert figure(other, "Sales through the alliance") == "¥90.00"


def test_a_manager_begins_at_the_overview(lived: Served) -> None:
    for role in ("manager", "finance"):
        lived.sign_in(role)
        assert lived.get("/").headers["location"] == "/merchant"
    assert 'href="/till"' not in lived.get("/merchant").text


def test_the_list_of_operations_adds_up_to_the_overview(lived: Served) -> None:
    lived.sign_in("finance")
    rows = lived.get("/merchant/operations?format=csv").text.splitlines()
    assert len(rows) == 2
    for text in ("Purchase", "R-17", "90.00", "40", "0.50", "****"):
        assert text in rows[1]
    assert "CARD000000" not in rows[1]
    assert "R-17" in lived.get("/merchant/operations?search=R-17").text
    for wanted in ("90.00", "CARD000000"):
        assert "R-17" in lived.get(f"/merchant/operations?search={wanted}").text
    for wanted in ("R-18", "91.00", "CARD000001"):
        assert "Nothing fits" in lived.get(f"/merchant/operations?search={wanted}").text


def test_a_newcomer_is_listed_with_what_brought_them(lived: Served) -> None:
    lived.sign_in("manager")
    page = lived.get("/merchant/newcomers?brought=yes").text
    assert "Paid with points of others" in page
    assert f"/merchant/operations/{operation(lived, 'purchase')}" in page
    assert "Nothing fits" in lived.get("/merchant/newcomers?brought=no").text


def test_an_operation_is_explained_and_its_member_masked(lived: Served) -> None:
    lived.sign_in("finance")
    page = lived.get(f"/merchant/operations/{operation(lived, 'purchase')}").text
    for text in ("Lot by lot", "Claim by claim", "¥40.00", "R-17", "****"):
        assert text in page
    assert str(lived.world.members[0]) not in page
    assert "CARD000000" not in page
    assert '>A</a><span class="d-block small text-secondary">A</span>' in page


def test_what_belongs_to_another_is_not_there(lived: Served) -> None:
    of_b = operation(lived, "award")
    with lived.db.transaction():
        item = exceptions.raise_item(
            lived.db, "headroom", lived.world.organisations["B"], "b:800000", {}, clock.now()
        ).id
    for role in ("manager", "finance"):
        lived.sign_in(role)
        for path in (f"/merchant/operations/{of_b}", f"/merchant/exceptions/{item}"):
            answer = lived.get(path)
            assert answer.status_code == 404, path
            assert "not-found" in answer.text
        assert str(of_b) not in lived.get("/merchant/operations").text
        assert f"/merchant/exceptions/{item}" not in lived.get("/merchant/exceptions").text


def test_an_item_says_what_to_do_about_it(lived: Served) -> None:
    facts = {"level": 800_000, "used_share": 820_000, "headroom": 18_000}
    with lived.db.transaction():
        item = exceptions.raise_item(
            lived.db, "headroom", lived.world.organisations["A"], "a:800000", facts, clock.now()
        ).id
    lived.sign_in("manager")
    assert f"/merchant/exceptions/{item}" in lived.get("/merchant").text
    page = lived.get(f"/merchant/exceptions/{item}").text
    for text in ("Headroom nearly used up", "82%", "¥180.00", "Pay collateral in"):
        assert text in page


def test_what_the_watch_found_is_decided_by_a_manager(lived: Served) -> None:
    member = lived.world.members[2]
    facts = {"member": member, "count": 6}
    with lived.db.transaction():
        item = exceptions.raise_item(
            lived.db,
            "risk-favourite",
            lived.world.organisations["A"],
            f"a:{member}",
            facts,
            clock.now(),
        ).id
    path = f"/merchant/exceptions/{item}"
    lived.sign_in("finance")
    assert "A manager of yours decides it" in lived.get(path).text
    lived.sign_in("manager")
    page = lived.get(path).text
    assert "****" in page
    assert str(member) not in page
    refused = lived.send(f"{path}/review", {"verdict": "clear"})
    assert refused.status_code == 422
    assert 'id="why-reason"' in refused.text
    assert lived.send(f"{path}/review", {"verdict": "clear", "reason": "ok"}).status_code == 303
    assert "Closed" in lived.get(path).text


def test_alerts_say_what_is_near_and_what_to_do(lived: Served) -> None:
    a, at = lived.world.organisations["A"], clock.now()
    lived.sign_in("manager")
    assert "No limit is near" in lived.get("/merchant").text
    terms = Terms(credit_limit=55, prepaid_share=1_000_000, block=500_000, replenish_below=100_000)
    with lived.db.transaction():
        contracts.sign(lived.db, a, terms, at, at)
    page = lived.get("/merchant").text
    for text in ("Used of your limit", "90.91%", "Left of the prepaid block", "¥5,000.00"):
        assert text in page
    with lived.db.transaction():
        organisations.set_status(lived.db, a, "suspended")
    assert "The organisation is stopped" in lived.get("/merchant").text
    with lived.db.transaction():
        organisations.set_status(lived.db, a, "active")


def test_the_overview_names_the_most_urgent_disputes_and_says_how_many_there_are(
    lived: Served,
) -> None:
    a, b = (lived.world.organisations[name] for name in "AB")
    now = clock.now()
    for n in range(8):
        opening = Opening(
            kind="missing", creditor_id=b if n < 7 else a, debtor_id=a if n < 7 else b,
            amount=100, reason="r", evidence="e", reference=f"R-{n}",
        )  # fmt: skip
        with lived.db.transaction():
            # The last of those to be answered was opened first, so that it is the most urgent.
            at = now - timedelta(days=3) if n == 6 else now
            disputes.open_dispute(lived.db, opening, by="Lin", at=at)
    lived.sign_in("manager")
    page = lived.get("/merchant").text
    named = re.findall(r'href="/merchant/disputes/(\d+)"', page)
    assert len(named) == 5
    assert int(named[0]) > int(named[1])
    assert "7 disputes to answer in all" in page
