"""Positions of a merchant: every number down to the operation behind it, and nobody else's."""

import csv
import re
from datetime import timedelta

import pytest

from tests.web.serving import Served
from tests.world import one
from tongbao.clearing import booking, settlements, windows
from tongbao.kernel import clock
from tongbao.points import operations as ops


@pytest.fixture(scope="module")
def lived(served: Served) -> Served:
    """Let points of B be spent at A, and points of A at B; close the window and settle it."""
    world, at = served.world, clock.now()
    for name in "AB":
        given = ops.Award(
            key="given", scope=world.organisations[name], member=world.members["AB".index(name)],
            outlet=world.outlets[name], points=10_000,
        )  # fmt: skip
        one(served.db, given, at)
    for name, member, points in (("A", 1, 6_000), ("B", 0, 2_000)):
        bill = ops.Purchase(
            key="bill", scope=world.organisations[name], member=world.members[member],
            outlet=world.outlets[name], amount=points, points=points,
        )  # fmt: skip
        assert one(served.db, bill, at).refusal is None
    with served.db.transaction():
        window = windows.close(served.db, at + timedelta(minutes=1))
        made = settlements.propose(
            served.db, business_date=at.date(), through_window=window.id, by="Lin", at=at
        )
        settlements.approve(served.db, made.id, by="Wu", at=at)
    return served


def cents(text: str) -> int:
    """Read an amount as a page writes it."""
    return round(float(text.replace("¥", "").replace(",", "").replace("−", "-")) * 100)


def test_a_position_leads_to_its_window_its_lines_and_its_operations(lived: Served) -> None:
    lived.sign_in("finance")
    page = lived.get("/merchant/positions").text
    assert "¥40.00" in page
    window = re.search(r'href="(/merchant/positions/\d+)"', page)
    assert window is not None
    page = lived.get(window[1]).text
    amounts = [cents(one) for one in re.findall(r">(−?¥[\d,.]+)<", page)]
    assert sorted(amounts) == [-2_000, 4_000, 6_000]
    assert "Points of others spent here" in page
    assert "Our points spent elsewhere" in page
    lines = set(re.findall(rf'href="({window[1]}/[a-z_]+/\d+)"', page))
    assert len(lines) == 2
    for line, shown in zip(sorted(lines), ("¥60.00", "−¥20.00"), strict=True):
        found = lived.get(line).text
        assert shown in found
        claim = re.search(r"/merchant/claims/\d+", found)
        assert claim is not None
        assert lived.get(claim[0]).status_code in (200, 303)
        assert "Nothing fits" in lived.get(f"{line}?until=2020-01-01").text
        assert lived.get(f"{line}?format=csv").text.count("\n") == 2


def test_who_owes_whom_adds_up_to_the_position(lived: Served) -> None:
    lived.sign_in("manager")
    page = lived.get("/merchant/counterparties").text
    for text in ("¥60.00", "¥20.00", "¥40.00", "¥0.00"):
        assert text in page
    other = f"/merchant/counterparties/{lived.world.organisations['B']}"
    assert other in page
    page = lived.get(other).text
    assert "Claims with B" in page
    assert "¥40.00" in page


def test_a_settlement_says_what_it_is_made_of(lived: Served) -> None:
    lived.sign_in("finance")
    page = lived.get("/merchant/settlements").text
    found = re.search(r"/merchant/settlements/\d+", page)
    assert found is not None
    page = lived.get(found[0]).text
    assert page.count("¥40.00") >= 3
    assert re.search(r"/merchant/positions/\d+", page) is not None
    assert found[0] in lived.get("/merchant/positions").text


def test_nobody_sees_what_is_between_others(lived: Served) -> None:
    lived.sign_in("manager")
    for path in (
        f"/merchant/counterparties/{lived.world.organisations['A']}",
        f"/merchant/counterparties/{lived.world.operator}",
        "/merchant/settlements/999",
        "/merchant/positions/999",
    ):
        assert lived.get(path).status_code == 404, path
    assert "choice-malformed" in lived.get("/merchant/positions/1/nonsense/0").text
    (window,) = lived.db.execute("SELECT min(window_id) FROM ledger.claim").fetchone() or (0,)
    lived.db.commit()
    none = lived.get(f"/merchant/positions/{window}/claim_due/{lived.world.operator}").text
    assert "There is nothing behind this line" in none


def test_a_payment_shows_its_reference_as_its_own_and_a_sale_its_receipt(lived: Served) -> None:
    world, at = lived.world, clock.now()
    bill = ops.Purchase(
        key="receipt", scope=world.organisations["A"], member=world.members[1],
        outlet=world.outlets["A"], amount=1_000, points=0, reference="R-99",
    )  # fmt: skip
    one(lived.db, bill, at)
    with lived.db.transaction():
        (newest,) = settlements.listed(lived.db, limit=1)
        legs = settlements.instruct(lived.db, newest.id, at=at)
        (mine,) = [leg for leg in legs if leg.organisation_id == world.organisations["A"]]
        booking.book(
            lived.db, newest.id, mine.organisation_id, abs(mine.amount), reference="PAY-7", at=at
        )
    lived.sign_in("finance")
    lines = lived.get("/merchant/operations?format=csv").text.removeprefix("\ufeff").splitlines()
    rows = {row["Reference"] or row["Receipt"]: row for row in csv.DictReader(lines)}
    assert (rows["PAY-7"]["Kind"], rows["PAY-7"]["Receipt"]) == ("Settlement payment", "")
    assert (rows["R-99"]["Kind"], rows["R-99"]["Reference"]) == ("Purchase", "")
    assert rows["R-99"]["Outlet"] == "A"
    for language, kind, reference in (
        ("en", "Settlement payment", "Reference"), ("zh", "结算付款", "参考号"),
    ):  # fmt: skip
        page = lived.get("/merchant/operations?search=PAY-7", language=language).text
        assert f'{kind}<span class="second">PAY-7</span>' in page
        assert "R-99" not in page
        path = re.search(r"/merchant/operations/\d+", page)
        assert path is not None
        told = lived.get(path[0], language=language).text
        assert f"<dt>{reference}</dt><dd>PAY-7</dd>" in told
    # The organisation has paid it: for its own list that is money that went away, or came.
    paid = abs(mine.amount) / 100 * (1 if mine.amount > 0 else -1)
    assert float(rows["PAY-7"]["Cash"]) == paid
    payment = lived.get(f"/merchant/operations/{rows['PAY-7']['Operation']}").text
    assert f'href="/merchant/settlements/{newest.id}"' in payment
    assert ("−¥" in payment) is (paid < 0)
    assert "Member" not in payment.partition('<dl class="facts">')[2].partition("</dl>")[0]
