"""The operator's console: what it shows is what there is, and what it does is done by the rules."""

import csv
import re
import secrets
from html import unescape

import pytest

from tests.losses.fall import deposit
from tests.web.serving import Served
from tests.web.stepping import step_up
from tests.world import AT, one
from tongbao.access import audit
from tongbao.alliance import organisations, outlets
from tongbao.desk import exceptions
from tongbao.points import operations as ops


@pytest.fixture(scope="module")
def lived(served: Served) -> Served:
    """Give a member points of A, and let them be spent at B."""
    world = served.world
    member, a, b = world.members[0], world.organisations["A"], world.organisations["B"]
    one(
        served.db,
        ops.Award(key="a1", scope=a, member=member, outlet=world.outlets["A"], points=10_000),
    )
    one(
        served.db,
        ops.Purchase(
            key="p1", scope=b, member=member, outlet=world.outlets["B"], amount=9_000, points=4_000
        ),
    )
    return served


def test_the_overview_says_what_there_is(lived: Served) -> None:
    lived.sign_in("auditor")
    page = lived.get("/operator").text
    assert 'href="/operator/organisations?sort=-circulation">60.50' in page
    assert "Purchase" in page
    assert lived.get("/operator/feed").text.count("<tr>") >= 3


def test_what_two_owe_each_other_is_shown_window_by_window(lived: Served) -> None:
    a, b = (lived.world.organisations[name] for name in "AB")
    lived.sign_in("marketer")
    pair = f"/operator/organisations/{a}/claims/{b}"
    assert f'<a href="{pair}">−¥40.00</a>' in lived.get(f"/operator/organisations/{a}").text
    page = lived.get(pair).text
    assert re.search(r'data-label="It owes"[^>]*>\s*<span><a class="made"[^>]*>¥40.00</a>', page)
    assert 'href="/operator/windows/1"' in page
    other_way = lived.get(f"/operator/organisations/{b}/claims/{a}?format=csv").text
    assert "40.00" in other_way
    assert lived.get(f"/operator/organisations/{a}/claims/999999").status_code == 404


def test_an_operation_is_found_by_anything_and_explained(lived: Served) -> None:
    lived.sign_in("auditor")
    row = lived.db.execute("SELECT id FROM ledger.operation WHERE kind = 'purchase'").fetchone()
    assert row is not None
    where = f"/operator/operations/{row[0]}"
    for wanted in (str(row[0]), "p1"):
        assert lived.get(f"/operator/operations?search={wanted}").headers["location"] == where
    page = lived.get(where).text
    for text in ("Lot by lot", "Claim by claim", "¥40.00", "claim"):
        assert text in page
    with lived.db.transaction():
        outlets.change(lived.db, lived.world.outlets["B"], name="Lakeside", brand_id=None)
    page = lived.get(where).text
    assert '>Lakeside</span><span class="d-block small text-secondary">B</span>' in page
    of_member = lived.get(f"/operator/operations?search={lived.world.members[0]}").text
    assert where in of_member
    nothing = lived.get("/operator/operations?search=nobody-knows-this").text
    assert "Nothing fits" in nothing or "No operation" in nothing


def test_a_list_says_what_each_operation_gave_spent_and_moved_otherwise(lived: Served) -> None:
    world = lived.world
    one(
        lived.db,
        ops.Hold(
            key="h1", scope=world.organisations["B"], member=world.members[0],
            outlet=world.outlets["B"], points=1_500,
        ),
    )  # fmt: skip
    lived.sign_in("auditor")
    every = "/operator/operations"
    of_b = f"/operator/organisations/{world.organisations['B']}/operations"
    moved = {
        "Award": ("100.00", "", ""),
        "Purchase": ("0.50", "40.00", ""),
        "Hold": ("", "", "-15.00"),
    }
    for path in (every, of_b, f"{every}?search={world.members[0]}"):
        csv_of = f"{path}{'&' if '?' in path else '?'}format=csv"
        lines = lived.get(csv_of).text.removeprefix("\ufeff").splitlines()
        found = {
            row["Kind"]: (row["Points given"], row["Points spent"], row["Moved otherwise"])
            for row in csv.DictReader(lines)
        }
        assert [row["Which way"] for row in csv.DictReader(lines) if row["Kind"] == "Hold"] == [
            "set aside"
        ]
        assert found == {kind: moved[kind] for kind in moved if path != of_b or kind != "Award"}
        page = lived.get(f"{path}{'&' if '?' in path else '?'}sort=id", language="zh").text
        for heading in ("积分发放", "使用积分", "其他变动积分"):
            assert f'data-label="{heading}" class=" num"' in page
    for path in ("/operator/feed", f"/operator/organisations/{world.organisations['A']}"):
        award = re.search(r"<td[^>]*><span>Award<.*?</tr>", lived.get(path).text, re.DOTALL)
        assert award is not None
        assert re.search(r'class="num">100</td>\s*<td[^>]*>–</td>', award[0])
    for path in ("/operator/feed", of_b.removesuffix("/operations")):
        hold = re.search(r"<td[^>]*><span>Hold<.*?</tr>", lived.get(path).text, re.DOTALL)
        assert hold is not None
        assert re.search(r'<span>−15<span class="second">set aside</span>', hold[0])


def test_what_an_organisation_did_has_no_member(lived: Served) -> None:
    deposit(lived.db, lived.world, "A", 5_000)
    lived.sign_in("auditor")
    page = lived.get("/operator/operations").text
    assert f'/operator/members/{lived.world.members[0]}"' in page
    assert f'/operator/members/{lived.world.organisations["A"]}"' not in page


def test_a_member_is_found_by_card_and_who_looked_is_written_down(lived: Served) -> None:
    lived.sign_in("auditor")
    found = lived.get("/operator/members?search=CARD000000")
    assert found.headers["location"] == f"/operator/members/{lived.world.members[0]}"
    page = lived.get(found.headers["location"]).text
    assert "60.50" in page
    assert "Lock spending" not in page
    looked = lived.db.execute(
        "SELECT count(*) FROM access.audit WHERE kind = 'member-looked-at' AND by = 'auditor@test'"
    ).fetchone()
    assert looked is not None
    assert looked[0] >= 1


def test_an_adjustment_takes_two_people_and_a_fresh_code(lived: Served) -> None:
    member = lived.world.members[1]
    page = f"/operator/members/{member}"
    lived.sign_in("admin")
    fields = {
        "organisation": "A",
        "points": "12.50",
        "reason": "broken till",
    }
    assert lived.send(f"{page}/adjust", fields).status_code == 303
    row = lived.db.execute(
        "SELECT id FROM points.adjustment WHERE member_id = %s", (member,)
    ).fetchone()
    assert row is not None
    decide = f"{page}/adjustments/{row[0]}"
    lived.sign_in("settlement")
    unproved = lived.send(decide, {"decision": "approve"})
    assert unproved.headers["location"] == "/account"
    step_up(lived, "admin")
    same = lived.send(decide, {"decision": "approve"})
    assert same.status_code == 422
    step_up(lived, "settlement")
    assert lived.send(decide, {"decision": "approve"}).status_code == 303
    assert "12.50" in lived.get(page).text


def test_a_refund_is_posted_once_however_often_its_form_is_sent(lived: Served) -> None:
    lived.sign_in("admin")
    row = lived.db.execute("SELECT id FROM ledger.operation WHERE kind = 'purchase'").fetchone()
    assert row is not None
    key = secrets.token_urlsafe(18)
    path = f"/operator/operations/{row[0]}/refund"
    first, again = (lived.send(path, {"amount": "10"}, key=key) for _ in range(2))
    assert first.headers["location"] == again.headers["location"]
    too_much = lived.send(path, {"amount": "1000"})
    assert too_much.status_code == 422
    assert "refund" in too_much.text
    count = lived.db.execute("SELECT count(*) FROM ledger.operation WHERE kind = 'refund'")
    assert count.fetchone() == (1,)
    page = lived.get(path.removesuffix("/refund")).text
    assert "¥80.00 of this sale can be taken back" in page
    assert 'value="12.345"' in lived.send(path, {"amount": "12.345"}).text
    assert lived.send(path, {}).status_code == 303
    page = lived.get(path.removesuffix("/refund")).text
    assert "Nothing of it is left to be taken back" in page
    assert path not in page


def test_a_claim_of_an_operation_leads_to_a_dispute_of_it(lived: Served) -> None:
    row = lived.db.execute("SELECT id FROM ledger.operation WHERE kind = 'purchase'").fetchone()
    assert row is not None
    page = f"/operator/operations/{row[0]}"
    lived.sign_in("settlement")
    led = re.search(r'href="(/operator/disputes/new[^"]+)"', lived.get(page).text)
    assert led is not None
    form = lived.get(unescape(led[1])).text
    for name, chosen in (("creditor", "A"), ("debtor", "B")):
        assert re.search(rf'name="{name}"[^>]* value="{chosen}"', form)
    assert f'name="operation" type="text" value="{row[0]}"' in form
    lived.sign_in("auditor")
    assert "/operator/disputes/new" not in lived.get(page).text


def test_who_registers_an_organisation_goes_on_with_its_contract(lived: Served) -> None:
    lived.sign_in("admin")
    fields = {"code": "newcomer", "name": "Newcomer", "role": "merchant"}
    made = lived.send("/operator/organisations/new", fields).headers["location"]
    page = lived.get(made).text
    assert "It has no contract and issues nothing." in page
    assert f'href="{made}/contract"' in page


def test_a_suspension_needs_a_fresh_code_and_a_reason_and_two_people_end_it(lived: Served) -> None:
    page = f"/operator/organisations/{lived.world.organisations['B']}"
    step_up(lived, "admin")
    assert 'id="why-reason"' in lived.send(f"{page}/suspension", {}).text
    assert lived.send(f"{page}/suspension", {"reason": "owes too much"}).status_code == 303
    assert "Suspended" in lived.get(page).text
    proposal = lived.send(f"{page}/reinstatement", {"reason": "has paid"}).headers["location"]
    assert lived.send(f"{proposal}/decision", {"decision": "approve"}).status_code == 422
    assert "Suspended" in lived.get(page).text
    step_up(lived, "settlement")
    assert lived.send(f"{proposal}/decision", {"decision": "approve"}).status_code == 303
    assert "Suspended" not in lived.get(page).text


def test_a_contract_is_signed_and_rules(lived: Served) -> None:
    page = f"/operator/organisations/{lived.world.organisations['B']}"
    step_up(lived, "admin")
    fields = {
        "earn_rate": "2.5", "prepaid_share": "0", "reimbursement": "98", "acceptance_fee": "1.25",
        "issue_fee": "0", "expiry_months": "12", "credit_limit": "50,000", "cycle": "weekly",
    }  # fmt: skip
    assert lived.send(f"{page}/contract", fields).status_code == 303
    shown = lived.get(page).text
    for text in ("2.5%", "98%", "1.25%", "12 months", "¥50,000.00", "weekly"):
        assert text in shown
    beyond = lived.send(f"{page}/contract", fields | {"earn_rate": "200"}).text
    assert 'id="why-earn_rate"' in beyond
    assert "This must lie between 0% and 100%." in beyond
    for field in ("earn_rate", "credit_limit"):
        refused = lived.send(f"{page}/contract", fields | {field: "much"})
        assert f'id="why-{field}"' in refused.text
    wrong = lived.send(f"{page}/contract", fields | {"earn_rate": "much"})
    assert wrong.status_code == 422


def test_somebody_is_added_and_gets_a_link_that_lets_in(lived: Served) -> None:
    lived.sign_in("admin")
    fields = {"name": "New One", "login": "new.one", "role": "auditor", "organisation": ""}
    made = lived.send("/operator/staff/new", fields)
    assert made.status_code == 303
    person = made.headers["location"]
    page = lived.send(f"{person}/link", {}).text
    link = re.search(r"/invitation/tbi_[A-Za-z0-9_-]+", page)
    assert link is not None
    lived.sign_in(None)
    weak = lived.send(link[0], {"password": "short"})
    assert weak.status_code == 422
    assert lived.send(link[0], {"password": "a-long-enough-one"}).status_code == 303
    wrong = lived.send("/sign-in", {"login": "new.one", "password": "a-wrong-enough-one"})
    assert wrong.status_code == 422
    entered = lived.send("/sign-in", {"login": "new.one", "password": "a-long-enough-one"})
    assert entered.headers["location"] == "/operator"
    assert "HttpOnly" in entered.headers["set-cookie"]
    assert lived.get("/operator").status_code == 200
    assert lived.send("/operator/staff/new", fields).status_code == 404


def test_the_dry_run_of_a_default_books_nothing(lived: Served) -> None:
    lived.sign_in("auditor")
    before = lived.db.execute("SELECT count(*) FROM ledger.transfer").fetchone()
    page = lived.get(f"/operator/organisations/{lived.world.organisations['A']}/default")
    assert "Nothing is booked" in page.text
    assert lived.db.execute("SELECT count(*) FROM ledger.transfer").fetchone() == before


def test_exceptions_say_by_receipt_or_operation_what_they_are_about(lived: Served) -> None:
    lived.sign_in("auditor")
    mine = lived.world.organisations["B"]
    with lived.db.transaction():
        for subject, facts in (("7:*:x:R-7", {"label": "R-7"}), ("7:*:y", {"operation": 77})):
            exceptions.raise_item(lived.db, "till", mine, subject, facts, AT)
    page = lived.get("/operator/exceptions?kind=till").text
    assert "R-7" in page
    assert '<a href="/operator/operations/77">77</a>' in page
    assert "7:*:" not in page


def test_what_was_done_before_is_in_the_log(lived: Served) -> None:
    lived.sign_in("auditor")
    page = lived.get("/operator/audit").text
    assert "Contract signed" in page
    with lived.db.transaction():
        said = {"decision": "approve", "organisation": lived.world.organisations["A"]}
        actor = audit.nobody("203.0.113.7")
        audit.note(lived.db, "proposals.approve", actor, AT, said=said)
        audit.note(lived.db, "sign-in", actor, AT)
    page = lived.get("/operator/audit?kind=proposals.approve").text
    assert "Proposal approved" in page
    assert "Decision: Approve; Organisation: A" in page
    assert "Decision" not in lived.get("/operator/audit?kind=sign-in&search=nobody").text


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("outlet OB", "Outlet {outlet}"),
        ("terminal OB/t9", "Terminal t9 · {outlet}"),
        ("POST /v1/outlets/{outlet_id}/close", "Outlet {outlet}"),
        ("POST /v1/organisations/{organisation_id}/suspend", "Organisation B"),
    ],
)
def test_the_log_says_by_name_what_an_entry_is_about_and_leads_to_whose_it_is(
    lived: Served, subject: str, told: str
) -> None:
    lived.sign_in("auditor")
    organisation = lived.world.organisations["B"]
    outlet, code, name = lived.db.execute(
        "SELECT id, code, name FROM alliance.outlet WHERE id = %s", (lived.world.outlets["B"],)
    ).fetchone() or (0, "", "")
    about = subject.replace("OB", code).format(outlet_id=outlet, organisation_id=organisation)
    with lived.db.transaction():
        audit.note(lived.db, "places.close-outlet", audit.nobody(""), AT, subject=about)
    page = lived.get("/operator/audit?kind=places.close-outlet").text
    to = f"/operator/organisations/{organisation}"
    assert f'<a href="{to}">{told.format(outlet=name)}</a>' in page
    if not subject.startswith("POST"):
        assert to in lived.get(f"/operator/audit?kind=places.close-outlet&search={name}").text


@pytest.mark.parametrize(
    "wanted",
    ["Approve", "批准", "Proposal approved", "批准 Waldegg", "203.0.113.9", "Waldegg", "数字"],
)
def test_the_log_is_searched_by_what_the_page_says(lived: Served, wanted: str) -> None:
    lived.sign_in("auditor")
    with lived.db.transaction():
        code = f"w{len(wanted)}-{ord(wanted[0])}"
        made = organisations.register(lived.db, code, "Waldegg", "merchant", AT)
        said = {"decision": "approve", "reason": "三个数字"}
        actor = audit.nobody("203.0.113.9")
        audit.note(
            lived.db, "proposals.approve", actor, AT, subject=f"organisation {made.id}", said=said
        )
    found = lived.get(f"/operator/audit?search={wanted}&kind=proposals.approve").text
    assert "Organisation Waldegg" in found
    assert "Organisation Waldegg" not in lived.get("/operator/audit?search=Reject").text
