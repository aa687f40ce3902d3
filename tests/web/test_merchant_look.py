"""Every page of the merchant's console, as its reader sees it: both languages, desk and phone."""

import pytest

from tests.web import browser
from tests.web.serving import Live, open_session
from tests.world import one
from tongbao.kernel import clock
from tongbao.points import operations as ops

PAGES = [
    ("manager", "/merchant"),
    ("finance", "/merchant?days=30"),
    ("manager", "/merchant/operations"),
    ("manager", "/merchant/operations/{operation}"),
    ("finance", "/merchant/newcomers"),
    ("manager", "/merchant/outlets"),
    ("manager", "/merchant/outlets/new"),
    ("manager", "/merchant/outlets/{outlet}"),
    ("finance", "/merchant/outlets/{outlet}/operations"),
    ("manager", "/merchant/terminals"),
    ("manager", "/merchant/staff"),
    ("manager", "/merchant/staff/new"),
    ("manager", "/merchant/staff/{person}"),
    ("manager", "/merchant/exceptions"),
]


@pytest.fixture(scope="module")
def lived(live: Live) -> Live:
    """Give a member points of B, and let them be spent at A."""
    world, at = live.world, clock.now()
    member, a, b = world.members[0], world.organisations["A"], world.organisations["B"]
    one(
        live.db,
        ops.Award(key="b1", scope=b, member=member, outlet=world.outlets["B"], points=10_000),
        at,
    )
    one(
        live.db,
        ops.Purchase(
            key="a1", scope=a, member=member, outlet=world.outlets["A"], amount=9_000, points=4_000
        ),
        at,
    )
    return live


@pytest.mark.parametrize(("size", "language"), [(browser.DESK, "en"), (browser.PHONE, "zh-CN")])
def test_every_page_is_in_order(lived: Live, size: tuple[int, int], language: str) -> None:
    (operation,) = lived.db.execute(
        "SELECT id FROM ledger.operation WHERE kind = 'purchase'"
    ).fetchone() or (0,)
    ids = {
        "operation": operation,
        "outlet": lived.world.outlets["A"],
        "person": lived.people["cashier"],
    }
    with browser.window(lived.chromium, lived.base, size=size, language=language) as window:
        for role, path in PAGES:
            window.context.clear_cookies()
            window.sign_in(open_session(lived.db, lived.people[role]))
            window.go(path.format(**ids))
            window.check()
