"""Who did something, on the pages: the name of who is on the staff, and only to who may read it."""

import re
from html import unescape

import pytest

from tests.web.serving import NAMES, Served
from tests.world import AT, one
from tongbao.access import audit, staff
from tongbao.desk import exceptions, proposals
from tongbao.kernel import clock
from tongbao.points import operations as ops

SMALL = '{} <small class="text-secondary">{}</small>'
SETTLEMENT = SMALL.format(NAMES["settlement"], "settlement@test")
MANAGER = SMALL.format(NAMES["manager"], "manager@test")


def propose(served: Served, by: str, reason: str) -> int:
    """Propose something; give the number of the proposal."""
    mine = served.world.organisations["A"]
    with served.db.transaction():
        made = proposals.propose(
            served.db, "collateral-deposit", mine, {"amount": 100}, by=by, reason=reason, at=AT
        )
    return made.id


def waits(served: Served, subject: str, to: str) -> int:
    """Raise an exception item of A that somebody works on; give its number."""
    mine = served.world.organisations["A"]
    with served.db.transaction():
        item = exceptions.raise_item(served.db, "till-difference", mine, subject, {}, AT)
        exceptions.assign(served.db, item.id, to, by="Lin", at=AT)
    return item.id


def shown(served: Served, path: str, language: str = "en") -> str:
    """Give what a page shows, on one line."""
    answer = served.get(path, language=language)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(answer.text))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_who_is_on_the_staff_is_read_by_name_others_as_written(
    served: Served, language: str
) -> None:
    known = propose(served, "settlement@test", "named")
    other = propose(served, "Lin <of the desk>", "as written")
    served.sign_in("auditor")
    assert SETTLEMENT in shown(served, f"/operator/proposals/{known}", language)
    assert "Lin <of the desk> ·" in shown(served, f"/operator/proposals/{other}", language)
    both = shown(served, "/operator/proposals", language)
    assert SETTLEMENT in both
    assert "Lin <of the desk>" in both
    assert "Lin <of the desk>" not in served.get("/operator/proposals").text


def test_what_the_service_does_itself_is_said_in_the_language(served: Served) -> None:
    made = propose(served, "bank desk", "of itself")
    served.sign_in("auditor")
    assert "The bank desk ·" in shown(served, f"/operator/proposals/{made}")
    assert "The bank desk" not in shown(served, f"/operator/proposals/{made}", "zh")
    for wanted in ("The bank desk", "银行业务岗"):
        found = f"/operator/proposals?search={wanted}"
        assert f'href="/operator/proposals/{made}"' in shown(served, found)
        assert "银行业务岗" in shown(served, f"{found}&format=csv", "zh")


def test_a_new_name_is_read_at_once(served: Served) -> None:
    made = staff.add(
        served.db, served.world.operator, "wei", "Wei Li", "settlement", by="Lin", at=AT
    )
    page = f"/operator/proposals/{propose(served, 'wei', 'renamed')}"
    served.sign_in("admin")
    assert SMALL.format("Wei Li", "wei") in shown(served, page)
    staff.change(served.db, made.id, by="Lin", at=AT, name="Wei <Wang>")
    assert SMALL.format("Wei <Wang>", "wei") in shown(served, page)
    assert "<Wang>" not in served.get(page).text


@pytest.mark.parametrize("wanted", [NAMES["settlement"], "settlement@test"])
def test_a_list_finds_people_by_name_and_by_what_they_sign_in_with(
    served: Served, wanted: str
) -> None:
    propose(served, "settlement@test", "found")
    propose(served, "marketer@test", "not found")
    served.sign_in("auditor")
    found = shown(served, f"/operator/proposals?search={wanted}")
    assert SETTLEMENT in found
    assert NAMES["marketer"] not in found
    file = served.get(f"/operator/proposals?search={wanted}&format=csv").text
    assert f"{NAMES['settlement']} (settlement@test)" in file
    assert "marketer@test" not in file


def test_a_merchant_reads_the_names_of_its_own_staff_alone(served: Served) -> None:
    theirs = served.world.organisations["B"]
    staff.add(served.db, theirs, "zhang", "Zhang Tao", "manager", by="Lin", at=AT)
    pages = [
        f"/merchant/exceptions/{waits(served, f'of {login}', login)}"
        for login in ("manager@test", "settlement@test", "zhang")
    ]
    served.sign_in("finance")
    own, operators, others = (shown(served, page) for page in pages)
    assert MANAGER in own
    assert "settlement@test" in operators
    assert NAMES["settlement"] not in operators
    assert "zhang" in others
    assert "Zhang Tao" not in others
    everything = shown(served, "/merchant/exceptions")
    assert MANAGER in everything
    assert NAMES["settlement"] not in everything
    assert "Zhang Tao" not in everything
    assert MANAGER in shown(served, f"/merchant/exceptions?search={NAMES['manager']}")
    for hidden in (NAMES["settlement"], "Zhang Tao"):
        rows = served.get(f"/merchant/exceptions?search={hidden}&format=csv").text
        assert len(rows.strip().splitlines()) == 1


def test_the_operator_reads_who_of_a_merchant_it_was(served: Served) -> None:
    item = waits(served, "of everybody", "manager@test")
    served.sign_in("settlement")
    page = shown(served, f"/operator/exceptions/{item}")
    assert MANAGER in page
    assert f"{NAMES['settlement']} (settlement@test)</option>" in page
    assert MANAGER in shown(served, "/operator/exceptions")


@pytest.mark.parametrize("wanted", [NAMES["settlement"], "settlement@test"])
def test_the_log_names_who_did_it_to_whom_and_is_searched_by_it(
    served: Served, wanted: str
) -> None:
    actor = audit.Actor(by="settlement@test", address="203.0.113.5")
    with served.db.transaction():
        for subject, said in (
            ("exception 7", {"to": "manager@test"}),
            ("staff cashier@test", {}),
            ("application 12", {}),
            ("bank report 3", {}),
        ):
            audit.note(served.db, "exception-assigned", actor, AT, subject=subject, said=said)
        meant = audit.Actor(by="the-settlement@test", address="203.0.113.6")
        audit.note(served.db, "exception-assigned", meant, AT, subject="exception 8")
    served.sign_in("auditor")
    log = shown(served, f"/operator/audit?search={wanted}")
    assert SETTLEMENT in log
    assert f"Now with: {NAMES['manager']}" in log
    person = served.people["cashier"]
    for path, text in (
        ("exceptions/7", "Exception 7"),
        (f"staff/{person}", f"Person {NAMES['cashier']}"),
        ("applications/12", "Application to join 12"),
        ("bank/reports/3", "Bank file 3"),
    ):
        assert re.search(rf'<a href="/operator/{path}">\s*{text}\s*</a>', log), text
    if wanted == NAMES["settlement"]:
        assert "203.0.113.6" not in log
    assert "203.0.113.5" in shown(served, f"/operator/audit?search={NAMES['manager']}")


def test_a_member_is_called_by_what_it_shows_wherever_the_operator_reads_of_it(
    served: Served,
) -> None:
    world, at = served.world, clock.now()
    member = world.members[0]
    given = ops.Award(
        key="doers", scope=world.organisations["A"], member=member, outlet=world.outlets["A"],
        points=100,
    )  # fmt: skip
    posted = one(served.db, given, at)
    asked = ops.ProposeAdjustment(
        key="doers-2", scope=world.operator, member=member, organisation=world.organisations["A"],
        points=100, reason="goodwill", by="Lin",
    )  # fmt: skip
    one(served.db, asked, at)
    with served.db.transaction():
        item = exceptions.raise_item(served.db, "advice", None, "doers", {"member": member}, AT)
        audit.note(served.db, "members-merged", audit.Actor(by="Lin"), at,
            subject=f"member {member}", said={"into": world.members[1]},
        )  # fmt: skip
    name = SMALL.format("…0000", member)
    link = f'<a href="/operator/members/{member}">{name}</a>'
    served.sign_in("auditor")
    for path in (
        "/operator/operations",
        f"/operator/operations/{posted.operation}",
        "/operator/decisions",
        f"/operator/exceptions/{item.id}",
    ):
        assert link in shown(served, path), path
    log = shown(served, "/operator/audit")
    assert f"Member …0000 ({member})" in log
    assert f"Merged into: …0001 ({world.members[1]})" in log
    assert "<h1" in shown(served, f"/operator/members/{member}")
    assert "Member …0000" in shown(served, f"/operator/members/{member}")
    head, row = served.get("/operator/operations?format=csv").text.splitlines()[:2]
    assert ",Member,Member number," in head
    assert f",…0000,{member}," in row


def test_a_member_without_a_phone_or_card_is_a_number(served: Served) -> None:
    nobody = 999_999
    with served.db.transaction():
        item = exceptions.raise_item(served.db, "advice", None, "nobody", {"member": nobody}, AT)
    served.sign_in("auditor")
    link = f'<a href="/operator/members/{nobody}">{nobody}</a>'
    assert link in shown(served, f"/operator/exceptions/{item.id}")
