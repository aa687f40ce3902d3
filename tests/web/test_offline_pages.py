"""Offline tills in the consoles: a key that is shown once, an allowance, what came home late."""

import re
import secrets
from datetime import timedelta

import msgspec
import pytest

from tests.web.homecoming import come_home
from tests.web.serving import Served
from tests.web.stepping import step_up
from tests.world import broken_laws, one
from tongbao.alliance import terminals
from tongbao.desk import exceptions
from tongbao.kernel import clock
from tongbao.kernel.settings import DEVELOPMENT_SECRET
from tongbao.points import operations as ops
from tongbao.till import signed
from tongbao.till.offline_till import OfflineTill
from tongbao.till.signed import Grant

SIZES = {"spend_points": "100", "member_points": "60", "award_amount": "1,000", "days": "7"}


@pytest.fixture(scope="module")
def till(served: Served) -> str:
    """Give the page of a terminal at A; the first member has points of A."""
    world = served.world
    given = ops.Award(
        key="given", scope=world.organisations["A"], member=world.members[0],
        outlet=world.outlets["A"], points=5_000,
    )  # fmt: skip
    one(served.db, given, clock.now())
    with served.db.transaction():
        made = terminals.add(served.db, world.outlets["A"], "t1")
        terminals.add(served.db, world.outlets["B"], "b1")
    return f"/merchant/terminals/{made.id}"


def granted(served: Served, page: str) -> Grant:
    """Give the terminal of a page an allowance, and its grant as it is downloaded."""
    sent = served.send(f"{page}/allowances", SIZES)
    assert sent.status_code == 303, sent.text
    content = served.get(sent.headers["location"] + "/grant").content
    return msgspec.json.decode(content, type=Grant)


def test_a_key_is_made_here_and_shown_once(served: Served, till: str) -> None:
    served.sign_in("manager")
    asked = served.send(f"{till}/key", {"how": "made"})
    assert asked.headers["location"].startswith(("/code", "/account"))
    step_up(served, "manager")
    assert "Has no key" in served.get("/merchant/terminals").text
    assert "Let it work offline" not in served.get(till).text
    assert "has registered no key" in served.send(f"{till}/allowances", SIZES).text
    key = secrets.token_urlsafe(18)
    first = served.send(f"{till}/key", {"how": "made"}, key=key)
    seed = re.search(r'id="secret"[^>]*>([0-9a-f]{64})<', first.text)
    assert seed is not None
    again = served.send(f"{till}/key", {"how": "made"}, key=key)
    assert (again.status_code, again.headers["location"]) == (303, till)
    page = served.get(till).text
    assert OfflineTill(bytes.fromhex(seed[1])).public_key in page
    assert seed[1] not in page
    assert "Has a key and no allowance" in served.get("/merchant/terminals").text


@pytest.mark.parametrize("wrong", ["", "12", "zz" * 32, "a" * 63])
def test_a_key_that_is_none_is_refused_beside_its_field(
    served: Served, till: str, wrong: str
) -> None:
    step_up(served, "manager")
    answer = served.send(f"{till}/key", {"how": "own", "public_key": wrong})
    assert (answer.status_code, 'id="why-public_key"' in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("days", "0"),
        ("days", "32"),
        ("days", "x"),
        ("days", ""),
        ("spend_points", "-1"),
        ("member_points", "x"),
        ("award_amount", "9" * 40),
    ],
)
def test_what_is_not_allowed_is_said_beside_its_field(
    served: Served, till: str, field: str, wrong: str
) -> None:
    step_up(served, "manager")
    answer = served.send(f"{till}/allowances", SIZES | {field: wrong})
    assert (answer.status_code, f'id="why-{field}"' in answer.text) == (422, True)


def test_what_came_home_is_listed_with_what_became_of_it(served: Served, till: str) -> None:
    step_up(served, "manager")
    box, world = OfflineTill(b"7" * 32), served.world
    sent = served.send(f"{till}/key", {"how": "own", "public_key": box.public_key.upper()})
    assert sent.headers["location"] == till
    grant = granted(served, till)
    box.take(grant, signed.public_hex(signed.operators_key(DEVELOPMENT_SECRET)))
    at = grant.valid_from
    lines = [
        box.spend("card", "CARD000000", 6_000, 4_000, at),
        box.spend("card", "CARD000001", 9_000, 2_000, at),
        box.spend("card", "NOBODY", 9_000, 100, at),
        box.award("card", "CARD000001", 12_300, at),
    ]
    ends = come_home(served.db, world.organisations["A"], lines, late=timedelta(hours=3))
    assert ends == ["posted", "exception", "identity-not-found", "posted"]
    page = served.get("/merchant/offline?search=not enough").text
    assert page.count("<tr") == 1 + 1
    page = served.get("/merchant/offline").text
    assert page.count("<tr") == 1 + 4
    for text in (
        "¥123.00", "Posted", "Not covered", "Refused", "there were not enough points",
        "Waits for somebody", "nobody is a member with this phone or card", "****0001", "3 hours",
    ):  # fmt: skip
        assert text in page, text
    assert "CARD000001" not in page
    (item,) = exceptions.listed(served.db, "advice", now=clock.now())
    assert f"/merchant/exceptions/{item.id}" in page
    with served.db.transaction():
        exceptions.close_item(
            served.db, item.id, by="Lin", how="written-off", reason="x", at=clock.now()
        )
    rows = served.get("/merchant/offline?state=exception&format=csv").text.splitlines()
    assert (len(rows), "Written off" in rows[1]) == (2, True)
    mine = served.get(f"/merchant/allowances/{grant.allowance}").text
    assert "What came home of it" in mine
    assert "¥1,000.00" in mine
    row = served.get(f"{till}?format=csv").text.splitlines()[1]
    assert ",60.00,100.00,123.00,1000.00,4," in row
    assert "May work offline" in served.get("/merchant/terminals").text
    assert broken_laws(served.db) == {}


def test_an_allowance_and_a_key_are_ended(served: Served, till: str) -> None:
    step_up(served, "manager")
    grant = granted(served, till)
    page = f"/merchant/allowances/{grant.allowance}"
    assert "Download the grant" in served.get(page).text
    for _ in range(2):
        assert served.send(f"{page}/end", {}).headers["location"] == page
    shown = served.get(page).text
    assert "Ended early" in shown
    assert "Download the grant" not in shown
    assert served.send(f"{till}/key/end", {}).headers["location"] == till
    late = served.send(f"{till}/key/end", {})
    assert (late.status_code, "terminal-key-missing" in late.text) == (422, True)
    assert "Without a key" in served.get(till).text
    step_up(served, "auditor")
    log = served.get("/operator/audit").text
    for text in ("Terminal&#39;s key registered", "Offline allowance given", "key ended"):
        assert text in log, text


def test_the_operator_sees_the_same_and_others_nothing(served: Served, till: str) -> None:
    a, b = (served.world.organisations[name] for name in "AB")
    served.sign_in("auditor")
    page = served.get(f"/operator/organisations/{a}/offline").text
    assert page.count("<tr") == 1 + 4
    link = re.search(rf"/operator/organisations/{a}/allowances/\d+", page)
    assert link is not None
    assert "What it allows" in served.get(link[0]).text
    assert link[0] in served.get(f"/operator/organisations/{a}/allowances").text
    assert served.get(link[0].replace(f"/{a}/", f"/{b}/")).status_code == 404
    assert f"/operator/organisations/{a}/offline" in served.get(
        f"/operator/organisations/{a}"
    ).text  # fmt: skip
    step_up(served, "finance")
    assert "Let it work offline" not in served.get(till).text
    assert served.send(f"{till}/key", {"how": "made"}).status_code == 404
    (other,) = served.db.execute(
        "SELECT id FROM alliance.terminal WHERE code = 'b1'"
    ).fetchone() or (0,)  # fmt: skip
    step_up(served, "manager")
    assert served.get(f"/merchant/terminals/{other}").status_code == 404
    given = {"how": "own", "public_key": "0" * 64}
    assert "terminal-not-found" in served.send(f"/merchant/terminals/{other}/key", given).text
