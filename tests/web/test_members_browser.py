"""What members meet on their phones, in a browser."""

from playwright.sync_api import expect

from tests.web import browser, phones
from tests.web.serving import Live
from tests.world import broken_laws
from tongbao.points import statements


def test_what_was_refused_far_down_is_in_sight(live: Live) -> None:
    entered = phones.enter(live.db, "13800138020")
    with browser.window(live.chromium, live.base, size=browser.PHONE, language="en") as window:
        window.sign_in(entered.token, "tongbao_member")
        window.go("/m/safety")
        page = window.page
        page.fill("[name=pin]", "111111")
        page.click("text=Set the PIN")
        page.wait_for_url("**/m/safety/pin")
        expect(page.locator("[name=pin]")).to_be_focused()
        expect(page.locator("#why-pin")).to_be_in_viewport()
        window.check()


def test_a_gift_is_given_and_going_back_gives_no_other(live: Live) -> None:
    giver, getter = (phones.enter(live.db, f"1380013802{n}") for n in (1, 2))
    phones.give(live.db, live.world, giver.who.member_id, A=50)
    with browser.window(live.chromium, live.base, size=browser.PHONE, language="en") as window:
        window.sign_in(giver.token, "tongbao_member")
        window.go("/m/gift")
        page = window.page
        page.fill("[name=phone]", "13800138022")
        page.fill("[name=points]", "12.50")
        page.click("text=Go on")
        page.wait_for_url("**/m/gift/sure")
        expect(page.locator("main")).to_contain_text("12.50")
        expect(page.locator("main")).to_contain_text("•••• 8022")
        window.check()
        page.click("form[action='/m/gift/give'] button")
        page.wait_for_url("**/m/history/*")
        expect(page.locator("main")).to_contain_text("•••• 8022")
        window.check()
        # What was done is said beside the tabs, not over them.
        told = page.locator("#toasts .toast").bounding_box()
        tabs = page.locator(".tabbar").bounding_box()
        assert told is not None
        assert tabs is not None
        assert told["x"] >= 0
        assert told["y"] + told["height"] <= tabs["y"]
        page.go_back()
        expect(page).to_have_url(f"{live.base}/m/gift")
        expect(page.locator("main")).to_contain_text("37.50")
    assert statements.balances(live.db, getter.who.member_id).available == 1_250
    assert broken_laws(live.db) == {}
