"""What the operator sets, in a browser: limits, and the amounts from which on a proof is asked for.

Each is sent wrong first, then twice at once, and once more from a tab that knew nothing of it.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.web import browser
from tests.web.browser import Window
from tests.web.serving import Live
from tests.web.stepping import fresh
from tongbao.points import caps

HERE = "/operator/settings"


@pytest.mark.parametrize(("size", "language"), [(browser.DESK, "en"), (browser.PHONE, "zh-CN")])
def test_limits_and_proofs_are_set_once(live: Live, size: tuple[int, int], language: str) -> None:
    before = len(caps.limits_of(live.db)), len(caps.step_ups_of(live.db))
    with browser.window(live.chromium, live.base, size=size, language=language) as window:
        window.sign_in(fresh(live.db, live.people["admin"]))
        other = window.context.new_page()
        for tab in (window.page, other):
            tab.goto(window.base + HERE)
        ask_for_proof(window, other, "otp", "500" if language == "en" else "800")
        set_limit(window, other, "20" if language == "en" else "30")
    (proof,) = caps.step_ups_of(live.db)[before[1] :]
    assert (proof.proof, proof.set_by, proof.reason) == ("otp", "admin@test", "as agreed")
    assert proof.points == (50_000 if language == "en" else 80_000)
    (limit,) = caps.limits_of(live.db)[before[0] :]
    assert (limit.subject, limit.measure, limit.span) == ("member", "spend", "day")
    assert (limit.uses, limit.points) == (20 if language == "en" else 30, None)


def ask_for_proof(window: Window, other: Page, proof: str, points: str) -> None:
    """Say from how many points on a one-time code is asked for."""
    page = window.page
    form = page.locator(f"form[action='{HERE}/proof']")
    form.locator("[name=proof]").select_option(proof)
    form.locator("[name=from_points]").fill("many")
    form.locator("[name=why]").fill("as agreed")
    form.locator("button").click()
    expect(page.locator("#why-from_points")).to_be_visible()
    # What was typed stays, and the form beside it is as it was.
    expect(form.locator("[name=why]")).to_have_value("as agreed")
    expect(page.locator("[name=measure]")).to_have_value("spend")
    window.check()
    form.locator("[name=from_points]").fill(points)
    form.locator("button").dblclick()
    page.wait_for_url(f"**{HERE}")
    expect(page.locator(".list-group-item", has_text=points)).to_have_count(1)
    window.check()
    late = other.locator(f"form[action='{HERE}/proof']")
    late.locator("[name=proof]").select_option(proof)
    late.locator("[name=from_points]").fill(points)
    late.locator("[name=why]").fill("as agreed")
    late.locator("button").click()
    other.wait_for_url(f"**{HERE}")
    expect(other.locator(".list-group-item", has_text=points)).to_have_count(1)
    page.reload()
    expect(page.locator(".list-group-item", has_text=points)).to_have_count(1)


def set_limit(window: Window, other: Page, uses: str) -> None:
    """Say how often a member may spend in a day."""
    window.go(HERE)
    page = window.page
    form = page.locator(f"form[action='{HERE}/limit']")
    form.locator("[name=uses]").fill(uses)
    form.locator("[name=organisation]").fill("nobody")
    form.locator("[name=reason]").fill("as agreed")
    form.locator("button").click()
    expect(page.locator("#why-organisation")).to_be_visible()
    window.check()
    form.locator("[name=organisation]").fill("")
    form.locator("button").dblclick()
    page.wait_for_url(f"**{HERE}")
    expect(page.locator("main table").first.locator("tbody tr")).to_have_count(1)
    window.check()
    late = other.locator(f"form[action='{HERE}/limit']")
    late.locator("[name=uses]").fill(uses)
    late.locator("[name=reason]").fill("as agreed")
    late.locator("button").click()
    other.wait_for_url(f"**{HERE}")
    expect(other.locator("main table").first.locator("tbody tr")).to_have_count(1)
