"""Windows, settlements and their legs, and the calendar, over HTTP."""

from tests.api.conftest import Served
from tests.api.office import Office, office
from tests.world import broken_laws

CARD = {"card": "CARD000001"}


def owed(served: Served) -> Office:
    """Let A owe C 80 yuan in a closed window; give the operator."""
    office(served, "A").send("awards", member=CARD, outlet="A", points={"value": 10_000})
    bill = {"amount": {"value": 20_000}, "points": {"value": 8_000}}
    office(served, "C").send("purchases", member=CARD, outlet="C", **bill)  # type: ignore[arg-type]
    operator = office(served, "operator")
    operator.send("windows/close")
    return operator


def test_a_window_says_who_owes_whom(served: Served) -> None:
    operator = owed(served)
    opened, closed = operator.get("windows")["data"]
    assert (opened["closed_at"], closed["id"]) == (None, 1)
    report = operator.get("windows/1/report")
    assert report["gross"] == {"count": 1, "amount": {"value": 8_000, "unit": "CNY"}}
    assert report["collections"]["amount"]["value"] == 8_000
    nets = operator.get("windows/1/netting")["nets"]
    issuer, redeemer = (str(served.world.organisations[name]) for name in "AC")
    assert {who: one["value"] for who, one in nets.items()} == {
        issuer: -8_000, redeemer: 8_000,
    }  # fmt: skip
    first = operator.get("windows/1/positions", limit=1)
    second = operator.get("windows/1/positions", limit=1, cursor=first["next"])
    assert [page["data"][0]["organisation"] for page in (first, second)] == [issuer, redeemer]
    (own,) = office(served, "A").get("windows/1/positions")["data"]
    assert (own["organisation"], own["clearing"]["value"]) == (issuer, -8_000)
    assert office(served, "B").get("windows/1/claims")["data"] == []
    for unknown in ("999999", "999999999999999999"):
        answer = served.client.get(f"/v1/windows/{unknown}", headers=served.headers("operator"))
        assert (answer.status_code, answer.json()["code"]) == (404, "window-not-found")


def test_a_leg_is_booked_by_hand_refused_instructed_again_and_given_up(served: Served) -> None:
    operator = owed(served)
    issuer, redeemer = (str(served.world.organisations[name]) for name in "AC")
    number = operator.send("settlements", by="Lin")["id"]
    assert operator.send("settlements", by="Wu")["id"] == number
    operator.send(f"settlements/{number}/reject", by="Wu", reason="too early")
    again = operator.send("settlements", by="Lin")["id"]
    assert again != number
    operator.send(f"settlements/{again}/approve", by="Wu")
    operator.send(f"settlements/{again}/instruct")
    a, c = (f"settlements/{again}/legs/{who}" for who in (issuer, redeemer))
    part = operator.send(f"{a}/book", amount={"value": 3_000}, reference="r1")
    assert (part["state"], part["left"]["value"]) == ("partly_paid", 5_000)
    operator.send(f"{a}/return", amount={"value": 1_000}, reference="r2", reason="sent back")
    assert operator.send(f"{a}/instruct")["attempt"] == 2
    assert operator.send(f"{a}/refuse", reason="no money")["state"] == "rejected"
    assert operator.send(f"{a}/fail", reason="no money at all")["state"] == "failed"
    paid = operator.send(f"{c}/book", amount={"value": 8_000}, reference="r3")
    assert paid["state"] == "paid"
    assert [one["id"] for one in operator.get("settlements", state="failed")["data"]] == [again]
    assert {one["organisation"] for one in operator.get(f"settlements/{again}/legs")["data"]} == {
        issuer, redeemer,
    }  # fmt: skip
    states = [one["state"] for one in operator.get(f"settlements/{again}/trail")["data"]]
    assert states[:2] == ["proposed", "approved"]
    assert operator.get(f"settlements/{again}/skipped")["data"] == []
    assert [one["settlement"] for one in office(served, "A").get("legs")["data"]] == [again, number]
    over = operator.try_to(f"{c}/book", amount={"value": 1}, reference="r4")
    assert over.status_code in (409, 422)
    assert broken_laws(served.db) == {}


def test_days_are_recorded_and_what_is_due_is_proposed(served: Served) -> None:
    operator = office(served, "operator")
    headers = served.headers("operator") | {"Tongbao-Actor": "Lin"}
    days = {"days": [{"day": "2199-01-01", "working": False, "name": "元旦"}]}
    year = served.client.put("/v1/calendar/years/2199", json=days, headers=headers)
    assert [one["day"] for one in year.json()["data"]] == ["2199-01-01"]
    day = served.client.put(
        "/v1/calendar/days/2199-01-05", json={"working": False}, headers=headers
    )
    assert len(day.json()["data"]) == 2
    shown = operator.get("calendar", **{"from": "2199-01-04", "days": 3})
    assert [one["working"] for one in shown["days"]] == [True, False, False]
    assert office(served, "A").get("calendar/years/2199")["data"] == day.json()["data"]
    bad = served.client.put("/v1/calendar/years/2199", json={"days": []}, headers=headers)
    assert bad.status_code == 400
    assert operator.send("settlements/due")["data"] == []
    assert operator.send("exposures/alerts") == {"raised": 0, "ended": 0}
    assert operator.send("payments/missing")["missing"] == 0
    assert len(operator.get("exposures")["data"]) == 4
    assert len(office(served, "A").get("exposures")["data"]) == 1
    alerted = {"alerted": True}
    assert operator.get("exposures", **alerted)["data"] == []
    assert office(served, "A").get("exposures", **alerted)["data"] == []
