"""What a cashier does at the till, in a browser: a bill, a scan, what is read."""

import re
import time

from playwright.sync_api import Page, expect

from tests.web.browser import Window
from tests.web.serving import Live, open_session


def bill(page: Page, digits: str) -> None:
    """Type a bill on the keypad."""
    for digit in digits:
        page.click(f"[data-key='{digit}']")


def scanned(page: Page, text: str) -> None:
    """Let a keyboard wedge type: its keys bear their own times, however busy this machine is."""
    wedge = page.context.new_cdp_session(page)
    at = time.time()
    for key in (*text, "Enter"):
        at += 0.004
        typed = {"key": key, "text": "\r" if key == "Enter" else key}
        wedge.send("Input.dispatchKeyEvent", {"type": "keyDown", "timestamp": at, **typed})
        wedge.send("Input.dispatchKeyEvent", {"type": "keyUp", "timestamp": at, "key": key})
    wedge.detach()


def till(live: Live, window: Window) -> Page:
    """Open the till as its cashier."""
    window.sign_in(open_session(live.db, live.people["cashier"]))
    window.go("/till")
    expect(window.page).to_have_url(re.compile("/till/at/A$"))
    return window.page


def shows(page: Page, name: str, text: str) -> None:
    expect(page.locator(f"[data-{name}]")).to_have_text(text)
