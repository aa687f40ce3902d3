"""Webhooks over HTTP: whose they are, their secrets, their log, and what is sent once more."""

from typing import Any

from tests import announced
from tests.api.conftest import Served
from tongbao.webhooks import fanout

URL = "https://shop.example/hook"


def make(served: Served, who: str = "A", key: str = "1", **given: Any) -> dict[str, Any]:
    body = {"url": URL, "name": "shop"} | given
    answer = served.client.post("/v1/webhooks", json=body, headers=served.headers(who, key))
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


def test_an_endpoint_is_made_shown_changed_and_deleted(served: Served) -> None:
    made = make(served, types=["tongbao.purchase.posted.v1"])
    assert made["secret"].startswith("whsec_")
    path, mine = f"/v1/webhooks/{made['id']}", served.headers("A")
    shown = served.client.get(path, headers=mine)
    assert shown.json() == {name: value for name, value in made.items() if name != "secret"}
    blind = served.client.patch(path, json={"name": "other"}, headers=mine)
    assert (blind.status_code, blind.json()["code"]) == (428, "precondition-missing")
    seen = mine | {"If-Match": shown.headers["etag"]}
    changed = served.client.patch(path, json={"types": [], "state": "disabled"}, headers=seen)
    assert changed.status_code == 200, changed.text
    assert (changed.json()["types"], changed.json()["state"]) == ([], "disabled")
    late = served.client.patch(path, json={"name": "late"}, headers=seen)
    assert (late.status_code, late.json()["code"]) == (412, "precondition-failed")
    again = mine | {"If-Match": "*"}
    active = served.client.patch(path, json={"state": "active"}, headers=again).json()
    assert (active["state"], active["disabled_because"]) == ("active", None)
    assert served.client.delete(path, headers=mine).status_code == 204
    assert served.client.get(path, headers=mine).status_code == 404


def test_a_secret_is_shown_once_even_to_who_asks_again(served: Served) -> None:
    first, again = make(served), make(served)
    assert first["secret"]
    assert again == first | {"secret": None}
    path = f"/v1/webhooks/{first['id']}/secret"
    body = {"overlap_hours": 1}
    rotated = served.client.post(path, json=body, headers=served.headers("A", "2")).json()
    assert rotated["secret"] not in (None, first["secret"])
    replayed = served.client.post(path, json=body, headers=served.headers("A", "2")).json()
    assert replayed == rotated | {"secret": None}
    kept = served.db.execute("SELECT answer FROM kernel.once").fetchall()
    assert not any(b"whsec_" in bytes(answer) for (answer,) in kept)


def test_anothers_webhook_is_not_there(served: Served) -> None:
    made = make(served)
    theirs, path = served.headers("B", "x"), f"/v1/webhooks/{made['id']}"
    asked = [
        served.client.get(path, headers=theirs),
        served.client.patch(path, json={}, headers=theirs | {"If-Match": "*"}),
        served.client.delete(path, headers=theirs),
        served.client.get(f"{path}/deliveries", headers=theirs),
        served.client.get(f"{path}/deliveries/evt_1_1", headers=theirs),
        *(
            served.client.post(f"{path}/{what}", json=body, headers=served.headers("B", what))
            for what, body in (
                ("secret", {}),
                ("ping", {}),
                ("replays", {"since": "2026-01-01T00:00:00Z"}),
                ("deliveries/evt_1_1/replay", {}),
            )
        ),
    ]
    assert [(one.status_code, one.json()["code"]) for one in asked] == [
        (404, "webhook-not-found")
    ] * len(asked)
    listed = served.client.get("/v1/webhooks", headers=served.headers("B"))
    assert listed.json()["data"] == []
    named = {"url": URL, "name": "x", "organisation": made["organisation"]}
    for_them = served.client.post("/v1/webhooks", json=named, headers=served.headers("B", "y"))
    assert for_them.status_code == 404


def test_the_operator_sees_all_and_may_make_them(served: Served) -> None:
    first = make(served)
    second = make(served, "operator", organisation=first["organisation"])
    third = make(served, "operator", key="2")
    listed = served.client.get("/v1/webhooks?limit=2", headers=served.headers("operator")).json()
    assert [one["id"] for one in listed["data"]] == [first["id"], second["id"]]
    rest = served.client.get(
        "/v1/webhooks", params={"cursor": listed["next"]}, headers=served.headers("operator")
    ).json()
    assert [one["id"] for one in rest["data"]] == [third["id"]]
    of_a = served.client.get("/v1/webhooks", headers=served.headers("A")).json()
    assert [one["id"] for one in of_a["data"]] == [first["id"], second["id"]]


def test_deliveries_are_listed_shown_and_sent_once_more(served: Served) -> None:
    announced.wait(served.db)
    with served.db.transaction():
        fanout.fan_out(served.db, _now(served))
    made = make(served)
    path = f"/v1/webhooks/{made['id']}"
    for n in range(3):
        answer = served.client.post(f"{path}/ping", json={}, headers=served.headers("A", f"p{n}"))
        assert answer.status_code == 201, answer.text
    announced.wait(served.db)
    with served.db.transaction():
        fanout.fan_out(served.db, _now(served))
    mine = served.headers("A")
    page = served.client.get(f"{path}/deliveries?limit=2", headers=mine).json()
    assert [one["state"] for one in page["data"]] == ["waiting", "waiting"]
    rest = served.client.get(
        f"{path}/deliveries", params={"cursor": page["next"]}, headers=mine
    ).json()
    assert (len(rest["data"]), rest["next"]) == (1, None)
    event = page["data"][0]["event"]
    shown = served.client.get(f"{path}/deliveries/{event}", headers=mine).json()
    assert (shown["event"], shown["calls"]) == (event, [])
    again = served.client.post(
        f"{path}/deliveries/{event}/replay", json={}, headers=served.headers("A", "r")
    )
    assert (again.status_code, again.json()["event"]) == (201, event)
    none = served.client.get(f"{path}/deliveries/evt_99_99", headers=mine)
    assert (none.status_code, none.json()["code"]) == (404, "delivery-not-found")
    begun = served.client.post(
        f"{path}/replays", json={"since": "2026-01-01T00:00:00Z"}, headers=served.headers("A", "s")
    )
    assert begun.status_code == 201
    done = served.client.get(f"{path}/deliveries?state=delivered", headers=mine).json()
    assert done["data"] == []


def _now(served: Served) -> Any:
    row = served.db.execute("SELECT now()").fetchone()
    assert row is not None
    return row[0]


def test_what_cannot_be_called_is_refused(served: Served) -> None:
    for n, (url, code) in enumerate(
        [
            ("http://shop.example/", "url-malformed"),
            ("https://127.0.0.1/", "address-forbidden"),
            ("https://[::ffff:10.0.0.1]/", "address-forbidden"),
        ]
    ):
        answer = served.client.post(
            "/v1/webhooks", json={"url": url, "name": "x"}, headers=served.headers("A", f"u{n}")
        )
        assert answer.json()["code"] == code
    wrong = {"url": URL, "name": "x", "types": ["nonsense"]}
    answer = served.client.post("/v1/webhooks", json=wrong, headers=served.headers("A", "t"))
    assert (answer.status_code, answer.json()["code"]) == (400, "choice-malformed")
