"""What waits for people, over HTTP: proposals, exception items, adjustments, disputes, tills."""

from typing import Any

from tests.api.conftest import Served
from tests.api.office import office
from tests.world import broken_laws
from tongbao.access import audit
from tongbao.desk import exceptions
from tongbao.kernel import clock

CARD = {"card": "CARD000001"}


def yuan(fen: int) -> dict[str, int]:
    return {"value": fen}


def test_two_people_book_a_deposit(served: Served) -> None:
    operator, a = office(served, "operator"), office(served, "A")
    who = served.world.organisations["A"]
    path = f"organisations/{who}/collateral"
    first = operator.send(f"{path}/deposits", by="Lin", amount=yuan(50_000), reason="paid in")
    second = operator.send(f"{path}/deposits", by="Lin", amount=yuan(1), reason="a mistake")
    same = operator.try_to(f"proposals/{first['id']}/approve", by="ＬＩＮ")
    assert (same.status_code, same.json()["code"]) == (422, "same-person")
    done = operator.send(f"proposals/{first['id']}/approve", by="Wu")
    assert (done["state"], done["decided_by"]) == ("approved", "Wu")
    twice = operator.try_to(f"proposals/{first['id']}/approve", by="Wu")
    assert (twice.status_code, twice.json()["code"]) == (409, "proposal-decided")
    assert operator.try_to(f"proposals/{second['id']}/reject", by="Wu").status_code == 400
    operator.send(f"proposals/{second['id']}/reject", by="Wu", reason="it was")
    stands = a.get(path)
    assert (stands["collateral"]["value"], stands["free"]["value"]) == (50_000, 50_000)
    assert a.get("proposals", state="approved")["data"] == [a.get(f"proposals/{first['id']}")]
    told = [(one.kind, one.by) for one in reversed(audit.listed(served.db))]
    assert told == [
        ("deposits.deposit", "Lin"), ("deposits.deposit", "Lin"),
        ("proposals.approve", "Wu"), ("proposals.reject", "Wu"),
    ]  # fmt: skip
    assert broken_laws(served.db) == {}


def test_an_item_is_assigned_and_closed(served: Served) -> None:
    who = served.world.organisations["A"]
    with served.db.transaction():
        raised = exceptions.raise_item(served.db, "bank", who, "line 7", {"n": 1}, clock.now())
    operator, a = office(served, "operator"), office(served, "A")
    operator.send(f"exceptions/{raised.id}/assign", to="Lin")
    assert [one["id"] for one in operator.get("exceptions", assigned="Lin")["data"]] == [
        str(raised.id)
    ]
    assert operator.send(f"exceptions/{raised.id}/assign", to=None)["assigned_to"] is None
    operator.send(f"exceptions/{raised.id}/close", how="written-off", reason="too small")
    assert a.get("exceptions")["data"] == []
    (closed,) = a.get("exceptions", state="all")["data"]
    assert (closed["closed_by"], closed["closed_how"]) == ("Lin", "written-off")
    late = operator.try_to(f"exceptions/{raised.id}/assign", to="Wu")
    assert (late.status_code, late.json()["code"]) == (409, "exception-closed")


def test_two_people_adjust_points(served: Served) -> None:
    a = office(served, "A")
    proposed = a.send("adjustments", by="Lin", member=CARD, points=yuan(500), reason="sorry")
    path = f"adjustments/{proposed['id']}"
    assert a.get(path)["state"] == "proposed"
    same = a.try_to(f"{path}/approve", by="lin")
    assert (same.status_code, same.json()["code"]) == (422, "two-people-needed")
    done = a.send(f"{path}/approve", by="Wu")
    assert done["balances"]["available"]["value"] == 500
    assert [one["state"] for one in a.get("adjustments")["data"]] == ["approved"]
    taken = a.send("adjustments", by="Lin", member=CARD, points=yuan(-200), reason="too much")
    a.send(f"adjustments/{taken['id']}/reject", by="Lin")
    assert a.get("adjustments", state="rejected")["data"][0]["points"]["value"] == -200
    assert broken_laws(served.db) == {}


def test_a_till_is_compared_and_what_differs_is_disputed(served: Served) -> None:
    a, c, operator = (office(served, who) for who in ("A", "C", "operator"))
    a.send("awards", member=CARD, outlet="A", points=yuan(10_000))
    paid = c.send("purchases", member=CARD, outlet="C", amount=yuan(3_000), points=yuan(3_000))
    day = operator.get("calendar")["business_date"]
    lines = f"type,operation,outlet,amount,points\npurchase,{paid['id']},C,31.00,30.00\n".encode()
    made = c.upload("reconciliations", lines, day=day, name="../day.csv")
    assert (made["balanced"], made["name"], made["form"]) == (False, "..-day.csv", "lines")
    (difference,) = c.get(f"reconciliations/{made['id']}/differences")["data"]
    assert difference["till_amount"]["value"] == 3_100
    assert c.get(f"reconciliations/{made['id']}/totals")["data"]
    assert c.upload("reconciliations", lines, day=day)["replayed"]
    headers = served.headers("C") | {"Tongbao-Actor": "Lin"}
    huge = headers | {"Content-Length": "99999999999"}
    refused = served.client.post("/v1/reconciliations", params={"day": day}, headers=huge)
    assert (refused.status_code, refused.json()["code"]) == (413, "upload-too-large")
    empty = served.client.post("/v1/reconciliations", params={"day": day}, headers=headers)
    assert (empty.status_code, empty.json()["code"]) == (400, "upload-empty")

    redeemer = str(served.world.organisations["C"])
    dispute = a.send(
        "disputes", debtor=redeemer, amount=yuan(1_000), reason="too much", evidence="a receipt",
        operation=paid["id"],
    )  # fmt: skip
    assert c.get("disputes")["data"] == [c.get(f"disputes/{dispute['id']}")]
    answered = c.send(f"disputes/{dispute['id']}/answer", accept=False, text="it was right")
    assert answered["state"] == "contested"
    own = a.try_to(f"disputes/{dispute['id']}/answer", accept=True, text="as I said")
    assert own.json()["code"] == "dispute-side"
    ended = {"amount": yuan(400), "reason": "half of it"}
    proposal = operator.send(f"disputes/{dispute['id']}/proposals", by="Lin", **ended)
    decided: dict[str, Any] = operator.send(f"proposals/{proposal['id']}/approve", by="Wu")
    assert decided["operation"] is not None
    assert a.get(f"disputes/{dispute['id']}")["upheld"]["value"] == 400
    assert broken_laws(served.db) == {}
