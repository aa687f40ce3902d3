"""What the numbers of a wallet are made of, and that each leads there."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest

from tests.web.serving import Served
from tests.web.test_members_own import Phone
from tests.world import one
from tongbao.kernel import clock
from tongbao.points import operations as ops

NOW = clock.now()
SOON = NOW + timedelta(days=30)
LATER = NOW + timedelta(days=60)


@pytest.fixture
def phone(served: Served) -> Phone:
    """Give a member points of two issuers: some end, some are pending, some are held."""
    phone = Phone(served)
    earn(phone, "A", 1_000, expires_at=LATER)
    earn(phone, "A", 2_000, expires_at=SOON)
    earn(phone, "A", 400)
    earn(phone, "B", 500, release_at=SOON)
    held = ops.Hold(
        key=f"hold-{phone.member}",
        scope=served.world.organisations["B"],
        member=phone.member,
        outlet=served.world.outlets["B"],
        points=700,
    )
    assert one(served.db, held, NOW).refusal is None
    return phone


def earn(phone: Phone, issuer: str, points: int, **more: Any) -> None:
    world = phone.served.world
    given = ops.Award(
        key=f"earn-{phone.member}-{issuer}-{points}",
        scope=world.organisations[issuer],
        member=phone.member,
        outlet=world.outlets[issuer],
        points=points,
        **more,
    )
    assert one(phone.served.db, given, NOW).refusal is None


def rows(phone: Phone, path: str) -> list[dict[str, str]]:
    """Give the rows of the file of what a path shows."""
    text = phone.get(f"{path}{'&' if '?' in path else '?'}format=csv").text
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def links(page: str) -> list[str]:
    """Give where the numbers of a wallet lead."""
    found = re.findall(r'href="(/m/(?:points|history/)[^"]*)"', page)
    return [path.replace("&amp;", "&") for path in found]


def test_each_number_of_a_wallet_leads_to_what_it_is_made_of(phone: Phone) -> None:
    page = phone.get("/m").text
    paths = links(page)
    sums = {path: sum(float(row["Points"]) for row in rows(phone, path)) for path in paths
            if path.startswith("/m/points")}  # fmt: skip
    assert sums["/m/points?state=available"] == 27
    assert sums["/m/points?state=pending"] == 5
    assert sums["/m/points?state=held"] == 7
    assert sums["/m/points?code=A"] == 34
    assert sums["/m/points?code=B"] == 5
    # What ends first was held first.
    days = [path for path in sums if "since=" in path]
    assert [sums[path] for path in days] == [13, 10]
    assert sums["/m/points"] == 39
    for path in paths:
        assert phone.get(path).status_code == 200, path


def test_each_part_leads_to_what_gave_it(phone: Phone) -> None:
    page = phone.get("/m/points").text
    receipts = [path for path in links(page) if path.startswith("/m/history/")]
    assert len(receipts) == 5
    for path in receipts:
        assert "Points earned" in phone.get(path).text


def test_what_a_purchase_took_leads_to_what_gave_it(served: Served, phone: Phone) -> None:
    spent = ops.Purchase(
        key=f"spend-{phone.member}",
        scope=served.world.organisations["B"],
        member=phone.member,
        outlet=served.world.outlets["B"],
        amount=1_500,
        points=1_500,
    )
    done = one(served.db, spent, NOW)
    assert done.refusal is None
    given = links(phone.get(f"/m/history/{done.operation}").text)
    assert len(given) == 2
    for path in given:
        assert "Points earned" in phone.get(path).text


def test_points_are_put_in_order_and_those_that_never_end_come_last(phone: Phone) -> None:
    found = rows(phone, "/m/points?state=available")
    assert [row["Points"] for row in found] == ["13.00", "10.00", "4.00"]
    assert found[-1]["Expires"] == "never expire"
    most = rows(phone, "/m/points?sort=-points")
    assert [row["Points"] for row in most] == ["13.00", "10.00", "7.00", "5.00", "4.00"]


def test_nobody_sees_the_points_of_another(served: Served, phone: Phone) -> None:
    other = Phone(served)
    page = other.get("/m/points").text
    assert "No points yet" in page
    assert rows(other, "/m/points") == []
    assert all("format=csv" in path for path in links(page))


def test_what_is_owed_is_said_with_whom_it_is_owed_to(served: Served) -> None:
    phone = Phone(served)
    earn(phone, "A", 1_000)
    award = served.db.execute(
        "SELECT max(id) FROM ledger.operation WHERE owner_id = %s", (phone.member,)
    ).fetchone()
    assert award is not None
    spent = ops.Purchase(
        key=f"spend-{phone.member}",
        scope=served.world.organisations["B"],
        member=phone.member,
        outlet=served.world.outlets["B"],
        amount=1_000,
        points=1_000,
    )
    back = ops.Refund(
        key=f"back-{phone.member}", scope=served.world.organisations["A"], original=award[0]
    )
    for op in (spent, back):
        assert one(served.db, op, NOW).refusal is None
    page = phone.get("/m").text
    assert 'href="#owing"' in page
    assert 'href="/m/history?search=A"' in page
