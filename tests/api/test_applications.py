"""Applications over HTTP: seen with their checks, asked, refused, accepted on terms."""

from tests.api.conftest import Served
from tests.api.office import office
from tests.joining.wanting import CAFE, applied, wanted
from tongbao.alliance import contracts
from tongbao.kernel import clock


def test_an_application_is_asked_about_and_accepted_on_terms(served: Served) -> None:
    made = applied(served.db)
    operator = office(served, "operator")
    (listed,) = operator.get("applications", state="submitted")["data"]
    assert listed["wanted"]["credit_code"] == CAFE.credit_code
    seen = operator.get(f"applications/{made.id}")
    assert {check["result"] for check in seen["checks"]} == {"passed"}
    asked = operator.send(f"applications/{made.id}/ask", question="Whose account?")
    assert asked["state"] == "asked"
    assert operator.get(f"applications/{made.id}")["remarks"][0]["text"] == "Whose account?"
    accepted = operator.send(
        f"applications/{made.id}/accept", code="shiguang", login="shen", site="SH-1",
        terms={"earn_rate": 25_000, "credit_limit": None},
    )  # fmt: skip
    terms = contracts.terms_at(served.db, int(accepted["organisation"]), clock.now())
    assert (terms.earn_rate, terms.credit_limit, terms.expiry_months) == (25_000, None, 24)
    proposal = operator.get(f"proposals/{accepted['proposal']}")
    assert proposal["kind"] == "bank-account"
    again = operator.try_to(f"applications/{made.id}/refuse", reason="no")
    assert (again.status_code, again.json()["code"]) == (409, "application-decided")


def test_an_application_is_refused(served: Served) -> None:
    made = applied(served.db, wanted(name="A"))
    operator = office(served, "operator")
    refused = operator.send(f"applications/{made.id}/refuse", reason="No cafés.")
    assert (refused["state"], refused["reason"]) == ("refused", "No cafés.")
    missing = operator.try_to("applications/999/refuse", reason="no")
    assert (missing.status_code, missing.json()["code"]) == (404, "application-not-found")
