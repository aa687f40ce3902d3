"""Signing in through the browser: password, second factor, language, dark, signing out."""

import secrets

import pyotp

from tests.web import browser
from tests.web.serving import Live
from tongbao.access import bearer, invitations, passwords
from tongbao.kernel import clock

PASSWORD = "a-long-enough-one"


def set_password(live: Live, role: str) -> None:
    at = clock.now()
    with live.db.transaction():
        secret = secrets.token_urlsafe(bearer.BYTES)
        token = invitations.invite(live.db, live.people[role], secret, by="Lin", at=at)
        salt = secrets.token_bytes(passwords.SALT)
        invitations.redeem(live.db, token, PASSWORD, salt, at)


def test_somebody_signs_in_sets_a_second_factor_up_and_signs_out(live: Live) -> None:
    set_password(live, "admin")
    with browser.window(live.chromium, live.base, language="en-GB") as window:
        page = window.page
        window.go("/operator/organisations?sort=name")
        page.get_by_label("Name to sign in with").fill("admin@test")
        page.get_by_label("Password").fill("something-else-1")
        page.get_by_role("button", name="Sign in").click()
        assert "do not let anybody in" in page.get_by_role("alert").inner_text()
        window.check()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/operator/organisations?sort=name")  # where it was wanted to be

        page.get_by_role("button", name="中文").click()
        page.get_by_role("heading", name="机构", exact=True).wait_for()
        page.get_by_role("button", name="English").click()
        page.get_by_role("heading", name="Organisations").wait_for()
        before = page.locator("html").get_attribute("data-bs-theme")
        page.get_by_role("button", name="Light or dark").click()
        assert page.locator("html").get_attribute("data-bs-theme") != before
        page.reload()
        assert page.locator("html").get_attribute("data-bs-theme") != before

        window.go("/account")
        page.get_by_role("button", name="Set it up").click()
        secret = page.locator("main code").inner_text()
        window.check()
        page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
        page.get_by_role("button", name="Confirm").click()
        codes = page.locator("#codes li").all_inner_texts()
        assert len(codes) == 10
        window.check()

        page.locator("summary", has_text="林晓明").click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in")
        page.get_by_label("Name to sign in with").fill("admin@test")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/code**")
        window.go("/operator")  # nothing is seen before the code is given
        page.wait_for_url("**/code**")
        page.get_by_label("Code").fill(codes[0])
        page.get_by_role("button", name="Go on").click()
        page.wait_for_url("**/operator")
        window.check()
