"""Legs of a settlement in the console: each refused, asked for again, given up, settled anew."""

import secrets

import pytest

from tests.web.serving import Served
from tests.web.settling import approved
from tests.web.stepping import step_up
from tests.world import broken_laws
from tongbao.clearing import legs, settlements


@pytest.fixture(scope="module")
def settled(served: Served) -> str:
    """Give the page of an instructed settlement, in which A owes B; everybody has an account."""
    page = approved(served)
    assert served.send(f"{page}/files", {}).status_code == 303
    return page


def files(served: Served) -> int:
    (count,) = served.db.execute("SELECT count(*) FROM bank.file").fetchone() or (0,)
    return int(count)


def test_legs_are_searched_sorted_and_exported(served: Served, settled: str) -> None:
    served.sign_in("auditor")
    b = served.world.organisations["B"]
    for wanted in ("B", "Is paid", "At the bank", f"TB1-{b}"):
        assert f"{settled}/legs/{b}" in served.get(f"{settled}?search={wanted}").text
    assert f"{settled}/legs/{b}" not in served.get(f"{settled}?way=pay").text
    rows = served.get(f"{settled}?format=csv&sort=-amount").text.splitlines()
    assert rows[0].startswith("\ufeffOrganisation,Code,Direction")
    assert rows[1].startswith("B,B,Is paid,")


def test_a_refused_leg_is_instructed_again_once(served: Served, settled: str) -> None:
    number, b = int(settled.rpartition("/")[2]), served.world.organisations["B"]
    page = f"{settled}/legs/{b}"
    step_up(served, "settlement")
    shown = served.get(page).text
    assert "What it is made of" in shown
    assert "Instruct it again" not in shown
    assert 'role="alert"' in served.send(page, {"action": "refuse", "reason": " "}).text
    for key in (secrets.token_urlsafe(18),) * 2:
        sent = served.send(page, {"action": "refuse", "reason": "AC04 closed account"}, key=key)
        assert (sent.status_code, sent.headers["location"]) == (303, page)
    assert legs.get(served.db, number, b).state == "rejected"
    shown = served.get(page).text
    assert "AC04 closed account" in shown
    made = files(served)
    for key in (secrets.token_urlsafe(18),) * 2:
        assert served.send(page, {"action": "instruct"}, key=key).status_code == 303
    found = legs.get(served.db, number, b)
    assert (found.state, found.attempt) == ("instructed", 2)
    assert f"TB{number}-{b}-2" in served.get(page).text
    # Another tab that still shows the button.
    late = served.send(page, {"action": "instruct"})
    assert (late.status_code, "leg-state" in late.text) == (422, True)
    assert served.send(f"{settled}/files", {}).status_code == 303
    assert files(served) == made + 1
    served.sign_in("auditor")
    log = served.get("/operator/audit").text
    assert "Payment refused by the bank" in log
    assert "Payment instructed again" in log


def test_a_leg_that_is_given_up_is_settled_anew(served: Served, settled: str) -> None:
    number, b = int(settled.rpartition("/")[2]), served.world.organisations["B"]
    page = f"{settled}/legs/{b}"
    served.sign_in("admin")
    early = served.send(f"{page}/anew", {})
    assert (early.status_code, "leg-state" in early.text) == (422, True)
    unproved = served.send(page, {"action": "fail", "reason": "no account"})
    assert unproved.headers["location"].startswith(("/code", "/account"))
    step_up(served, "settlement")
    assert served.send(page, {"action": "fail", "reason": "no account"}).status_code == 303
    assert legs.get(served.db, number, b).state == "failed"
    assert "Settle it anew" in served.get(page).text
    anew = {served.send(f"{page}/anew", {}).headers["location"] for _ in range(2)}
    assert len(anew) == 1
    (where,) = anew
    made = settlements.get(served.db, int(where.rpartition("/")[2]))
    assert (made.state, made.payouts, made.to_pay) == ("proposed", 1, 30_000)
    # Whoever proposed it may take it back.
    assert "Withdraw" in served.get(where).text
    sent = served.send(f"{where}/decision", {"decision": "reject", "reason": "wait for monday"})
    assert sent.status_code == 303
    assert settlements.get(served.db, made.id).state == "rejected"
    assert broken_laws(served.db) == {}


def test_who_only_looks_changes_no_leg(served: Served, settled: str) -> None:
    page = f"{settled}/legs/{served.world.organisations['A']}"
    step_up(served, "auditor")
    assert 'name="action"' not in served.get(page).text
    assert served.send(page, {"action": "fail", "reason": "x"}).status_code == 404
    assert served.send(f"{page}/anew", {}).status_code == 404
    served.sign_in("settlement")
    assert served.get(f"{settled}/legs/999").status_code == 404
