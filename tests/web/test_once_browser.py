"""Forms that cannot be taken back, in a browser: sent twice, gone back to, from two tabs: once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.losses.fall import deposit, owe
from tests.web import browser
from tests.web.browser import Window
from tests.web.serving import Live
from tests.web.stepping import fresh
from tests.world import broken_laws, one
from tongbao.alliance import organisations
from tongbao.desk import proposals
from tongbao.losses import default
from tongbao.members import members
from tongbao.points import caps
from tongbao.points import operations as ops

SIZES = pytest.mark.parametrize(
    ("size", "language"), [(browser.DESK, "en"), (browser.PHONE, "zh-CN")]
)


@pytest.fixture
def desk(live: Live, size: tuple[int, int], language: str) -> Iterator[Window]:
    """Sit before a browser as an administrator who has just given a code."""
    with browser.window(live.chromium, live.base, size=size, language=language) as window:
        window.sign_in(fresh(live.db, live.people["admin"]))
        yield window


def tab(desk: Window, path: str) -> Page:
    """Open another tab on a page."""
    page = desk.context.new_page()
    page.set_default_timeout(15_000)
    page.goto(desk.base + path)
    return page


def logged(live: Live, kind: str) -> int:
    """Give how often something of a kind stands in the log."""
    row = live.db.execute("SELECT count(*) FROM access.audit WHERE kind = %s", (kind,)).fetchone()
    live.db.commit()
    return int((row or (0,))[0])


@SIZES
def test_a_default_is_proposed_and_declared_once(live: Live, desk: Window) -> None:
    name = "A" if len(proposals.listed(live.db, default.DECLARE)) == 0 else "B"
    who = live.world.organisations[name]
    if name == "A":
        owe(live.db, live.world, {"AB": 60_000})
        deposit(live.db, live.world, "A", 10_000)
    path = f"/operator/organisations/{who}/default"
    desk.go(path)
    desk.check()
    other = tab(desk, path)
    for page in (desk.page, other):
        page.fill("form[action$='/propose'] [name=reason]", "insolvent")
    desk.page.dblclick("form[action$='/propose'] button")
    desk.page.wait_for_url("**/operator/proposals/*")
    proposal = desk.page.url
    desk.check()
    # The other tab still shows the form: it leads to the proposal that waits.
    other.click("form[action$='/propose'] button")
    other.wait_for_url("**/operator/proposals/*")
    assert other.url == proposal
    desk.page.go_back()
    expect(desk.page.locator("form[action$='/propose']")).to_have_count(0)
    desk.check()
    assert len(proposals.listed(live.db, default.DECLARE, who)) == 1
    live.db.commit()

    desk.context.clear_cookies()
    desk.sign_in(fresh(live.db, live.people["settlement"]))
    where = proposal.removeprefix(desk.base)
    desk.go(where)
    late = tab(desk, where)
    desk.page.dblclick("button[value=approve]")
    desk.settle()
    expect(desk.page.locator("button[value=approve]")).to_have_count(0)
    late.click("button[value=approve]")
    expect(late.locator("[role=alert]").first).to_be_visible()
    desk.go(path)
    desk.check()
    found = default.listed(live.db, who)
    assert (len(found), organisations.get(live.db, who).status) == (1, "defaulted")
    assert len(default.runs(live.db, found[0])) <= 1
    assert broken_laws(live.db) == {}


@SIZES
def test_a_membership_is_ended_once(live: Live, desk: Window) -> None:
    world = live.world
    member = next(one for one in world.members if members.get(live.db, one).status == "active")
    a = world.organisations["B"]
    if organisations.get(live.db, a).status == "active":
        gift = ops.Award(
            key=f"g{member}", scope=a, member=member, outlet=world.outlets["B"], points=9
        )
        one(live.db, gift)
    live.db.commit()
    before = logged(live, "member-erased")
    path = f"/operator/members/{member}/privacy"
    desk.go(path)
    desk.check()
    other = tab(desk, path)
    for page in (desk.page, other):
        page.fill("[name=why]", "a letter of 3 May")
        page.check("[name=sure]")
    desk.page.dblclick("form[action$='/erase'] button")
    desk.page.wait_for_url(f"**/operator/members/{member}")
    desk.settle()
    desk.check()
    other.click("form[action$='/erase'] button")
    expect(other.locator("[role=alert]").first).to_be_visible()
    desk.page.go_back()
    expect(desk.page.locator("[name=sure]")).to_have_count(0)
    desk.check()
    assert members.get(live.db, member).status == "closed"
    assert logged(live, "member-erased") == before + 1
    assert broken_laws(live.db) == {}


@SIZES
def test_a_limit_is_set_once(live: Live, desk: Window) -> None:
    known = len(caps.limits_of(live.db))
    live.db.commit()
    uses = str(20 + known)
    desk.go("/operator/settings")
    desk.check()
    other = tab(desk, "/operator/settings")
    for page in (desk.page, other):
        page.fill("[name=uses]", uses)
        page.fill("form[action$='/limit'] [name=reason]", "as agreed")
    desk.page.dblclick("form[action$='/limit'] button")
    expect(desk.page.locator("table").first).to_contain_text(uses)
    desk.check()
    other.click("form[action$='/limit'] button")
    expect(other.locator("table").first).to_contain_text(uses)
    desk.page.go_back()
    desk.page.reload()
    desk.check()
    assert len(caps.limits_of(live.db)) == known + 1
    live.db.commit()
