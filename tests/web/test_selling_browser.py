"""A sale in a browser: typed wrongly, changed meanwhile, by keyboard alone, with nothing to use."""

from playwright.sync_api import expect

from tests.web import browser, phones
from tests.web.selling import bill, scanned, shows, till
from tests.web.serving import Live
from tests.world import broken_laws
from tongbao.kernel import clock
from tongbao.members import members
from tongbao.points import statements
from tongbao.till import payment_code


def test_what_is_typed_wrongly_or_changed_meanwhile_is_not_paid(live: Live) -> None:
    entered = phones.enter(live.db, "13800138007")
    phones.give(live.db, live.world, entered.who.member_id, A=40)
    with browser.window(live.chromium, live.base, size=browser.PHONE, language="en") as desk:
        page = till(live, desk)
        bill(page, "100")
        page.fill("#scanned", "13800138007")
        page.click("[data-who] button")
        shows(page, "sum-points", "40")

        # No points first, then some after all.
        page.click("[data-none]")
        shows(page, "sum-cash", "¥100.00")
        shows(page, "usable", "40")
        page.fill("[data-points]", "8")
        shows(page, "sum-cash", "¥92.00")
        page.fill("[data-points]", "15.50")
        shows(page, "sum-cash", "¥84.50")

        page.fill("[data-points]", "1o")
        expect(page.locator("[data-quote-why]")).to_contain_text("not an amount")
        expect(page.locator("[data-pay]")).to_be_disabled()
        expect(page.locator("[data-hold]")).to_be_disabled()
        page.fill("[data-points]", "41")
        shows(page, "quote-why", "40 points may be used here")
        shows(page, "sum-points", "40")
        page.locator("[data-points]").blur()
        expect(page.locator("[data-points]")).to_have_value("40")
        desk.check()

        # The bill is another one before its sums are: neither is paid.
        page.route("**/quote", lambda route: route.abort(), times=1)
        bill(page, "0")
        expect(page.locator("[data-pay]")).to_be_disabled()
        page.click("[data-key=clear]")
        shows(page, "quote-why", "Type the bill first.")
        expect(page.locator("[data-pay]")).to_be_disabled()
        expect(page.locator("[data-hold]")).to_be_disabled()

        # Of somebody who is not found, nothing of who was there before is shown.
        bill(page, "50")
        shows(page, "sum-points", "40")
        page.fill("#scanned", "13899999999")
        page.click("[data-who] button")
        expect(page.locator("[data-who-why]")).to_contain_text("Nobody is a member")
        expect(page.locator("[data-view=quote]")).to_be_hidden()
        desk.check()
    assert statements.balances(live.db, entered.who.member_id).available == 4_000


def test_a_sale_needs_no_mouse(live: Live) -> None:
    entered = phones.enter(live.db, "13800138008")
    phones.give(live.db, live.world, entered.who.member_id, A=40)
    with browser.window(live.chromium, live.base, size=browser.DESK, language="en") as desk:
        page = till(live, desk)
        page.keyboard.type("30")
        shows(page, "amount", "¥30.00")
        code = payment_code.make(
            entered.secret, entered.who.device_id, payment_code.step_at(clock.now())
        )
        page.wait_for_timeout(200)  # as long as a hand needs to take up the scanner
        scanned(page, code)
        shows(page, "sum-points", "30")
        page.keyboard.press("Enter")
        expect(page.locator("[data-pay]")).to_be_focused()
        page.keyboard.press("Enter")
        shows(page, "done-points", "30")
        # The next customer; who is typed, and some of the points.
        page.keyboard.press("Enter")
        shows(page, "amount", "¥0.00")
        page.keyboard.type("20")
        page.keyboard.press("Enter")
        page.keyboard.type("13800138008")
        page.keyboard.press("Enter")
        shows(page, "sum-points", "10")
        page.focus("[data-points]")
        page.keyboard.press("Control+A")
        page.keyboard.type("7")
        page.keyboard.press("Enter")
        expect(page.locator("[data-pay]")).to_be_focused()
        page.keyboard.press("Enter")
        shows(page, "done-points", "7")
    now = statements.balances(live.db, entered.who.member_id)
    assert now.available == 4_000 - 3_000 - 700 + 13
    assert broken_laws(live.db) == {}


def test_what_is_taken_back_or_captured_is_said_where_it_cannot_be(live: Live) -> None:
    entered = phones.enter(live.db, "13800138010")
    phones.give(live.db, live.world, entered.who.member_id, A=40)
    with browser.window(live.chromium, live.base, size=browser.PHONE, language="en") as desk:
        page = till(live, desk)
        bill(page, "30")
        page.fill("#scanned", "13800138010")
        page.click("[data-who] button")
        shows(page, "sum-points", "30")
        page.click("[data-hold]")
        page.click("[data-receipt]")
        # The receipt of a hold leads to where its bill is typed.
        page.click("text=To the holds")
        page.fill("[name=bill]", "1o")
        expect(page.locator("[data-why]")).to_contain_text("not an amount")
        page.click("text=Confirm the payment")
        expect(page.locator("[name=bill]")).to_be_focused()
        page.fill("[name=bill]", "20")
        expect(page.locator("[data-why]")).to_be_hidden()
        page.fill("[name=points]", "25")
        shows(page, "why", "20 points may be used here")
        page.click("text=Confirm the payment")
        page.fill("[name=points]", "x")
        expect(page.locator("[data-why]")).to_contain_text("not an amount")
        page.click("text=Confirm the payment")
        page.fill("[name=points]", "5")
        shows(page, "cash", "¥15.00")
        page.click("text=Confirm the payment")
        expect(page.locator(".paper")).to_contain_text("¥15.00")

        for wrong in ("abc", "0", "-1", "1.234"):
            page.fill("[name=amount]", wrong)
            page.click("text=Refund this amount")
            expect(page.locator("[data-why]")).to_contain_text("not an amount")
        page.fill("[name=amount]", "21")
        page.click("text=Refund this amount")
        expect(page.locator("[data-why]")).to_contain_text("is left to refund")
        desk.check()
    assert broken_laws(live.db) == {}


def test_the_till_says_why_no_points_may_be_used(live: Live) -> None:
    entered = phones.enter(live.db, "13800138009")
    phones.give(live.db, live.world, entered.who.member_id, A=40)
    members.set_spend_lock(live.db, entered.who.member_id, locked=True)
    with browser.window(live.chromium, live.base, size=browser.PHONE, language="en") as desk:
        page = till(live, desk)
        bill(page, "100")
        page.fill("#scanned", "13800138009")
        page.click("[data-who] button")
        shows(page, "usable", "0")
        expect(page.locator("[data-note]")).to_contain_text("has locked spending")
        desk.check()


def test_whoever_is_signed_out_is_led_to_sign_in(live: Live) -> None:
    with browser.window(live.chromium, live.base, size=browser.PHONE, language="en") as desk:
        page = till(live, desk)
        bill(page, "30")
        desk.context.clear_cookies()
        page.fill("#scanned", "13800138010")
        page.click("[data-who] button")
        expect(page.locator("[data-who-why]")).to_contain_text("Your session has ended")
        expect(page.locator("[data-queue-title]")).to_be_hidden()
        page.click("[data-queue-sign]")
        page.wait_for_url("**/sign-in?next=/till/at/A")
