"""Members over HTTP: enrolled, found, changed, merged; who sees whom."""

from typing import Any

from tests.api.conftest import Served
from tests.world import broken_laws


def send(served: Served, method: str, path: str, who: str, key: str = "", **more: Any) -> Any:
    headers = served.headers(who, key or None) | more.pop("headers", {})
    return served.client.request(method, f"/v1/{path}", headers=headers, **more)


def enrol(served: Served, who: str, key: str, **identity: str) -> dict[str, Any]:
    answer = send(served, "POST", "members", who, key, json={"identities": [identity]})
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/members/{said['id']}"
    return said


def test_a_member_is_enrolled_found_and_known_by_more(served: Served) -> None:
    made = enrol(served, "A", "1", kind="phone", value="138 1234 5678")
    assert made["identities"][0] | {"added_at": ""} == {
        "kind": "phone", "hint": "5678", "masked": "****5678", "added_at": "",
    }  # fmt: skip
    assert "138" not in str(made["identities"])
    again = send(
        served, "POST", "members", "A", "2",
        json={"identities": [{"kind": "phone", "value": "+8613812345678"}]},
    )  # fmt: skip
    assert (again.status_code, again.json()["code"]) == (409, "identity-taken")
    path = f"members/{made['id']}/identities"
    card = {"kind": "card", "value": "6200 0000 0001"}
    both = send(served, "POST", path, "A", "3", json=card).json()
    assert [one["kind"] for one in both["identities"]] == ["phone", "card"]
    found = send(served, "POST", "members/find", "B", json={"member": {"card": "620000000001"}})
    assert found.json()["id"] == made["id"]
    less = send(served, "POST", path + "/remove", "A", "4", json=card)
    assert [one["kind"] for one in less.json()["identities"]] == ["phone"]
    gone = send(served, "POST", "members/find", "B", json={"member": {"card": "620000000001"}})
    assert (gone.status_code, gone.json()["code"]) == (404, "identity-not-found")


def test_what_an_organisation_calls_a_member_is_its_own(served: Served) -> None:
    made = enrol(served, "A", "1", kind="external", value="A-77")
    mine = {"member": {"external": "A-77"}}
    assert send(served, "POST", "members/find", "A", json=mine).json()["id"] == made["id"]
    assert send(served, "POST", "members/find", "B", json=mine).status_code == 404
    theirs = {"member": {"external": "A-77", "issuer": str(served.world.organisations["A"])}}
    assert send(served, "POST", "members/find", "B", json=theirs).status_code == 404
    assert send(served, "POST", "members/find", "operator", json=theirs).status_code == 200
    other = {"kind": "external", "value": "X", "issuer": str(served.world.organisations["A"])}
    claim = send(served, "POST", "members", "B", "2", json={"identities": [other]})
    assert (claim.status_code, claim.json()["code"]) == (404, "organisation-not-found")


def test_a_member_is_seen_by_whom_it_knows_and_nobody_else(served: Served) -> None:
    made = enrol(served, "A", "1", kind="card", value="SEEN0001")
    path = f"members/{made['id']}"
    assert send(served, "GET", path, "A").status_code == 200
    hidden = send(served, "GET", path, "B")
    nobody = send(served, "GET", "members/999999", "B")
    assert hidden.status_code == nobody.status_code == 404
    assert hidden.json()["code"] == nobody.json()["code"] == "member-not-found"
    award = {"member": {"card": "SEEN0001"}, "outlet": "B", "points": {"value": 500}}
    assert send(served, "POST", "awards", "B", "2", json=award).status_code == 201
    now = send(served, "GET", path + "?expand=balances,lots,holds,identities", "B").json()
    assert now["balances"]["available"] == {"value": 500, "unit": "PTS"}
    assert [lot["issuer_code"] for lot in now["lots"]] == ["B"]
    assert now["holds"] == []
    change = send(served, "PATCH", path, "B", headers={"If-Match": "*"}, json={})
    assert (change.status_code, change.json()["code"]) == (403, "member-not-yours")
    for wrong in ("members/x", "members/0", "members/1" + "0" * 30):
        assert send(served, "GET", wrong, "A").status_code == 400
    assert send(served, "GET", path + "?expand=secrets", "A").status_code == 400


def test_a_money_call_and_a_quote_take_the_id_of_a_stranger_who_stays_one_unless_points_move(
    served: Served,
) -> None:
    who = {"id": enrol(served, "A", "1", kind="card", value="STRANGER0001")["id"]}
    award = {"member": who, "outlet": "A", "points": {"value": 500}}
    assert send(served, "POST", "awards", "A", "2", json=award).status_code == 201
    sale = {"member": who, "outlet": "B", "amount": {"value": 900}}
    assert send(served, "POST", "quotes", "B", "3", json=sale).status_code == 201
    short = send(served, "POST", "purchases", "B", "4", json=sale | {"points": {"value": 900}})
    assert (short.status_code, short.json()["code"]) == (422, "insufficient-points")
    assert send(served, "GET", f"members/{who['id']}", "B").status_code == 404
    paid = send(served, "POST", "purchases", "B", "5", json=sale | {"points": {"value": 400}})
    assert paid.json()["balances"]["available"]["value"] == 105  # with 5 for what was paid in cash
    assert send(served, "GET", f"members/{who['id']}", "B").status_code == 200


def test_who_changes_a_member_has_seen_it_as_it_is(served: Served) -> None:
    made = enrol(served, "A", "1", kind="card", value="LOCK0001")
    path = f"members/{made['id']}"
    seen = send(served, "GET", path, "A")
    lock = {"spend_locked": True}
    blind = send(served, "PATCH", path, "A", json=lock)
    assert (blind.status_code, blind.json()["code"]) == (428, "precondition-missing")
    tag = {"If-Match": seen.headers["etag"]}
    locked = send(served, "PATCH", path, "A", json=lock, headers=tag)
    assert (locked.status_code, locked.json()["spend_locked"]) == (200, True)
    late = send(served, "PATCH", path, "A", json={"status": "suspended"}, headers=tag)
    assert (late.status_code, late.json()["code"]) == (412, "precondition-failed")
    fresh = {"If-Match": locked.headers["etag"]}
    done = send(served, "PATCH", path, "A", json={"status": "suspended"}, headers=fresh)
    assert done.json()["status"] == "suspended"
    unchanged = send(served, "GET", path, "A", headers={"If-None-Match": done.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_memberships_are_merged_and_closed_by_the_operator(served: Served) -> None:
    old, new = served.world.members[:2]
    award = {"member": {"id": str(old)}, "outlet": "A", "points": {"value": 700}}
    assert send(served, "POST", "awards", "A", "1", json=award).status_code == 201
    merged = send(served, "POST", f"members/{old}/merge", "operator", "2", json={"into": str(new)})
    assert (merged.status_code, merged.json()["kind"]) == (201, "merge")
    shown = send(served, "GET", f"members/{new}?expand=balances", "A").json()
    assert shown["balances"]["available"]["value"] == 700
    assert send(served, "GET", f"members/{old}", "A").json()["merged_into"] == str(new)
    forfeit = {"forfeit": True}
    theirs = send(served, "POST", f"members/{new}/close", "B", "3", json=forfeit)
    assert (theirs.status_code, theirs.json()["code"]) == (404, "member-not-found")
    closed = send(served, "POST", f"members/{new}/close", "operator", "4", json=forfeit)
    assert closed.status_code == 201, closed.text
    assert send(served, "GET", f"members/{new}", "A").json()["status"] == "closed"
    assert broken_laws(served.db) == {}
