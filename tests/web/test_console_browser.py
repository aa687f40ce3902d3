"""The operator's people at work, in a browser: what one proposes another decides."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.bank.desk import OWN, open_account
from tests.bank.made import Entry, statement
from tests.web import browser
from tests.web.serving import Live, open_session
from tests.web.stepping import fresh
from tests.world import AT, one
from tongbao.alliance.positions import position
from tongbao.desk import exceptions
from tongbao.members import members
from tongbao.points import operations as ops


@pytest.mark.parametrize("size", [browser.DESK, browser.PHONE])
def test_one_proposes_and_another_decides(live: Live, size: tuple[int, int]) -> None:
    who = live.world.organisations["A"]
    before = position(live.db, who, AT).collateral
    with browser.window(live.chromium, live.base, size=size, language="en") as window:
        page = window.page
        window.sign_in(open_session(live.db, live.people["admin"]))
        window.go(f"/operator/organisations/{who}/propose/money")
        page.select_option('[name="kind"]', "collateral-deposit")
        page.fill('[name="amount"]', "500")
        page.fill('[name="reason"]', "paid in on Friday")
        page.click("main button:has-text('Propose')")
        window.settle()
        assert page.locator("text=somebody else must decide it").first.is_visible()
        assert page.locator("button:has-text('Approve')").count() == 0
        window.check()
        where = page.url.removeprefix(live.base)
        window.context.clear_cookies()
        window.sign_in(fresh(live.db, live.people["settlement"]))
        window.go("/operator/decisions")
        page.click(f'a[href="{where}"]')
        window.check()
        page.click("button:has-text('Approve')")
        window.settle()
        assert page.locator("text=It is approved and done").first.is_visible()
        window.check()
    assert position(live.db, who, AT).collateral == before + 50_000


def test_what_asks_again_and_again_says_once_that_it_has_no_answer(live: Live) -> None:
    with browser.window(live.chromium, live.base, language="en") as window:
        page = window.page
        window.sign_in(open_session(live.db, live.people["admin"]))
        window.go("/operator")
        for _ in range(3):
            page.evaluate("document.body.dispatchEvent(new CustomEvent('refused'))")
        assert page.locator("#toasts .toast-bad").count() == 1
        page.click("#toasts .toast-bad [data-close]")
        assert page.locator("#toasts .toast-bad").count() == 0
        page.evaluate("document.body.dispatchEvent(new CustomEvent('refused'))")
        assert page.locator("#toasts .toast-bad").count() == 1


def test_an_exception_is_taken_and_closed(live: Live) -> None:
    with live.db.transaction():
        item = exceptions.raise_item(
            live.db, "advice", live.world.organisations["A"], "5", {"points": 500}, AT
        )
    with browser.window(live.chromium, live.base, language="en") as window:
        page = window.page
        window.sign_in(open_session(live.db, live.people["settlement"]))
        window.go("/operator/exceptions?state=open")
        page.click(f'a[href="/operator/exceptions/{item.id}"]')
        page.click("button:has-text('I work on it')")
        window.settle()
        assert page.locator("text=It is yours").first.is_visible()
        page.select_option('[name="how"]', "corrected")
        page.fill('[name="reason"]', "posted by hand")
        page.click("button:has-text('Close the item')")
        window.settle()
        window.check()
    closed = exceptions.get(live.db, item.id, now=AT)
    assert (closed.state, closed.closed_how, closed.assigned_to) == (
        "closed", "corrected", "settlement@test",
    )  # fmt: skip


def test_two_memberships_become_one(live: Live) -> None:
    world = live.world
    old, new = world.members[:2]
    a = world.organisations["A"]
    one(live.db, ops.Award(key="m", scope=a, member=old, outlet=world.outlets["A"], points=700))
    with browser.window(live.chromium, live.base, language="en") as window:
        page = window.page
        window.sign_in(fresh(live.db, live.people["admin"]))
        window.go(f"/operator/members/{old}")
        page.fill('[name="into"]', str(new))
        page.click("button:has-text('Merge')")
        window.settle()
        assert page.url.endswith(f"/operator/members/{new}")
        assert page.locator("text=The memberships are one now").first.is_visible()
        window.check()
    assert members.get(live.db, old).status == "merged"


def test_a_file_of_the_bank_is_read_or_refused(live: Live, tmp_path: Path) -> None:
    open_account(live.db, live.world.operator, OWN)
    wrong = tmp_path / "wrong.xml"
    wrong.write_text("no XML at all")
    good = statement(tmp_path / "good.xml", [Entry(amount=4_200, party="Somebody")])
    with browser.window(live.chromium, live.base, language="en") as window:
        page = window.page
        window.sign_in(open_session(live.db, live.people["settlement"]))
        window.go("/operator/bank")
        page.set_input_files('[name="file"]', wrong)
        page.click("button:has-text('Read and book')")
        assert page.locator("#why-file").is_visible()
        window.check()
        page.set_input_files('[name="file"]', good)
        page.click("button:has-text('Read and book')")
        window.settle()
        assert page.locator("h1:has-text('good.xml')").is_visible()
        window.check()
        page.click("a:has-text('Somebody must look') >> nth=-1")
        assert page.locator("text=¥42.00").first.is_visible()
        window.check()


def test_organisations_are_offered_while_somebody_types(live: Live) -> None:
    with browser.window(live.chromium, live.base, language="en") as desk:
        desk.sign_in(open_session(live.db, live.people["admin"]))
        desk.go("/operator/disputes/new")
        page = desk.page
        page.locator("#field-debtor").press_sequentially("a")
        expect(page.locator("#found-debtor option[value=A]")).to_have_count(1)
        assert page.locator("#found-creditor option").count() == 0
        desk.check()
