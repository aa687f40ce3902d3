"""Every page of the merchant's console, as its reader sees it: both languages, desk and phone."""

import pytest

from tests.web import browser
from tests.web.serving import Live, open_session
from tests.world import one
from tongbao.kernel import clock
from tongbao.points import operations as ops
from tongbao.reconcile import disputes
from tongbao.reconcile.types import Opening

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
    ("finance", "/merchant/claims/{claim}"),
    ("finance", "/merchant/operations/{claim}/dispute"),
    ("finance", "/merchant/disputes/new"),
    ("finance", "/merchant/debt"),
    ("finance", "/merchant/positions"),
    ("finance", "/merchant/positions/1"),
    ("finance", "/merchant/positions/1/claim_due/{other}"),
    ("finance", "/merchant/counterparties"),
    ("finance", "/merchant/counterparties/{other}"),
    ("finance", "/merchant/settlements"),
    ("finance", "/merchant/disputes"),
    ("manager", "/merchant/disputes/{dispute}"),
    ("manager", "/merchant/exceptions"),
]


@pytest.fixture(scope="module")
def lived(live: Live) -> Live:
    """Give a member points of A and B, let them be spent at the other, and B dispute it."""
    world, at = live.world, clock.now()
    member, a, b = world.members[0], world.organisations["A"], world.organisations["B"]
    for name, whose in (("A", a), ("B", b)):
        given = ops.Award(
            key="given", scope=whose, member=member, outlet=world.outlets[name], points=10_000
        )
        one(live.db, given, at)
    for name, whose in (("A", a), ("B", b)):
        lines = (ops.Line(id="tea", amount=4_000), ops.Line(id="cup", amount=4_000))
        bill = ops.Purchase(
            key="bill", scope=whose, member=member, outlet=world.outlets[name], amount=8_000,
            points=7_500, lines=lines,
        )  # fmt: skip
        one(live.db, bill, at)
    opening = Opening(
        kind="missing", creditor_id=b, debtor_id=a, amount=1_200, reason="never posted",
        evidence="the paper", reference="R-7",
    )  # fmt: skip
    with live.db.transaction():
        disputes.open_dispute(live.db, opening, by="Lin", at=at)
    return live


def ids_of(lived: Live) -> dict[str, int]:
    """Give what stands for the ids in paths."""
    bills = lived.db.execute(
        "SELECT id FROM ledger.operation WHERE kind = 'purchase' ORDER BY organisation_id"
    ).fetchall()
    found = lived.db.execute("SELECT max(id) FROM reconcile.dispute").fetchone() or (0,)
    return {
        "operation": bills[0][0],
        "claim": bills[1][0],
        "dispute": found[0],
        "other": lived.world.organisations["B"],
        "outlet": lived.world.outlets["A"],
        "person": lived.people["cashier"],
    }


@pytest.mark.parametrize(("size", "language"), [(browser.DESK, "en"), (browser.PHONE, "zh-CN")])
def test_every_page_is_in_order(lived: Live, size: tuple[int, int], language: str) -> None:
    ids = ids_of(lived)
    with browser.window(lived.chromium, lived.base, size=size, language=language) as window:
        for role, path in PAGES:
            window.context.clear_cookies()
            window.sign_in(open_session(lived.db, lived.people[role]))
            window.go(path.format(**ids))
            window.check()


@pytest.mark.parametrize(
    ("size", "language", "refund", "back"),
    [
        (browser.DESK, "en", "Refund", "The refund is posted."),
        (browser.PHONE, "zh-CN", "退货", "退货已入账"),
    ],
)
def test_a_line_is_refunded_from_the_overview_on(
    lived: Live, size: tuple[int, int], language: str, refund: str, back: str
) -> None:
    with browser.window(lived.chromium, lived.base, size=size, language=language) as window:
        window.sign_in(open_session(lived.db, lived.people["manager"]))
        window.go("/merchant")
        page = window.page
        page.locator("a[href*='/merchant/operations?since']").first.click()
        window.settle()
        page.locator(f"a[href='/merchant/operations/{ids_of(lived)['operation']}']").first.click()
        window.settle()
        page.fill("[name='back:cup']", "5")
        page.get_by_role("button", name=refund, exact=True).click()
        window.settle()
        assert back in page.locator("#toasts").inner_text()
        window.check()
