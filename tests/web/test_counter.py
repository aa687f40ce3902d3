"""At the counter: a member's phone and the cashier's page side by side."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web import browser, phones
from tests.web.selling import bill, scanned, shows, till
from tests.web.serving import Live, open_session
from tests.world import broken_laws
from tongbao.access import devices
from tongbao.kernel import clock
from tongbao.points import statements
from tongbao.till import payment_code, symbols


def test_a_payment_by_code_with_points_of_two_issuers_and_cash_then_a_partial_refund(
    live: Live,
) -> None:
    with (
        browser.window(live.chromium, live.base, size=browser.PHONE) as phone,
        browser.window(live.chromium, live.base, size=browser.DESK, language="en") as desk,
    ):
        phones.sign_in(phone, "13800138001")
        member = phones.member_of(live.db, "13800138001")
        phones.give(live.db, live.world, member, A=50, B=60)
        phone.go("/m")
        expect(phone.page.locator(".purse-figure")).to_have_text("110")
        phone.check()

        # The phone makes its code by itself; it is the one that the till expects.
        phone.go("/m/pay")
        expect(phone.page.locator("[data-made]")).to_be_visible()
        code = phone.page.locator("#paying").get_attribute("data-code")
        assert code is not None
        shows(phone.page, "digits", payment_code.grouped(code))
        drawn = phone.page.locator("[data-bars] path").get_attribute("d")
        assert drawn is not None
        black = re.finditer("1+", symbols.bars(code))
        assert re.findall(r"M(\d+) 0h(\d+)v", drawn) == [
            (str(run.start() + symbols.QUIET), str(len(run[0]))) for run in black
        ]
        phone.check()

        page = till(live, desk)
        bill(page, "200")
        shows(page, "amount", "¥200.00")
        scanned(page, code)
        shows(page, "amount", "¥200.00")
        shows(page, "sum-cash", "¥90.00")
        # A scanner that types while a field has the focus leaves nothing there.
        page.focus("[data-points]")
        scanned(page, code)
        expect(page.locator("[data-points]")).to_have_value("110")
        page.fill("[data-points]", "80")
        shows(page, "sum-cash", "¥120.00")
        desk.check()
        page.click("[data-pay]")
        shows(page, "done-points", "80")
        shows(page, "done-cash", "¥120.00")
        expect(page.locator("[data-done-lots] .line")).to_have_text([re.compile("A"), "B30"])
        desk.check()

        # The receipt, and a half of the goods back.
        page.click("[data-receipt]")
        expect(page.locator(".paper")).to_contain_text("¥200.00")
        page.fill("[name=amount]", "100")
        page.click("text=Refund this amount")
        expect(page.locator(".paper")).to_contain_text("Money back")
        expect(page.locator(".paper")).to_contain_text("¥60.00")
        desk.check()

        page.click("a.line:has-text('Sale')")
        expect(page.locator("form[data-call=refund]")).to_have_attribute("data-left", "10000")

        phone.go("/m/history")
        expect(phone.page.locator("a.line")).to_have_count(4)
        phone.page.click("a.line >> nth=1")
        expect(phone.page.locator("main")).to_contain_text("¥120.00")
        phone.check()
        now = statements.balances(live.db, member)
        assert now.available == 11_000 - 8_000 + 4_000 + 120 - 60
    assert broken_laws(live.db) == {}


def test_what_is_sent_while_the_network_is_away_is_kept_and_done_once(live: Live) -> None:
    entered = phones.enter(live.db, "13800138002")
    phones.give(live.db, live.world, entered.who.member_id, B=100)
    device, secret = entered.who.device_id, entered.secret
    with browser.window(live.chromium, live.base, size=browser.DESK, language="en") as desk:
        page = till(live, desk)
        bill(page, "30")
        code = payment_code.make(secret, device, payment_code.step_at(clock.now()))
        scanned(page, code)
        shows(page, "sum-points", "30")

        # The request arrives, its answer does not: the worst of all drops.
        def lose(route: Any) -> None:
            route.fetch()
            route.abort()

        page.route("**/pay", lose, times=1)
        page.click("[data-pay]")
        expect(page.locator("[data-queue]")).to_be_visible()
        expect(page.locator("[data-queue-items]")).to_contain_text("¥30.00")
        # A cashier who reloads loses nothing.
        page.reload()
        expect(page.locator("#toasts")).to_contain_text("Done, and done once.")
        expect(page.locator("[data-queue]")).to_be_hidden()
        assert statements.balances(live.db, entered.who.member_id).available == 7_000

        # It never arrives, and the cashier calls it off before the network is back.
        bill(page, "20")
        code = payment_code.make(secret, device, payment_code.step_at(clock.now()) + 1)
        scanned(page, code)
        shows(page, "sum-points", "20")
        desk.context.set_offline(True)
        page.click("[data-pay]")
        expect(page.locator("[data-queue]")).to_be_visible()
        page.click("[data-off]")
        expect(page.locator("[data-queue-items]")).to_contain_text("Calling off")
        desk.context.set_offline(False)
        expect(page.locator("[data-queue]")).to_be_hidden()
        expect(page.locator("#toasts")).to_contain_text("Called off. Nothing was taken.")
        assert statements.balances(live.db, entered.who.member_id).available == 7_000
    assert broken_laws(live.db) == {}


def test_a_double_click_and_the_back_button_pay_once(live: Live) -> None:
    entered = phones.enter(live.db, "13800138003")
    phones.give(live.db, live.world, entered.who.member_id, A=100)
    with browser.window(live.chromium, live.base, size=browser.PHONE, language="en") as desk:
        page = till(live, desk)
        bill(page, "10")
        code = payment_code.make(
            entered.secret, entered.who.device_id, payment_code.step_at(clock.now())
        )
        page.fill("#scanned", code)
        page.keyboard.press("Enter")
        shows(page, "sum-points", "10")
        page.dblclick("[data-pay]")
        shows(page, "done-points", "10")
        page.click("[data-receipt]")
        page.go_back()
        page.wait_for_load_state()
        desk.check()
        assert statements.balances(live.db, entered.who.member_id).available == 9_000
        # The code is used up, and the page says what to do.
        bill(page, "10")
        page.fill("#scanned", code)
        page.click("[data-who] button")
        page.click("[data-pay]")
        expect(page.locator("[data-who-why]")).to_contain_text("Scan the new one")
        assert statements.balances(live.db, entered.who.member_id).available == 9_000


def test_a_restaurant_holds_first_and_captures_later(live: Live) -> None:
    entered = phones.enter(live.db, "13800138004")
    phones.give(live.db, live.world, entered.who.member_id, B=100)
    with browser.window(live.chromium, live.base, size=browser.PHONE, language="en") as desk:
        page = till(live, desk)
        bill(page, "60")
        page.fill("#scanned", "13800138004")
        page.click("[data-who] button")
        shows(page, "sum-points", "60")
        page.fill("[data-reference]", "Table 7")
        page.click("[data-hold]")
        shows(page, "done-title", "Hold")
        page.click("nav >> text=Holds")
        expect(page.locator("main")).to_contain_text("Table 7")
        desk.check()
        page.fill("[name=search]", "Table 8")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("Nothing fits")
        page.fill("[name=search]", "table 7")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("Table 7")
        page.select_option("[name=sort]", "expires_at")
        page.wait_for_url("**sort=expires_at**")
        expect(page.locator("main")).to_contain_text("Table 7")
        desk.check()
        page.fill("[name=bill]", "88")
        shows(page, "cash", "¥28.00")
        page.click("text=Confirm the payment")
        expect(page.locator(".paper")).to_contain_text("¥88.00")
        desk.check()
        now = statements.balances(live.db, entered.who.member_id)
        assert (now.held, now.available) == (0, 4_000 + 28)


@pytest.mark.parametrize(("size", "language"), [(browser.PHONE, "zh-CN"), (browser.DESK, "en")])
def test_every_page_is_in_order(live: Live, size: tuple[int, int], language: str) -> None:
    phone = "13800138005" if language == "en" else "13800138006"
    entered = phones.enter(live.db, phone)
    phones.give(live.db, live.world, entered.who.member_id, A=10, B=7)
    with browser.window(live.chromium, live.base, size=size, language=language) as window:
        window.go("/m/sign-in")
        window.check()
        window.sign_in(entered.token, "tongbao_member")
        for path in (
            "/m", "/m/points", "/m/offline", "/m/pay", "/m/history", "/m/history?search=nothing",
            "/m/near", "/m/me", "/m/gift", "/m/safety", "/m/prove", "/m/prove/code", "/m/privacy",
            "/m/privacy/erase",
        ):  # fmt: skip
            window.go(path)
            window.check()
        window.sign_in(open_session(live.db, live.people["manager"]))
        for path in ("/till/at/A", "/till/at/A/holds", "/till/at/A/receipts"):
            window.go(path)
            window.check()


def test_a_phone_without_a_network_still_shows_its_code_and_keeps_nothing_else(
    live: Live,
) -> None:
    with browser.window(live.chromium, live.base, size=browser.PHONE) as phone:
        phones.sign_in(phone, "13800138007")
        page = phone.page
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.wait_for_function("navigator.serviceWorker.controller !== null")
        kept = page.evaluate(
            "caches.open('kept').then((c) => c.keys())"
            ".then((all) => all.map((one) => new URL(one.url).pathname))"
        )
        assert {path for path in kept if not path.startswith("/assets/")} == {"/m/offline"}
        phone.context.set_offline(True)
        page.goto(live.base + "/m/history")
        expect(page.locator("[data-made]")).to_be_visible()
        before = payment_code.step_at(clock.now())
        shown = page.locator("#paying").get_attribute("data-code") or ""
        device = payment_code.read(shown).device
        armed = devices.armed(live.db, device, key=phones.SECRETS.access)
        assert armed is not None
        assert shown in {payment_code.make(armed.secret, device, s) for s in (before - 1, before)}
