"""Every page of the consoles, as its reader sees it: both languages, desk and phone, no trouble."""

import pytest

from tests.joining.wanting import apply
from tests.web import browser
from tests.web.serving import Live, open_session
from tongbao.joining import applications, decide
from tongbao.kernel import clock

PAGES = [
    (None, "/sign-in"),
    ("admin", "/account"),
    ("admin", "/operator"),
    ("admin", "/operator/organisations"),
    ("admin", "/operator/organisations/new"),
    ("admin", "/operator/organisations/{organisation}"),
    ("admin", "/operator/organisations/{organisation}/contract"),
    ("auditor", "/operator/organisations/{organisation}/default"),
    (None, "/join"),
    (None, "/join/apply?province=330000"),
    (None, "/join/{link}"),
    ("admin", "/operator/applications"),
    ("admin", "/operator/applications/{application}"),
    ("admin", "/operator/members"),
    ("admin", "/operator/members/{member}"),
    ("marketer", "/operator/operations"),
    ("settlement", "/operator/windows"),
    ("settlement", "/operator/settlements"),
    ("auditor", "/operator/exceptions"),
    ("auditor", "/operator/decisions"),
    ("auditor", "/operator/proposals"),
    ("admin", "/operator/organisations/{organisation}/propose/money"),
    ("settlement", "/operator/organisations/{organisation}/propose/account"),
    ("settlement", "/operator/disputes/new"),
    ("settlement", "/operator/fund"),
    ("settlement", "/operator/bank"),
    ("settlement", "/operator/bank/lines"),
    ("admin", "/operator/places"),
    ("auditor", "/operator/settings"),
    ("admin", "/operator/members/{member}/privacy"),
    ("auditor", "/operator/liability"),
    ("admin", "/operator/staff/new"),
    ("auditor", "/operator/audit"),
]


@pytest.mark.parametrize(("size", "language"), [(browser.DESK, "en"), (browser.PHONE, "zh-CN")])
def test_every_page_is_in_order(live: Live, size: tuple[int, int], language: str) -> None:
    link = apply(live.db)
    found = applications.look(live.db, link)
    decide.ask(live.db, found.id, "Whose account is it?", by="Lin", at=clock.now())
    ids = {
        "organisation": live.world.organisations["A"],
        "member": live.world.members[0],
        "link": link,
        "application": found.id,
    }
    with browser.window(live.chromium, live.base, size=size, language=language) as window:
        for role, path in PAGES:
            window.context.clear_cookies()
            if role:
                window.sign_in(open_session(live.db, live.people[role]))
            window.go(path.format(**ids))
            window.check()
