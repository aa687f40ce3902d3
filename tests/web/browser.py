"""A real browser that looks at the pages: the system's Chromium, driven by Playwright.

It is found as ``chromium`` on the PATH or named by ``CHROMIUM``. Whatever a page does wrong in it
fails the test: an error in the console, a request to another host.
"""

import asyncio
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from granian.constants import Interfaces
from granian.server.embed import Server
from msgspec import Struct, field
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.shape.files import ROOT
from tongbao.kernel.settings import Settings
from tongbao.web import app, who

FOUND: Final = os.environ.get("CHROMIUM") or shutil.which("chromium")
SKIPPED: Final = "browser tests are skipped: there is no Chromium; `make browser` installs it"
AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PHONE: Final = (390, 844)
DESK: Final = (1440, 900)
WEIGHT: Final = """() => [
  document.querySelector("[data-chart]") ? "with charts" : "without charts",
  (navigator.serviceWorker?.controller ? ["navigation"] : ["navigation", "resource"])
    .flatMap((kind) => performance.getEntriesByType(kind))
    .reduce((sum, entry) => sum + entry.encodedBodySize, 0),
]"""
HEAVIEST: Final = {"with charts": 500_000, "without charts": 150_000}
"""Bytes of a page with all that belongs to it, as they are sent; what a service worker has kept is
not sent."""
FLAGS: Final = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
]


class Window(Struct):
    """One person's browser: a page, and what has gone wrong on it."""

    page: Page
    context: BrowserContext
    base: str
    troubles: list[str] = field(default_factory=list)

    def sign_in(self, token: str, cookie: str = who.COOKIE) -> None:
        """Be whom a session belongs to."""
        self.context.add_cookies([{"name": cookie, "value": token, "url": self.base}])

    def go(self, path: str) -> None:
        """Go to a page and wait until it is there, pictures included."""
        self.page.goto(self.base + path)
        self.settle()

    def settle(self) -> None:
        """Wait until charts are drawn."""
        self.page.wait_for_load_state("load")
        self.page.wait_for_function(
            "() => [...document.querySelectorAll('[data-chart]')].every((c) => c.dataset.drawn)"
        )

    def check(self) -> None:
        """Fail on whatever went wrong, on serious findings of axe, and on what is cut off."""
        assert not self.troubles, self.troubles
        found = serious(self.page)
        assert not found, "\n".join([self.page.url, *found])
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not self.page.evaluate(wide), f"{self.page.url} is wider than the window"
        kind, weight = self.page.evaluate(WEIGHT)
        assert weight < HEAVIEST[kind], f"{self.page.url} weighs {weight} bytes, {kind}"


def serious(page: Page) -> list[str]:
    """Give what axe finds serious on a page: which rule, and where."""
    # Through the protocol, not as a script of the page, whose policy forbids it.
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"][:3]
    ]


def launch(playwright: Playwright) -> Browser:
    """Start the browser."""
    return playwright.chromium.launch(executable_path=FOUND, args=FLAGS)


@contextmanager
def window(
    browser: Browser,
    base: str,
    *,
    size: tuple[int, int] = DESK,
    language: str = "zh-CN",
    **more: Any,
) -> Iterator[Window]:
    """Open a browser window of its own, as a person with nothing but it would."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale=language, reduced_motion="reduce",
        **more,
    )  # fmt: skip
    page = context.new_page()
    opened = Window(page=page, context=context, base=base)
    host = urlsplit(base).netloc

    def on_console(message: Any) -> None:
        # A page that says 422 is meant to; the browser logs each such answer as an error.
        if message.type == "error" and "Failed to load resource" not in message.text:
            opened.troubles.append(message.text)

    def on_request(request: Any) -> None:
        target = urlsplit(request.url)
        if target.scheme in ("http", "https", "ws", "wss") and target.netloc != host:
            opened.troubles.append(f"asked another host: {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: opened.troubles.append(str(error)))
    context.on("request", on_request)
    page.set_default_timeout(15_000)
    try:
        yield opened
    finally:
        context.close()


@contextmanager
def listening(settings: Settings) -> Iterator[str]:
    """Serve the pages on a free port in a thread of this process; give the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    loop = asyncio.new_event_loop()
    server = Server(
        app.make(settings), address="127.0.0.1", port=port, interface=Interfaces.ASGI,
        log_enabled=False,
    )  # fmt: skip

    def serve() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(server.serve())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        _wait_for(port, thread)
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(20)


def _wait_for(port: int, thread: threading.Thread) -> None:
    while thread.is_alive():
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            thread.join(0.02)
        else:
            return
    raise AssertionError("the server ended before it began")


def shot(page: Page, path: Path) -> None:
    """Write what is seen of a whole page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=True)
