"""A manager connects a till in a browser: key, webhook, statement, the till's day; all in order."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web import browser
from tests.web.serving import Live
from tests.web.stepping import fresh
from tests.world import one
from tongbao.clearing import windows
from tongbao.kernel import clock
from tongbao.points.operations import Award


@pytest.mark.parametrize(("size", "language"), [(browser.DESK, "en"), (browser.PHONE, "zh-CN")])
def test_a_till_is_connected_and_compared(
    live: Live, tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    at, world = clock.now(), live.world
    award = Award(
        key=f"{language}-1", scope=world.organisations["A"], member=world.members[0],
        outlet=world.outlets["A"], points=9_000,
    )  # fmt: skip
    one(live.db, award, at)
    with live.db.transaction():
        window = windows.close(live.db, clock.now()).id
    file = tmp_path / f"{language}.csv"
    file.write_text("type,receipt,outlet,points,amount\naward,77,A,90,0\n", "utf-8")
    with browser.window(live.chromium, live.base, size=size, language=language) as desk:
        page = desk.page
        desk.sign_in(fresh(live.db, live.people["manager"]))
        desk.go("/merchant/keys/new")
        desk.check()
        page.fill("[name=name]", "till-7")
        page.click("main form button")
        expect(page.locator("#secret")).to_contain_text("tbk_")
        desk.check()
        page.click("main a.btn-primary")
        expect(page.locator("h1")).to_have_text("till-7")
        desk.check()
        page.click("form[action$='/sign'] button")
        expect(page.locator("#secret")).to_have_text(re.compile("^[A-Za-z0-9+/]{43}=$"))
        desk.check()
        page.go_back()  # the page is asked for anew, and knows of the secret
        expect(page.locator("h1")).to_have_text("till-7")
        expect(page.locator("form[action$='/unsign'] button")).to_be_visible()
        desk.check()
        desk.go("/merchant/keys")
        desk.check()

        desk.go("/merchant/webhooks/new")
        desk.check()
        page.fill("[name=name]", "shop")
        page.fill("[name=url]", "https://shop.example/hook")
        page.click("main form button")
        expect(page.locator("#secret")).to_contain_text("whsec_")
        desk.check()
        page.click("main a.btn-primary")
        desk.check()
        page.fill("[name=since]", "2026-05-01T08:30")
        page.dblclick("form[action$='/replay'] button")
        expect(page.locator(".list-group-item .tag")).to_have_count(1)
        desk.check()
        desk.go("/merchant/webhooks")
        desk.check()

        desk.go("/merchant/statements")
        desk.check()
        desk.go(f"/merchant/statements/one?window={window}")
        desk.check()
        with page.expect_download() as taken:
            page.locator("a[download]").first.click()
        assert Path(taken.value.path()).read_bytes().startswith(b"%PDF")

        desk.go("/merchant/reconciliations/new")
        desk.check()
        page.set_input_files("[name=file]", file)
        page.click("main form button")
        page.wait_for_url(re.compile(r"/merchant/reconciliations/\d+$"))
        expect(page.locator("#list-differences")).to_contain_text("77")
        desk.check()
        desk.go("/merchant/reconciliations")
        desk.check()
