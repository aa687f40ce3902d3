"""Defaults, the guarantee fund, points as debt and the books over HTTP."""

from datetime import UTC, datetime
from typing import Any

from tests.api.conftest import Served
from tests.api.office import Office, office
from tests.world import broken_laws

CARD = {"card": "CARD000001"}


def decided(operator: Office, path: str, **body: Any) -> None:
    """Let one person propose and another approve."""
    proposal = operator.send(path, by="Lin", reason="as agreed", **body)
    operator.send(f"proposals/{proposal['id']}/approve", by="Wu")


def test_a_default_is_declared_borne_repaid_and_lifted(served: Served) -> None:
    operator = office(served, "operator")
    who = {name: served.world.organisations[name] for name in "ABC"}
    money = {"value": 5_000}
    decided(operator, "guarantee/first-loss", amount=money, reference="f1")
    decided(operator, f"organisations/{who['B']}/guarantee/contributions", amount=money,
            reference="b1")  # fmt: skip
    decided(operator, f"organisations/{who['B']}/guarantee/cap", cap=money)
    fund = operator.get("guarantee")
    assert (fund["first_loss"]["value"], fund["contributed"]["value"]) == (5_000, 5_000)
    assert office(served, "B").get(f"organisations/{who['B']}/guarantee")["cap"] == {
        "value": 5_000, "unit": "CNY",
    }  # fmt: skip

    office(served, "A").send("awards", member=CARD, outlet="A", points={"value": 8_000})
    bill = {"amount": {"value": 8_000}, "points": {"value": 8_000}}
    office(served, "C").send("purchases", member=CARD, outlet="C", **bill)  # type: ignore[arg-type]
    path = f"organisations/{who['A']}/default"
    plan = operator.get(f"{path}/plan")
    assert [(one["step"], one["amount"]["value"]) for one in plan["shares"]] == [
        ("first_loss", 5_000), ("guarantee", 3_000),
    ]  # fmt: skip
    decided(operator, path)
    (fallen,) = operator.get("defaults", open=True)["data"]
    assert office(served, "A").get(f"defaults/{fallen['id']}")["reason"] == "as agreed"
    (run,) = operator.get(f"defaults/{fallen['id']}/runs")["data"]
    assert run["owed"]["value"] == 8_000
    assert operator.send(f"{path}/cover") == {"run": None}
    operator.send(f"{path}/recoveries", amount={"value": 8_000}, reference="late")
    assert len(operator.get(f"defaults/{fallen['id']}/recoveries")["data"]) == 1
    assert operator.get(f"defaults/{fallen['id']}/outstanding")["data"] == []
    again = operator.try_to(f"organisations/{who['A']}/suspend")
    assert (again.status_code, again.json()["code"]) == (409, "already-in-default")
    operator.send("windows/close")
    decided(operator, f"{path}/lift")
    decided(operator, f"organisations/{who['A']}/reinstate")
    assert operator.get(f"organisations/{who['A']}")["status"] == "active"
    assert broken_laws(served.db) == {}


def test_points_are_debt_and_a_period_is_closed(served: Served) -> None:
    a, operator = office(served, "A"), office(served, "operator")
    a.send("awards", member=CARD, outlet="A", points={"value": 8_000})
    (debt,) = a.get("liability")["data"]
    assert debt["outstanding"]["value"] == debt["ledger"]["value"] == 8_000
    (cohort,) = a.get("liability/cohorts")["data"]
    assert cohort["issued"] == {"value": 8_000, "unit": "PTS"}
    assert a.get("liability/breakage")["data"] == a.get("liability/backtest")["data"] == []
    now = datetime.now(UTC)
    month = f"{now.year - 1}-06"
    closed = operator.send("liability/periods", month=month)
    assert (closed["month"], closed["replayed"]) == (f"{month}-01", False)
    assert operator.send("liability/periods", month=month)["replayed"]
    assert [one["month"] for one in operator.get("liability/periods")["data"]] == [f"{month}-01"]
    assert a.get(f"liability/periods/{month}/issuers")["data"] == []
    empty = operator.try_to("liability/estimates", reason="x", through=month)
    assert (empty.status_code, empty.json()["code"]) == (422, "estimate-empty")
    assert operator.get("liability/estimates")["data"] == []
    odd = served.client.get(
        "/v1/liability", params={"on": "9999-12-31"}, headers=served.headers("A")
    )
    assert (odd.status_code, odd.json()["code"]) == (400, "book-day-malformed")


def test_debts_are_listed_a_page_at_a_time(served: Served) -> None:
    operator = office(served, "operator")
    for name in "ABC":
        office(served, name).send("awards", member=CARD, outlet=name, points={"value": 700})
    owing = [str(who) for name, who in served.world.organisations.items() if name in "ABC"]
    for path in ("liability", "liability/cohorts"):
        first = operator.get(path, limit=2)
        rest = operator.get(path, limit=2, cursor=first["next"])
        assert [one["issuer"] for one in first["data"] + rest["data"]] == owing
        assert rest["next"] is None
    other = served.client.get(
        "/v1/liability", params={"cursor": operator.get("liability/cohorts", limit=1)["next"]},
        headers=served.headers("operator"),
    )  # fmt: skip
    assert (other.status_code, other.json()["code"]) == (400, "cursor-malformed")


def test_the_books_are_fetched_and_a_run_off_simulated(served: Served) -> None:
    a, operator = office(served, "A"), office(served, "operator")
    a.send("awards", member=CARD, outlet="A", points={"value": 8_000})
    today = operator.get("calendar")["business_date"]
    book = a.fetch(f"general-ledger?to={today}&detail=true").decode().splitlines()
    assert book[0].startswith("date,position,operations,account")
    assert len(book) > 1
    assert b"open " in operator.fetch(f"general-ledger?to={today}&format=beancount")
    found = operator.get("run-off", months=3, curve=[500_000])
    assert found["circulation"]["value"] == 8_000
    assert [one["month"] for one in found["run_off"]["months"]] == [0, 1, 2, 3]
    assert operator.get("guarantee/caps")["data"] == []
