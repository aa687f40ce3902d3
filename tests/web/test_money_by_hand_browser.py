"""Money that nobody has placed, and money booked by hand, in a browser: looked at, booked once."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.bank.desk import equip, plan, settle, take
from tests.bank.made import Entry, statement
from tests.web import browser
from tests.web.browser import Window
from tests.web.serving import Live
from tests.web.stepping import fresh
from tests.world import broken_laws
from tongbao.clearing import legs


@pytest.mark.parametrize(("size", "language"), [(browser.DESK, "en"), (browser.PHONE, "zh-CN")])
def test_money_is_placed_and_booked_once(
    live: Live, size: tuple[int, int], language: str, tmp_path: Path
) -> None:
    turn = 1 if language == "en" else 2
    if turn == 1:
        equip(live.db, live.world)
    made = settle(live.db, live.world, {"AB": 30_000}, tag=language)
    plan(live.db, made.id)
    a, b = (live.world.organisations[name] for name in "AB")
    entries = [Entry(amount=30_000, party="?", reference=f"R-{turn}")]
    opening = 30_000 * (turn - 1)
    path = statement(
        tmp_path / f"{turn}.xml", entries, id=f"S-{turn}", sequence=turn, opening=opening
    )
    line = f"/operator/bank/lines/{take(live.db, path).report.id}-1"
    legs_at = f"/operator/settlements/{made.id}/legs"
    with browser.window(live.chromium, live.base, size=size, language=language) as window:
        window.sign_in(fresh(live.db, live.people["settlement"]))
        other = window.context.new_page()
        place(window, other, line, f"TB{made.id}-{a}-1")
        come_back(window, f"{legs_at}/{a}")
        pay(window, other, f"{legs_at}/{b}")
    # In the second turn it was a part: what came back in the first is owed with it.
    ends = "failed" if turn == 1 else "rejected"
    found = [legs.get(live.db, made.id, organisation) for organisation in (a, b)]
    assert [(one.paid, one.state) for one in found] == [(0, ends), (30_000, "paid")]
    assert broken_laws(live.db) == {}


def place(window: Window, other: Page, line: str, payment: str) -> None:
    """Find a line that nobody has placed, and say which payment it is; another tab, too."""
    page = window.page
    window.go("/operator/bank")
    page.click("a[href='/operator/bank/lines']")
    window.check()
    page.click(f"a[href='{line}']")
    window.check()
    page.click(f"a[href='{line}/as/{payment}']")
    window.check()
    other.goto(f"{window.base}{line}/as/{payment}")
    page.dblclick("main form button[type=submit]")
    page.wait_for_url(f"**{line}")
    expect(page.locator("#list-fitting-payments")).to_have_count(0)
    window.check()
    other.click("main form button[type=submit]")
    expect(other.locator("[data-refusal=bank-line-decided]")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.locator("[data-refusal=bank-line-decided]")).to_be_visible()


def come_back(window: Window, leg: str) -> None:
    """Book that what was paid came back, after a wrong amount and a look at it once more."""
    page = window.page
    window.go(leg)
    window.check()
    page.click(f"a[href='{leg}/money/back']")
    window.check()
    page.fill("[name=amount]", "300.01")
    page.fill("[name=reference]", "BACK-7")
    page.fill("[name=reason]", "AC04")
    page.click("main form button[type=submit]")
    expect(page.locator("#why-amount")).to_be_visible()
    window.check()
    page.fill("[name=amount]", "300")
    page.click("main form button[type=submit]")
    expect(page.locator("button[name=sure]")).to_be_visible()
    window.check()
    page.click("button[name=change]")
    expect(page.locator("[name=reference]")).to_have_value("BACK-7")
    page.click("main form button[type=submit]")
    page.dblclick("button[name=sure]")
    page.wait_for_url(f"**{leg}")
    expect(page.locator("main")).to_contain_text("BACK-7")
    window.check()


def pay(window: Window, other: Page, leg: str) -> None:
    """Book by hand what the bank has moved, in two tabs: once."""
    for tab in (window.page, other):
        tab.goto(f"{window.base}{leg}/money/moved")
        tab.fill("[name=reference]", "COUNTER-3")
        tab.click("main form button[type=submit]")
        expect(tab.locator("button[name=sure]")).to_be_visible()
    for tab in (window.page, other):
        tab.click("button[name=sure]")
        tab.wait_for_url(f"**{leg}")
        expect(tab.locator("main")).to_contain_text("COUNTER-3")
    expect(other.locator(".toast")).to_be_visible()
    window.check()
