"""Money of a leg that is booked by hand in the console, and what keeps it from being wrong."""

import secrets

import pytest

from tests.web.serving import Served
from tests.web.settling import approved
from tests.web.stepping import step_up
from tests.world import broken_laws
from tongbao.clearing import legs
from tongbao.clearing.trail import steps


@pytest.fixture(scope="module")
def settled(served: Served) -> str:
    """Give the page of an instructed settlement, in which A owes B; everybody has an account."""
    page = approved(served)
    assert served.send(f"{page}/files", {}).status_code == 303
    return page


def test_a_payment_is_booked_by_hand_once(served: Served, settled: str) -> None:
    number, b = int(settled.rpartition("/")[2]), served.world.organisations["B"]
    page = f"{settled}/legs/{b}"
    step_up(served, "settlement")
    assert f"{page}/money/moved" in served.get(page).text
    assert f"{page}/money/back" not in served.get(page).text
    assert 'value="300.00"' in served.get(f"{page}/money/moved").text
    given = {"amount": "100.00", "reference": "HAND-1"}
    sure = served.send(f"{page}/money/moved", given)
    assert (sure.status_code, "¥0.00 → ¥100.00" in sure.text) == (200, True)
    assert legs.get(served.db, number, b).paid == 0
    changed = served.send(f"{page}/money/moved", given | {"change": "yes"}).text
    assert 'value="HAND-1"' in changed
    for key in (secrets.token_urlsafe(18),) * 2:
        sent = served.send(f"{page}/money/moved", given | {"sure": "yes"}, key=key)
        assert (sent.status_code, sent.headers["location"]) == (303, page)
    # Another tab that shows the same once more.
    twice = served.send(f"{page}/money/moved", given | {"sure": "yes"})
    assert twice.headers["location"] == page
    assert "nothing was done twice" in served.get(page).text
    found = legs.get(served.db, number, b)
    assert (found.paid, found.state) == (10_000, "partly_paid")
    assert "HAND-1" in served.get(page).text
    (step,) = [one for one in steps(served.db, number, b) if one.paid]
    assert step.done_by == "settlement@test"
    served.sign_in("auditor")
    assert "Payment booked by hand" in served.get("/operator/audit").text


@pytest.mark.parametrize(
    ("what", "given", "field", "said"),
    [
        ("moved", {"amount": "300.00"}, "amount", "¥300.00 is more than the ¥200.00"),
        ("moved", {"amount": "x"}, "amount", "not an amount"),
        ("moved", {"amount": "0"}, "amount", "too small"),
        ("moved", {"reference": "two words"}, "reference", "printable ASCII"),
        ("moved", {"reference": "HAND-1"}, "reference", "with another amount"),
        ("moved", {"reference": ""}, "reference", ""),
        ("back", {"amount": "100.01"}, "amount", "¥100.00 was paid"),
        ("back", {"reason": " "}, "reason", ""),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    served: Served, settled: str, what: str, given: dict[str, str], field: str, said: str
) -> None:
    page = f"{settled}/legs/{served.world.organisations['B']}/money/{what}"
    step_up(served, "settlement")
    whole = {"amount": "50.00", "reference": "HAND-9", "reason": "AC04"} | given
    for sure in ({}, {"sure": "yes"}):
        answer = served.send(page, whole | sure)
        assert (answer.status_code, f'id="why-{field}"' in answer.text) == (422, True)
        assert said in answer.text


def test_money_that_came_back_is_in_the_position_again(served: Served, settled: str) -> None:
    number, b = int(settled.rpartition("/")[2]), served.world.organisations["B"]
    page = f"{settled}/legs/{b}"
    step_up(served, "admin")
    given = {"amount": "100", "reference": "BACK-1", "reason": "AC04 closed account"}
    sure = served.send(f"{page}/money/back", given).text
    assert "¥100.00 → ¥0.00" in sure
    assert "instruct it once more" in sure
    for _ in range(2):
        sent = served.send(f"{page}/money/back", given | {"sure": "yes"})
        assert (sent.status_code, sent.headers["location"]) == (303, page)
    found = legs.get(served.db, number, b)
    assert (found.paid, found.state) == (0, "rejected")
    shown = served.get(page).text
    assert "−¥100.00" in shown
    assert "AC04 closed account" in shown
    nothing = served.get(f"{page}/money/back").text
    assert "Nothing was paid of it" in nothing
    assert "Nothing can be booked for it now" in served.get(f"{page}/money/moved").text
    assert broken_laws(served.db) == {}


def test_who_has_given_no_code_or_only_looks_books_nothing(served: Served, settled: str) -> None:
    page = f"{settled}/legs/{served.world.organisations['A']}/money/moved"
    given = {"amount": "1", "reference": "R"}
    served.sign_in("settlement")
    for sure in ({}, {"sure": "yes"}):
        asked = served.send(page, given | sure)
        assert asked.headers["location"].startswith(("/code", "/account"))
    step_up(served, "auditor")
    assert served.get(page).status_code == 404
    assert served.send(page, given | {"sure": "yes"}).status_code == 404
