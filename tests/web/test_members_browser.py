"""What members meet on their phones, in a browser."""

from playwright.sync_api import expect

from tests.web import browser, phones
from tests.web.serving import Live


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
