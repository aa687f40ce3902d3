"""Write a picture of every page: ``python -m tests.web.screenshots [FOLDER] [PART OF A PATH]``.

It looks at the database that the settings name, which ``make demo`` fills, and signs in as the
demo's people do, by a session of its own.
"""

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.web import browser
from tests.web.looked_at import LOOKS, MEMBER, Look, paths
from tests.web.phones import member_session
from tests.web.serving import open_session
from tongbao.access import staff
from tongbao.cli.demo import DATABASE
from tongbao.kernel import db, settings
from tongbao.kernel.db import Connection
from tongbao.web import who

SIGHTS = (
    ("desk-zh", browser.DESK, "zh-CN", "light"),
    ("desk-en-dark", browser.DESK, "en-GB", "dark"),
    ("phone-zh", browser.PHONE, "zh-CN", "light"),
    ("phone-en-dark", browser.PHONE, "en-GB", "dark"),
)


def main(folder: Path, part: str) -> None:
    """Look at every page whose path has ``part`` in it."""
    if browser.FOUND is None:
        sys.exit(browser.SKIPPED)
    found = settings.load(
        os.environ | {"TONGBAO_DATABASE": os.environ.get("TONGBAO_DATABASE", DATABASE)}
    )
    with db.connect(found) as conn, browser.listening(found) as base, sync_playwright() as driver:
        started = browser.launch(driver)
        for name, size, language, theme in SIGHTS:
            with browser.window(
                started, base, size=size, language=language, color_scheme=theme
            ) as window:
                for look in LOOKS:
                    for path in paths(conn, look):
                        if part in path:
                            _look(conn, window, look, path, folder / name)
        started.close()


def _look(conn: Connection, window: browser.Window, look: Look, path: str, folder: Path) -> None:
    window.context.clear_cookies()
    if look.login is not None:
        window.sign_in(open_session(conn, staff.find(conn, look.login).id))
    if look.member:
        (member,) = conn.execute(MEMBER).fetchone() or (0,)
        window.sign_in(member_session(conn, member), who.MEMBER_COOKIE)
    window.go(path)
    name = path.strip("/").replace("/", "-").replace("?", "_") or "home"
    browser.shot(window.page, folder / f"{name}.png")
    try:
        window.check()
    except AssertionError as wrong:
        print(f"{folder.name} {path}: {wrong}")
    window.troubles.clear()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"), (sys.argv[2:] or [""])[0])
