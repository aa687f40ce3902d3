"""A payment that the bank refused, in a browser: found among the legs, asked for again, once."""

import pytest
from playwright.sync_api import expect

from tests.losses.fall import owe
from tests.web import browser
from tests.web.serving import Live
from tests.web.stepping import fresh
from tests.world import broken_laws
from tongbao.clearing import legs, settlements, windows
from tongbao.kernel import clock


@pytest.mark.parametrize(("size", "language"), [(browser.DESK, "en"), (browser.PHONE, "zh-CN")])
def test_a_refused_payment_is_instructed_again_once(
    live: Live, size: tuple[int, int], language: str
) -> None:
    name = "B" if language == "en" else "A"
    b, at = live.world.organisations[name], clock.now()
    owe(live.db, live.world, {"AB": 30_000} if name == "B" else {"BA": 50_000})
    with live.db.transaction():
        windows.close(live.db, clock.now())
        made = settlements.propose(live.db, business_date=at.date(), by="Lin", at=at)
        settlements.approve(live.db, made.id, by="Wu", at=at)
        settlements.instruct(live.db, made.id, at=at)
        legs.reject_leg(live.db, made.id, b, reason="AC04 closed account", at=at)
    path = f"/operator/settlements/{made.id}"
    with browser.window(live.chromium, live.base, size=size, language=language) as window:
        page = window.page
        window.sign_in(fresh(live.db, live.people["settlement"]))
        window.go(path)
        window.check()
        page.select_option("[name=state]", "rejected")
        expect(page.locator("#list-legs tbody tr")).to_have_count(1)
        page.click("#list-legs tbody a")
        page.wait_for_url(f"**{path}/legs/{b}")
        expect(page.locator("main")).to_contain_text("AC04 closed account")
        window.check()
        other = window.context.new_page()
        other.goto(window.base + f"{path}/legs/{b}")
        page.dblclick("button[value=instruct]")
        expect(page.locator("main")).to_contain_text(f"TB{made.id}-{b}-2")
        window.check()
        other.click("button[value=instruct]")
        expect(other.locator("[role=alert]").first).to_be_visible()
        page.go_back()
        page.reload()
        expect(page.locator("button[value=instruct]")).to_have_count(0)
        window.go(f"/operator/windows/{made.through_window}?search={name}")
        expect(page.locator("#list-positions tbody tr")).to_have_count(1)
        window.check()
    found = legs.get(live.db, made.id, b)
    assert (found.state, found.attempt) == ("instructed", 2)
    with live.db.transaction():
        for organisation in live.world.organisations.values():
            legs.fail_leg(live.db, made.id, organisation, reason="over", at=at, by="Wu")
    assert broken_laws(live.db) == {}
