"""What takes two people, in the console: one proposes, another decides, and nobody else does."""

import re

import pytest

from tests.web.serving import Served
from tests.web.stepping import step_up
from tests.world import AT, one
from tongbao.alliance.positions import position
from tongbao.bank import accounts
from tongbao.clearing import windows
from tongbao.desk import exceptions
from tongbao.kernel import clock
from tongbao.losses import caps
from tongbao.points import operations as ops
from tongbao.reconcile import disputes


@pytest.fixture(scope="module")
def organisation(served: Served) -> int:
    """Give the organisation of which things are proposed."""
    return served.world.organisations["A"]


def propose(served: Served, path: str, fields: dict[str, str]) -> str:
    """Propose something as the administrator; give the page of the proposal."""
    served.sign_in("admin")
    sent = served.send(path, {"reason": "agreed by letter", **fields})
    assert sent.status_code == 303, re.findall(r'role="alert">(.*?)</div>', sent.text, re.DOTALL)
    return str(sent.headers["location"])


def decide(served: Served, page: str, role: str = "settlement", **fields: str) -> int:
    """Decide as somebody who has just given a code; give the status of the answer."""
    step_up(served, role)
    return served.send(f"{page}/decision", {"decision": "approve", **fields}).status_code


def logged(served: Served, *titles: str) -> None:
    """See that what was done stands in the log, for the auditor to read."""
    served.sign_in("auditor")
    log = served.get("/operator/audit").text
    assert [title for title in titles if title not in log] == []


def money(organisation: int, what: str = "money") -> str:
    return f"/operator/organisations/{organisation}/propose/{what}"


def test_collateral_is_booked_when_a_second_person_approves(
    served: Served, organisation: int
) -> None:
    page = propose(
        served, money(organisation), {"kind": "collateral-deposit", "amount": "1,000.50"}
    )
    waiting = served.get("/operator/decisions").text
    assert page in waiting
    assert "¥1,000.50" in waiting
    shown = served.get(page).text
    assert "somebody else must decide it" in shown
    assert 'href="/operator/decisions" aria-current="page"' in shown
    assert decide(served, page, "admin") == 422
    assert position(served.db, organisation, AT).collateral == 0
    served.sign_in("settlement")
    unproved = served.send(f"{page}/decision", {"decision": "approve"})
    assert unproved.headers["location"].startswith(("/code", "/account"))
    assert decide(served, page) == 303
    assert position(served.db, organisation, AT).collateral == 100_050
    assert page not in served.get("/operator/decisions").text
    shown = served.get(page).text
    assert "Approved" in shown
    assert "/operator/operations/" in shown


def test_what_was_decided_is_not_decided_again(served: Served, organisation: int) -> None:
    page = propose(served, money(organisation), {"kind": "collateral-deposit", "amount": "1"})
    step_up(served, "settlement")
    assert 'id="why-reason"' in served.send(f"{page}/decision", {"decision": "reject"}).text
    assert decide(served, page, decision="reject", reason="not received") == 303
    assert decide(served, page) == 422
    shown = served.get(page).text
    assert "Rejected" in shown
    assert "not received" in shown


def test_whoever_proposed_takes_it_back(served: Served, organisation: int) -> None:
    page = propose(served, money(organisation), {"kind": "collateral-deposit", "amount": "3"})
    shown = served.get(page).text
    assert "Withdraw" in shown
    assert 'value="approve"' not in shown
    fields = {"decision": "reject", "reason": "the wrong amount"}
    assert decide(served, page, "admin", **fields) == 303
    shown = served.get(page).text
    assert "Withdrawn" in shown
    assert "the wrong amount" in shown
    assert decide(served, page) == 422
    assert page in served.get("/operator/proposals?state=withdrawn").text


def test_an_adjustment_is_taken_back_by_who_proposed_it(served: Served, organisation: int) -> None:
    member = served.world.members[0]
    path = f"/operator/members/{member}"
    propose(served, f"{path}/adjust", {"organisation": "A", "points": "7"})
    step_up(served, "admin")
    (where,) = re.findall(rf'action="({path}/adjustments/\d+)"', served.get(path).text)
    assert served.send(where, {"decision": "approve"}).status_code == 422
    assert served.send(where, {"decision": "reject"}).status_code == 303
    shown = served.get(path).text
    assert where not in shown
    assert "Withdrawn" in shown


def test_who_only_looks_may_neither_propose_nor_decide(served: Served, organisation: int) -> None:
    page = propose(served, money(organisation), {"kind": "collateral-deposit", "amount": "2"})
    for role in ("auditor", "marketer"):
        assert decide(served, page, role) == 404
        assert served.send(money(organisation), {}).status_code == 404
        assert 'name="decision"' not in served.get(page).text


def test_money_of_the_fund_names_the_banks_reference(served: Served, organisation: int) -> None:
    fields = {"kind": "contribute", "amount": "200"}
    served.sign_in("admin")
    missing = served.send(money(organisation), {**fields, "reason": "paid in"})
    assert 'id="why-reference"' in missing.text
    page = propose(served, money(organisation), {**fields, "reference": "ICBC-77"})
    assert decide(served, page) == 303
    assert caps.get(served.db, organisation).contributed == 20_000
    page = propose(served, money(organisation, "cap"), {"required": "300", "cap": "900"})
    assert decide(served, page) == 303
    fund = served.get("/operator/fund").text
    for amount in ("¥200.00", "¥300.00", "¥900.00"):
        assert amount in fund
    page = propose(
        served,
        "/operator/fund/assessment",
        {"largest": "2", "share": "50", "least": "10", "times": "3"},
    )
    assert decide(served, page) == 303
    assert caps.get(served.db, organisation).required >= 1_000


def test_a_bank_account_is_checked_before_it_is_proposed(served: Served, organisation: int) -> None:
    fields = {
        "number": "62220000", "name": "A Ltd", "cnaps": "103100000026", "valid_from": "2026-05-01",
    }  # fmt: skip
    served.sign_in("admin")
    wrong = served.send(money(organisation, "account"), {**fields, "cnaps": "12", "reason": "new"})
    assert 'id="why-cnaps"' in wrong.text
    page = propose(served, money(organisation, "account"), fields)
    assert "62220000" in served.get(page).text
    assert decide(served, page) == 303
    assert [one.details.number for one in accounts.listed(served.db, organisation)] == ["62220000"]


def test_a_settlement_waits_among_what_is_to_be_decided(served: Served) -> None:
    with served.db.transaction():
        windows.close(served.db, clock.now())
    world = served.world
    award(served, "s1", 5_000)
    one(
        served.db,
        ops.Purchase(
            key="s2", scope=world.organisations["B"], member=world.members[0],
            outlet=world.outlets["B"], amount=5_000, points=5_000,
        ),
    )  # fmt: skip
    with served.db.transaction():
        windows.close(served.db, clock.now())
    served.sign_in("settlement")
    page = served.send("/operator/settlements/propose", {}).headers["location"]
    assert page in served.get("/operator/decisions?kind=settlement").text
    assert decide(served, page, "settlement") == 422
    assert decide(served, page, "admin") == 303
    assert page not in served.get("/operator/decisions").text


def award(served: Served, key: str, points: int, member: int = 0) -> int:
    """Give a member points of A; give the operation."""
    world = served.world
    done = one(
        served.db,
        ops.Award(
            key=key, scope=world.organisations["A"], member=world.members[member],
            outlet=world.outlets["A"], points=points,
        ),
    )  # fmt: skip
    assert done.operation is not None
    return done.operation


def test_a_dispute_is_opened_answered_and_ended_by_two_people(served: Served) -> None:
    served.sign_in("admin")
    fields = {
        "kind": "missing", "creditor": "B", "debtor": "A", "amount": "30",
        "reason": "the till was offline", "evidence": "receipt 77\nseen by the manager",
    }  # fmt: skip
    assert 'id="why-reference"' in served.send("/operator/disputes/new", fields).text
    fields["reference"] = "receipt 77"
    page = served.send("/operator/disputes/new", fields).headers["location"]
    assert page in served.get("/operator/disputes").text
    answer = {"verdict": "contest", "answer": "not ours"}
    assert served.send(f"{page}/answer", answer).status_code == 303
    too_much = served.send(f"{page}/propose", {"amount": "31", "reason": "half"})
    assert 'id="why-amount"' in too_much.text
    proposal = served.send(f"{page}/propose", {"amount": "20", "reason": "half"}).headers[
        "location"
    ]
    assert proposal in served.get(page).text
    assert decide(served, proposal, "admin") == 422
    assert decide(served, proposal, "settlement") == 303
    ended = disputes.get(served.db, int(page.rpartition("/")[2]), now=clock.now())
    assert (ended.state, ended.upheld) == ("upheld", 2_000)
    shown = served.get(page).text
    assert "Upheld" in shown
    assert "receipt 77 seen by the manager" in shown
    logged(served, "Dispute opened", "Proposal made", "Proposal decided")


def test_an_exception_is_given_to_somebody_and_closed_with_a_reason(served: Served) -> None:
    world = served.world
    with served.db.transaction():
        item = exceptions.raise_item(
            served.db, "advice", world.organisations["A"], "77",
            {"member": world.members[0], "outlet": world.outlets["A"], "points": 1_250,
             "effective_at": AT}, AT,
        )  # fmt: skip
    page = f"/operator/exceptions/{item.id}"
    served.sign_in("settlement")
    shown = served.get(page).text
    assert f'/operator/members/{world.members[0]}"' in shown
    assert "12.50" in shown
    given = {"to": "admin@test", "note": "knows the till"}
    assert served.send(f"{page}/assign", given).status_code == 303
    assert exceptions.get(served.db, item.id, now=AT).assigned_to == "admin@test"
    assert served.send(f"{page}/assign", {"to": "auditor@test"}).status_code == 422
    assert 'id="why-reason"' in served.send(f"{page}/close", {"how": "written-off"}).text
    closing = {"how": "written-off", "reason": "too small\nto look for"}
    assert served.send(f"{page}/close", closing).status_code == 303
    assert served.send(f"{page}/close", closing).status_code == 422
    assert "Written off: too small to look for" in served.get(page).text
    logged(served, "Exception assigned")


def test_a_proposed_estimate_is_approved_by_another(served: Served) -> None:
    served.sign_in("admin")
    later = served.send("/operator/liability/estimate", {"month": "2099-01", "reason": "monthly"})
    assert 'id="why-month"' in later.text
    award(served, "e1", 7_000, 1)
    page = propose(served, "/operator/liability/estimate", {"month": f"{AT:%Y-%m}"})
    assert page in served.get("/operator/liability").text
    assert decide(served, page, "admin") == 422
    assert decide(served, page, "settlement") == 303
    assert "Approved" in served.get("/operator/liability").text


def test_memberships_are_merged_with_a_fresh_code(served: Served) -> None:
    award(served, "m1", 900, 2)
    old, new = served.world.members[2], served.world.members[1]
    served.sign_in("admin")
    page = f"/operator/members/{old}"
    assert served.send(f"{page}/merge", {"into": str(new)}).headers["location"] != page
    step_up(served, "admin")
    for wrong, why in (
        ("nobody", "This must be a whole number"),
        (str(old), "A membership cannot live on in itself"),
        ("999999999", "There is no such member"),
    ):
        refused = served.send(f"{page}/merge", {"into": wrong})
        assert refused.status_code == 422
        assert re.search(rf'id="why-into" role="alert">{why}', refused.text), wrong
    merged = served.send(f"{page}/merge", {"into": str(new)})
    assert merged.headers["location"] == f"/operator/members/{new}"
    assert "lives on in this one" in served.get(page).text


def test_each_number_of_how_it_stands_leads_to_what_it_is_made_of(served: Served) -> None:
    served.sign_in("settlement")
    path = money(served.world.organisations["A"])
    page = served.get(path).text
    stands = page[page.index("As it stands") :]
    facts = re.findall(r"<dt>([^<]+)</dt><dd>(.*?)</dd>", stands, re.DOTALL)
    assert len(facts) == 7
    for name, value in facts:
        if value.strip() == "none":
            continue
        led = re.search(r'<a href="([^"#]+)', value)
        assert led is not None, name
        assert served.get(led[1].replace("&amp;", "&")).status_code == 200, name


def test_a_window_is_closed_by_hand_with_a_fresh_code_and_only_once(served: Served) -> None:
    (window,) = served.db.execute(
        "SELECT id FROM ledger.clearing_window WHERE closed_at IS NULL"
    ).fetchone() or (0,)
    page = f"/operator/windows/{window}"
    served.sign_in("auditor")
    assert f"{page}/close" not in served.get(page).text
    served.sign_in("settlement")
    assert f'action="{page}/close"' in served.get(page).text
    assert served.send(f"{page}/close", {}).headers["location"] != page
    step_up(served, "settlement")
    assert served.send(f"{page}/close", {}).headers["location"] == page
    again = served.send(f"{page}/close", {})
    assert again.status_code == 422
    assert "It was closed before" in again.text
    assert f"{page}/close" not in served.get(page).text
    assert (
        f'action="/operator/windows/{window + 1}/close"'
        in served.get(f"/operator/windows/{window + 1}").text
    )
    logged(served, "Window closed", f'href="{page}">Window {window}</a>')
