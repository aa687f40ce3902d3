"""Settings, people, privacy and the log, in the console."""

import re
import secrets

import pytest

from tests.web.serving import Served
from tests.web.stepping import step_up
from tests.world import one
from tongbao.access import staff
from tongbao.kernel.settings import DEVELOPMENT_SECRET
from tongbao.members import members
from tongbao.points import caps
from tongbao.points import operations as ops


def test_settings_are_shown_with_where_they_come_from_and_without_secrets(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGBAO_CUTOVER", "00:00")
    served.sign_in("auditor")
    page = served.get("/operator/settings").text
    assert DEVELOPMENT_SECRET not in page
    assert "postgresql:///" not in page
    for text in ("TONGBAO_TIME_ZONE", "Asia/Shanghai", "only for trying out", "set, not shown"):
        assert text in page
    row = re.search(r"TONGBAO_CUTOVER.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert "environment" in row[0]
    assert "Set a limit" not in page
    assert served.send("/operator/settings/limit", {}).status_code == 404


def test_limits_are_set_with_a_fresh_code_and_rule(served: Served) -> None:
    step_up(served, "admin")
    fields = {
        "subject": "member", "measure": "spend", "span": "day", "uses": "20", "points": "5,000",
        "reason": "as agreed",
    }  # fmt: skip
    assert served.send("/operator/settings/limit", fields).status_code == 303
    (made,) = caps.limits_of(served.db)
    assert (made.uses, made.points, made.set_by) == (20, 500_000, "admin@test")
    assert "5,000" in served.get("/operator/settings").text
    ends = {**fields, "uses": "", "points": "", "reason": "not any more"}
    assert served.send("/operator/settings/limit", ends).status_code == 303
    assert "Nothing is limited" in served.get("/operator/settings").text
    proof = {"proof": "pin", "from_points": "300", "why": "as agreed"}
    assert served.send("/operator/settings/proof", proof).status_code == 303
    assert "from 300 points on" in served.get("/operator/settings").text
    wrong = served.send("/operator/settings/limit", {**fields, "organisation": "nobody"})
    assert 'id="why-organisation"' in wrong.text
    for given, field in (
        ({"of": "nobody"}, "of"),
        ({"from_points": "0"}, "from_points"),
        ({"from_points": "many"}, "from_points"),
        ({"why": "x" * 1_000}, "why"),
        ({"why": ""}, "why"),
    ):
        wrong = served.send("/operator/settings/proof", proof | given)
        assert (wrong.status_code, f'id="why-{field}"' in wrong.text) == (422, True), given
        assert wrong.text.count('class="refused"') == 1


def test_somebody_gets_another_role_and_is_signed_out(served: Served) -> None:
    step_up(served, "admin")
    person = served.people["marketer"]
    page = f"/operator/staff/{person}"
    wrong = served.send(f"{page}/role", {"name": "Wang Fang", "role": "cashier"})
    assert 'id="why-role"' in wrong.text
    changed = {"name": "Wang Fang", "role": "auditor", "outlet": ""}
    assert served.send(f"{page}/role", changed).status_code == 303
    assert staff.get(served.db, person).role == "auditor"
    assert served.send(f"{page}/role", {**changed, "role": "marketer"}).status_code == 303
    cashier = {"name": "周杰", "role": "cashier", "outlet": "nowhere"}
    where = f"/operator/staff/{served.people['cashier']}/role"
    assert 'id="why-outlet"' in served.send(where, cashier).text
    own = f"/operator/staff/{served.people['admin']}/role"
    assert served.send(own, {"name": "林晓明", "role": "auditor"}).status_code == 422
    roles = served.get("/operator/roles").text
    for text in ("Settlement", "The till of one outlet", "clearing:write"):
        assert text in roles


def test_a_members_data_is_exported_with_a_reason(served: Served) -> None:
    member = served.world.members[0]
    page = f"/operator/members/{member}/privacy"
    served.sign_in("auditor")
    assert served.get(page).status_code == 404
    served.sign_in("admin")
    assert 'id="why-reason"' in served.send(f"{page}/export", {}).text
    step_up(served, "admin")
    exported = served.send(f"{page}/export", {"reason": "letter of 3 May"})
    assert exported.headers["content-disposition"].startswith("attachment")
    assert exported.json()["member"]["id"] == member
    assert "CARD000000" not in exported.text


def test_a_membership_is_ended_once_it_is_meant(served: Served) -> None:
    world = served.world
    member = world.members[1]
    a = world.organisations["A"]
    one(served.db, ops.Award(key="g", scope=a, member=member, outlet=world.outlets["A"], points=9))
    page = f"/operator/members/{member}/privacy"
    step_up(served, "admin")
    assert "Tick the box" in served.send(f"{page}/erase", {"why": "on the phone"}).text
    assert members.get(served.db, member).status == "active"
    key = secrets.token_urlsafe(18)
    for _ in range(2):
        sent = served.send(f"{page}/erase", {"why": "on the phone", "sure": "yes"}, key=key)
        assert sent.headers["location"] == f"/operator/members/{member}"
    assert members.get(served.db, member).status == "closed"
    assert 'name="sure"' not in served.get(page).text


def test_the_log_has_all_of_it_and_leads_to_what_it_is_about(served: Served) -> None:
    served.sign_in("auditor")
    log = served.get("/operator/audit").text
    for text in ("Limit set", "Proof asked for", "Person changed", "Membership ended"):
        assert text in log
    assert f'href="/operator/members/{served.world.members[1]}"' in log
    only = served.get("/operator/audit?kind=member-data-exported").text
    assert "letter of 3 May" in only
    assert "as agreed" not in only
