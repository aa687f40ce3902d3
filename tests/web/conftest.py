"""The pages in this process, with a small alliance behind them and somebody in each role."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.web import browser
from tests.web.serving import Live, Served, people, run, url_of
from tests.world import build
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.web import assets


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is looked at in a browser, and give it a second try.

    The browser is a program of others with clocks of its own, and shares a machine with the rest:
    once may be an accident, which the summary counts; twice is a fault.
    """
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    """Skip what cannot be shown: without Node.js there are no pages."""
    if not assets.built():
        pytest.skip("the assets of the pages are not built: `make assets` needs Node.js")


@pytest.fixture(scope="module")
def served(module_db: Connection) -> Iterator[Served]:
    """Serve the pages of an alliance of A and B in this process, with somebody in each role."""
    world = build(module_db, {name: Terms() for name in "AB"})
    with run(Settings(database_url=url_of(module_db))) as client:
        yield Served(client=client, db=module_db, world=world, people=people(module_db, world))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the browser; where there is none, the tests that need it are skipped.

    It ends with the file: as long as it runs, no test of the process can run a loop of its own.
    """
    if browser.FOUND is None:
        pytest.skip(browser.SKIPPED)
    with sync_playwright() as playwright:
        started = browser.launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="module")
def live(chromium: Browser, module_db: Connection) -> Iterator[Live]:
    """Serve the pages of an alliance on a port, for a browser."""
    world = build(module_db, {name: Terms() for name in "AB"})
    with browser.listening(Settings(database_url=url_of(module_db))) as base:
        yield Live(
            chromium=chromium, base=base, db=module_db, world=world, people=people(module_db, world)
        )
