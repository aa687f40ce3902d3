"""Joining on the pages: what applicants and the operator see, and what nobody finds out."""

import re
import secrets

import pytest

from tests.web.applying import ACCEPTED, FIELDS, apply, number_of
from tests.web.serving import Served
from tests.web.stepping import step_up
from tongbao.joining import applications
from tongbao.kernel.db import Connection


def count(conn: Connection) -> int:
    """Count the applications."""
    row = conn.execute("SELECT count(*) FROM joining.application").fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture(autouse=True)
def _patient(served: Served) -> None:
    """Forget how often the one address of the tests has applied."""
    served.db.execute("DELETE FROM access.guess")


def test_a_province_leads_to_the_form_with_its_districts(served: Served) -> None:
    served.sign_in(None)
    assert 'value="310000"' in served.get("/join").text
    form = served.get("/join/apply?province=310000").text
    assert '<option value="310105">Changning District</option>' in form
    assert "MCC 5814" in form
    assert (
        '<option value="330106">Hangzhou · Xihu District'
        in served.get("/join/apply?province=330000").text
    )
    for nowhere in ("", "999999", "310105", "x" * 300):
        assert served.get(f"/join/apply?province={nowhere}").headers["location"] == "/join"


def test_the_same_form_sent_twice_is_one_application(served: Served) -> None:
    served.sign_in(None)
    before, key = count(served.db), secrets.token_urlsafe(18)
    first, again = (served.send("/join/apply", FIELDS, key=key) for _ in range(2))
    assert first.headers["location"] == again.headers["location"]
    other = served.send("/join/apply", FIELDS | {"outlet": "拾光二店"}, key=key)
    assert other.headers["location"] != first.headers["location"]
    assert count(served.db) == before + 2


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"credit_code": "91310105MA1FW8X279"}, "credit_code"),
        ({"phone": "12"}, "phone"),
        ({"name": " "}, "name"),
        ({"region": "000000"}, "region"),
        ({"format": "nothing"}, "format"),
        ({"account_number": "12"}, "account_number"),
        ({"bank": "ICBK"}, "bank"),
        ({"account_name": "=1+1"}, "account_name"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    served: Served, changed: dict[str, str], field: str
) -> None:
    served.sign_in(None)
    before = count(served.db)
    answer = served.send("/join/apply", FIELDS | changed)
    assert answer.status_code == 422
    assert f'id="why-{field}"' in answer.text
    assert FIELDS["contact"] in answer.text
    assert count(served.db) == before


def test_all_that_is_wrong_is_said_at_once(served: Served) -> None:
    served.sign_in(None)
    wrong = {"name": "", "credit_code": "123", "phone": "12", "account_number": "x", "contact": ""}
    answer = served.send("/join/apply", FIELDS | wrong)
    assert answer.status_code == 422
    assert set(re.findall(r'id="why-(\w+)"', answer.text)) == set(wrong)
    assert "an account number of 6 to 34 digits" in answer.text


def test_nobody_finds_out_who_has_applied_or_takes_part(served: Served) -> None:
    pages = []
    for name in ("A", "Nobody has this name"):
        for _ in range(2):
            path = apply(served, name=name)
            shown = re.sub(rf">{name}( ·|<)", "", served.get(path).text)
            pages.append(re.sub(r"tba_\d+_[\w-]+|\d{2}:\d{2}", "", shown))
    assert len(set(pages)) == 1


def test_a_link_that_is_none_is_answered_like_one_with_a_wrong_secret(served: Served) -> None:
    path = apply(served)
    assert served.get(path).status_code == 200
    wrong = f"/join/tba_{number_of(path)}_{secrets.token_urlsafe(32)}"
    nobody = f"/join/tba_999999_{secrets.token_urlsafe(32)}"
    answers = [served.get(one) for one in (wrong, nobody, "/join/none")]
    assert {one.status_code for one in answers} == {404}
    said = {re.sub(r"<code>\w+</code>|next(=|\" value=\")[^\"]+", "", one.text) for one in answers}
    assert len(said) == 1
    assert served.send(f"{wrong}/begin", {}).status_code == 404
    assert served.send(wrong, FIELDS | {"answer": "x"}).status_code == 404


def test_one_address_applies_so_often_and_no_more(served: Served) -> None:
    for number in range(applications.ADDRESS.most):
        apply(served, outlet=f"{number}")
    refused = served.send("/join/apply", FIELDS | {"outlet": "one more"})
    assert refused.status_code == 422
    assert "too often" in refused.text


def test_another_sites_page_cannot_apply(served: Served) -> None:
    served.sign_in(None)
    answer = served.client.post(
        "/join/apply",
        data={"_key": secrets.token_urlsafe(18)} | FIELDS,
        headers={"Sec-Fetch-Site": "cross-site"},
        follow_redirects=False,
    )
    assert "form-foreign" in answer.text


def test_asked_answered_accepted_and_begun(served: Served) -> None:
    path = apply(served)
    where = f"/operator/applications/{number_of(path)}"
    served.sign_in("admin")
    assert FIELDS["name"] in served.get("/operator/applications?search=拾光").text
    page = served.get(where).text
    for text in ("13800138000", FIELDS["credit_code"], "MCC 5814", "in order"):
        assert text in page
    assert served.send(f"{where}/ask", {"question": "Whose\r\naccount?"}).status_code == 303

    served.sign_in(None)
    asked = served.get(path).text
    assert "Whose account?" in asked
    wordless = served.send(path, FIELDS | {"answer": "", "phone": "1"})
    assert set(re.findall(r'id="why-(\w+)"', wordless.text)) == {"answer", "phone"}
    answered = FIELDS | {"answer": "Ours.", "outlet": "拾光咖啡总店", "collect": ""}
    assert served.send(path, answered).headers["location"] == path
    assert "We are looking at it" in served.get(path).text
    assert served.send(path, answered).status_code == 422
    kept = served.db.execute("SELECT led_to FROM web.form WHERE led_to LIKE '/join%'").fetchall()
    assert all("tba" not in row[0] for row in kept)

    served.sign_in("admin")
    assert "Ours." in served.get(where).text
    assert "/account" in served.send(f"{where}/accept", ACCEPTED).headers["location"]
    step_up(served, "admin")
    taken = served.send(f"{where}/accept", ACCEPTED | {"code": "A"})
    assert (taken.status_code, 'id="why-code"' in taken.text) == (422, True)
    key = secrets.token_urlsafe(18)
    first, again = (served.send(f"{where}/accept", ACCEPTED, key=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    page = served.get(where).text
    assert "Somebody else has to approve it." in page
    account = re.search(r"/operator/proposals/\d+", page)
    assert account is not None
    same = served.send(f"{account[0]}/decision", {"decision": "approve"})
    assert (same.status_code, "same-person" in same.text) == (422, True)
    step_up(served, "settlement")
    assert served.send(f"{account[0]}/decision", {"decision": "approve"}).status_code == 303

    served.sign_in(None)
    assert "Welcome to the alliance" in served.get(path).text
    begun = served.send(f"{path}/begin", {})
    link = re.search(r"/invitation/tbi_[\w-]+", begun.text)
    assert link is not None
    assert re.search(r"tbk_\d+_[\w-]{43}", begun.text)
    second = served.send(f"{path}/begin", {})
    assert second.status_code == 422
    assert "tbk_" not in second.text
    assert "application-begun" in second.text

    assert served.send(link[0], {"password": "a-long-enough-one"}).status_code == 303
    entered = served.send("/sign-in", {"login": "shiguang", "password": "a-long-enough-one"})
    assert entered.headers["location"] == "/merchant"
    served.sign_in(None)
    assert "You can sell" in served.get(path).text

    served.sign_in("auditor")
    page = served.get(where).text
    assert "Live" in page
    assert account[0] not in page
    log = served.get("/operator/audit?search=application").text
    for done in ("Application made", "Applicant asked", "Application accepted", "Link and key"):
        assert done in log


def test_refused_with_a_reason_that_the_applicant_reads(served: Served) -> None:
    path = apply(served)
    where = f"/operator/applications/{number_of(path)}"
    step_up(served, "admin")
    assert 'id="why-reason"' in served.send(f"{where}/refuse", {"reason": ""}).text
    assert served.send(f"{where}/refuse", {"reason": "No cafés, please."}).status_code == 303
    again = served.send(f"{where}/accept", ACCEPTED)
    assert (again.status_code, "application-decided" in again.text) == (422, True)
    served.sign_in(None)
    page = served.get(path).text
    assert "No cafés, please." in page
    assert "Not accepted" in page
    assert served.send(f"{path}/begin", {}).status_code == 422


def test_who_has_no_business_with_contacts_does_not_see_them(served: Served) -> None:
    path = apply(served)
    for role in ("marketer", "manager", "cashier"):
        served.sign_in(role)
        assert served.get(f"/operator/applications/{number_of(path)}").status_code == 404
    served.sign_in("settlement")
    assert "/accept" not in served.get(f"/operator/applications/{number_of(path)}").text
