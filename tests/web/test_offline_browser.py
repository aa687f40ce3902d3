"""A terminal that may work offline, in a browser: its key, its allowance, and what came home."""

from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import expect

from tests.web import browser
from tests.web.browser import Window
from tests.web.homecoming import come_home
from tests.web.serving import Live, open_session
from tests.web.stepping import fresh
from tests.world import broken_laws, one
from tongbao.alliance import terminals
from tongbao.kernel import clock
from tongbao.kernel.settings import DEVELOPMENT_SECRET
from tongbao.points.operations import Award
from tongbao.till import signed
from tongbao.till.offline_till import OfflineTill
from tongbao.till.signed import Grant


@pytest.mark.parametrize(("size", "language"), [(browser.DESK, "en"), (browser.PHONE, "zh-CN")])
def test_a_terminal_works_offline_and_comes_home(
    live: Live, size: tuple[int, int], language: str
) -> None:
    world = live.world
    a, code = world.organisations["A"], f"t-{language}"
    award = Award(
        key=f"{language}-1", scope=a, member=world.members[0], outlet=world.outlets["A"],
        points=3_000,
    )  # fmt: skip
    one(live.db, award, clock.now())
    with live.db.transaction():
        terminal = terminals.add(live.db, world.outlets["A"], code).id
    with browser.window(live.chromium, live.base, size=size, language=language) as desk:
        page = desk.page
        desk.sign_in(fresh(live.db, live.people["manager"]))
        desk.go("/merchant/terminals")
        page.click(f"a[href='/merchant/terminals/{terminal}']")
        page.fill("[name=public_key]", "12")
        page.click("form:has([name=public_key]) button")
        expect(page.locator("#why-public_key")).to_be_visible()
        desk.check()
        page.click("form:has([value=made]) button")
        expect(page.locator("#secret")).to_be_visible()
        box = OfflineTill(bytes.fromhex(page.locator("#secret").inner_text()))
        desk.check()
        page.click("main a.btn-primary")
        expect(page.locator("main")).to_contain_text(box.public_key)
        page.fill("[name=days]", "32")
        page.click("form:has([name=days]) button")
        expect(page.locator("#why-days")).to_be_visible()
        desk.check()
        page.fill("[name=days]", "7")
        page.dblclick("form:has([name=days]) button")
        page.wait_for_url("**/merchant/allowances/*")
        desk.check()
        with page.expect_download() as taken:
            page.click("a[href$='/grant']")
        grant = msgspec.json.decode(Path(taken.value.path()).read_bytes(), type=Grant)
        box.take(grant, signed.public_hex(signed.operators_key(DEVELOPMENT_SECRET)))
        at = grant.valid_from
        lines = [
            box.spend("card", "CARD000000", 5_000, 2_500, at),
            box.spend("card", "CARD000001", 5_000, 2_500, at),
            box.award("card", "CARD000001", 8_800, at),
        ]
        assert come_home(live.db, a, lines) == ["posted", "exception", "posted"]
        page.reload()
        expect(page.locator("#list-offline-lines tbody tr")).to_have_count(3)
        desk.check()
        page.select_option("[name=state]", "exception")
        expect(page.locator("#list-offline-lines tbody tr")).to_have_count(1)
        page.click("#list-offline-lines a[href^='/merchant/exceptions/']")
        desk.check()
        desk.go(f"/merchant/allowances/{grant.allowance}")
        page.dblclick("form[action$='/end'] button")
        expect(page.locator("form[action$='/end']")).to_have_count(0)
        for path in ("/merchant/terminals", "/merchant/offline", "/merchant/allowances"):
            desk.go(path)
            desk.check()
        end_key_and_look(live, desk, terminal, grant.allowance)
    made = live.db.execute("SELECT count(*) FROM till.allowance").fetchone()
    assert made == ((1,) if language == "en" else (2,))
    assert broken_laws(live.db) == {}


def end_key_and_look(live: Live, desk: Window, terminal: int, allowance: int) -> None:
    """End the key in two tabs; then the operator looks at what there was."""
    page, a = desk.page, live.world.organisations["A"]
    desk.go(f"/merchant/terminals/{terminal}")
    other = desk.context.new_page()
    other.goto(f"{desk.base}/merchant/terminals/{terminal}")
    for tab in (page, other):
        tab.click("form[action$='/key/end'] button")
    expect(other.locator("[data-refusal=terminal-key-missing]")).to_be_visible()
    desk.context.clear_cookies()
    desk.sign_in(open_session(live.db, live.people["auditor"]))
    for what in ("offline", "allowances", f"allowances/{allowance}"):
        desk.go(f"/operator/organisations/{a}/{what}")
        desk.check()
