"""A café joins: from its application to the first payout, as everybody concerned sees it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.bank.desk import equip
from tests.web import browser, phones
from tests.web.applying import FIELDS
from tests.web.browser import Window
from tests.web.serving import Live
from tests.web.serving import url_of as address_of
from tests.web.stepping import fresh
from tests.world import broken_laws
from tongbao.clearing import windows
from tongbao.kernel import clock
from tongbao.kernel.settings import Settings
from tongbao.sandbox import bank
from tongbao.upkeep.jobs import JOBS
from tongbao.upkeep.run import run

pytestmark = pytest.mark.timeout(240)
PAID = "¥39.36"
"""What is owed for forty yuan of points at 99 per cent, less a fee of 0.6 per cent of forty."""
PASSWORD = "six cups of coffee a day"


@contextmanager
def office(live: Live, role: str) -> Iterator[Window]:
    """Sit at the desk of somebody of the operator's who has just given a code."""
    with browser.window(live.chromium, live.base, language="en") as desk:
        desk.sign_in(fresh(live.db, live.people[role]))
        yield desk


def work(settings: Settings, name: str) -> None:
    """Let the worker do a job."""
    (job,) = (job for job in JOBS if job.name == name)
    ran = run(job, settings, clock.now)
    assert ran.outcome == "done", ran.error


def apply(phone: Window) -> str:
    """Apply on a phone, with a slip on the way; give the path of the link."""
    page = phone.page
    phone.go("/sign-in")
    page.click("text=商户入网申请")
    phone.check()
    page.select_option("[name=province]", "310000")
    page.click("main form button")
    phone.check()
    for name, value in FIELDS.items():
        if name in ("format", "region"):
            page.select_option(f"[name={name}]", value)
        elif name not in ("collect", "province"):
            page.fill(f"[name={name}]", value)
    page.fill("[name=credit_code]", "91310105MA1FW8X279")
    page.click("main form button")
    expect(page.locator("#why-credit_code")).to_be_visible()
    phone.check()
    page.fill("[name=credit_code]", FIELDS["credit_code"])
    page.click("main form button")
    page.wait_for_url("**/join/tba_*")
    expect(page.locator("h1")).to_have_text("正在审核")
    phone.check()
    return page.url.removeprefix(phone.base)


def ask_and_accept(live: Live) -> str:
    """Look at the newest application, ask about it, and accept it on other terms; give its path."""
    with office(live, "admin") as desk:
        page = desk.page
        desk.go("/operator/applications")
        desk.check()
        page.click(f"text={FIELDS['name']}")
        expect(page.locator(".list-group-item:has-text('in order')")).to_have_count(10)
        desk.check()
        page.fill("[name=code]", "shiguang")
        page.fill("[name=login]", "shen")
        page.fill("[name=reimbursement]", "99")
        page.click("button:has-text('Accept')")
        expect(page.locator("main")).to_contain_text("Somebody else has to approve it.")
        desk.check()
        return page.url.removeprefix(live.base)


def begin(phone: Window, link: str) -> None:
    """Take link and key, set the password, and sign in for the first time."""
    page = phone.page
    phone.go(link)
    expect(page.locator("h1")).to_have_text("欢迎加入联盟")
    phone.check()
    page.click("button:has-text('开始')")
    expect(page.locator("#key")).to_have_text(re.compile(r"^tbk_\d+_[\w-]{43}$"))
    phone.check()
    page.click("a:has-text('设置密码')")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url("**/sign-in")
    page.fill("[name=login]", "shen")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url("**/merchant")
    phone.check()


def sell(till: Window) -> None:
    """Sell a coffee for ninety yuan, forty of them in points that another has given."""
    page: Page = till.page
    till.go("/till")
    expect(page).to_have_url(re.compile("/till/at/shiguang-1$"))
    for digit in "90":
        page.click(f"[data-key='{digit}']")
    page.fill("[name=scanned]", "CARD000000")
    page.press("[name=scanned]", "Enter")
    expect(page.locator("[data-points]")).to_be_visible()
    page.fill("[data-points]", "40")
    expect(page.locator("[data-sum-cash]")).to_have_text("¥50.00")
    page.click("[data-pay]")
    expect(page.locator("[data-done-points]")).to_have_text("40")
    till.check()


def settle(live: Live, settings: Settings, folder: Path) -> None:
    """Close the day, let two people pay it, and let the bank answer."""
    with live.db.transaction():
        windows.close(live.db, clock.now())
    with office(live, "settlement") as desk:
        desk.go("/operator/settlements")
        desk.page.click("text=Propose what is due")
        desk.page.wait_for_url(re.compile(r"/operator/settlements/\d+$"))
        where = desk.page.url.removeprefix(live.base)
    with office(live, "admin") as desk:
        desk.go(where)
        expect(desk.page.locator("main")).to_contain_text("¥39.60")  # 99 per cent of forty are owed
        desk.page.click("button:has-text('Approve')")
        expect(desk.page.locator("main")).to_contain_text("Approved")
        work(settings, "pay")
        desk.go(where)
        paths = []
        for row in desk.page.locator("a[href*='/files/']").all():
            with desk.page.expect_download() as taken:
                row.click()
            paths.append(folder / taken.value.suggested_filename)
            taken.value.save_as(paths[-1])
        assert len(paths) == 2  # a payout and a collection
        bank.respond(paths, folder / "bank" / "from-bank", seed=7, rejects=0)
        work(settings, "take")
        desk.go(where)
        expect(desk.page.locator("main")).to_contain_text("Settled")
        desk.check()


def see_the_payout(phone: Window) -> None:
    """Follow the payout on the merchant's own pages, from the overview to the sale behind it."""
    page = phone.page
    phone.go("/merchant")
    page.click(f"dd a:has-text('{PAID}')")
    expect(page.locator("main")).to_contain_text("付给本机构")
    expect(page.locator(".tag", has_text="已支付")).to_be_visible()
    expect(page.locator("tfoot")).to_contain_text(PAID)
    phone.check()
    page.click("tbody a")
    expect(page.locator("main")).to_contain_text("¥39.60")
    expect(page.locator("main")).to_contain_text("−¥0.24")
    phone.check()
    page.click("tr:has-text('¥39.60') a")
    page.click("td a")
    expect(page.locator("h1")).to_have_text("消费")
    phone.check()
    phone.go("/merchant/positions")
    expect(page.locator(".card-sm", has_text="头寸")).to_contain_text("¥0.00")
    expect(page.locator("tbody tr").last).to_contain_text("已支付")
    phone.check()
    phone.go("/merchant/settlements")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text(PAID)
    phone.check()


def test_a_merchant_joins_sells_and_is_paid(live: Live, tmp_path: Path) -> None:
    equip(live.db, live.world)
    phones.give(live.db, live.world, live.world.members[0], A=60)
    settings = Settings(database_url=address_of(live.db), bank_folder=tmp_path / "bank")
    with browser.window(live.chromium, live.base, size=browser.PHONE) as phone:
        link = apply(phone)
        application = ask_and_accept(live)
        with office(live, "settlement") as desk:
            desk.go(application)
            desk.page.click("a:has-text('To the decision')")
            desk.page.click("button:has-text('Approve')")
            expect(desk.page.locator("main")).to_contain_text("Approved")
        begin(phone, link)
        sell(phone)
        settle(live, settings, tmp_path)

        phone.go(link)
        expect(phone.page.locator("main")).to_contain_text("已开通")
        expect(phone.page.locator("li:has-text('第一次付款')")).not_to_contain_text("尚未完成")
        phone.check()
        see_the_payout(phone)
    with office(live, "auditor") as desk:
        desk.go(application)
        desk.page.click("a:has-text('Settlement 1')")
        expect(desk.page.locator("tr", has_text=FIELDS["name"])).to_contain_text(PAID)
    assert broken_laws(live.db) == {}
