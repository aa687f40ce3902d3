"""Risk over HTTP: what the watch has found, decided and taken back; limits of one organisation."""

from typing import Any

from tests.api.conftest import Served
from tests.api.test_till import CARD, points, post
from tests.world import AT, broken_laws


def test_what_the_watch_has_found_is_seen_and_decided_by_its_organisation(served: Served) -> None:
    served.db.execute(
        "INSERT INTO desk.exception_item (kind, organisation_id, subject, facts, raised_at)"
        " VALUES ('risk-favourite', %s, 'x', '{\"count\": 5}', %s)",
        (served.world.organisations["A"], AT),
    )
    (item,) = served.client.get("/v1/risk/items", headers=served.headers("A")).json()["data"]
    assert (item["kind"], item["facts"]) == ("risk-favourite", {"count": 5})
    assert served.client.get("/v1/risk/items", headers=served.headers("B")).json()["data"] == []
    path = f"/v1/risk/items/{item['id']}/decision"
    verdict = {"verdict": "confirmed", "by": "Wang", "reason": "seen on camera"}
    assert post(served, path, verdict, "k1", "B")[0] == 404
    status, decided = post(served, path, verdict, "k1")
    assert (status, decided["verdict"], decided["decided_by"]) == (201, "confirmed", "Wang")
    assert post(served, path, verdict, "k2")[1]["code"] == "exception-closed"
    seen = {state: items(served, "operator", state=state) for state in ("open", "closed", "all")}
    assert [len(found) for found in seen.values()] == [0, 1, 1]
    assert seen["all"][0]["verdict"] == "confirmed"
    own = str(served.world.organisations["A"])
    assert len(items(served, "operator", state="all", organisation=own)) == 1
    other = str(served.world.organisations["B"])
    assert items(served, "operator", state="all", organisation=other) == []
    nothing = post(
        served, f"/v1/risk/items/{item['id']}/take-back", {"by": "L", "reason": "x"}, "k"
    )
    assert (nothing[0], nothing[1]["code"]) == (422, "nothing-to-take-back")


def items(served: Served, who: str, **query: str) -> Any:
    answer = served.client.get("/v1/risk/items", params=query, headers=served.headers(who))
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_what_was_given_wrongly_is_taken_back_by_two_people(served: Served) -> None:
    given = {"member": CARD, "outlet": "A", "points": points(300)}
    assert post(served, "/v1/awards", given, "given")[0] == 201
    who, member = served.world.organisations["A"], served.world.members[1]
    row = served.db.execute(
        "INSERT INTO desk.exception_item (kind, organisation_id, subject, facts, raised_at)"
        " VALUES ('risk-self-award', %s, 'x', %s, %s) RETURNING id",
        (who, f'{{"member": {member}, "points": 300}}', AT),
    ).fetchone()
    assert row is not None
    path = f"/v1/risk/items/{row[0]}/take-back"
    body = {"by": "Wang", "reason": "the cashier's own card"}
    assert post(served, path, body, "k1", "B")[0] == 404
    status, proposed = post(served, path, body, "k2")
    assert (status, proposed["kind"]) == (201, "propose_adjustment")
    again = post(served, path, body, "k3")
    assert (again[0], again[1]["id"]) == (201, proposed["id"])
    waiting = f"/v1/adjustments/{proposed['id']}"
    found = served.client.get(waiting, headers=served.headers("A")).json()
    assert (found["points"]["value"], found["state"]) == (-300, "proposed")
    approve = served.headers("A", "k4") | {"Tongbao-Actor": "Wu"}
    done = served.client.post(f"{waiting}/approve", json={}, headers=approve)
    assert done.status_code == 201, done.text
    assert broken_laws(served.db) == {}


def test_the_operator_limits_the_tills_of_one_organisation(served: Served) -> None:
    who = {name: str(number) for name, number in served.world.organisations.items()}
    limit = {
        "subject": "terminal", "measure": "spend", "span": "hour", "uses": 1, "by": "Lin",
        "reason": "x", "organisation": who["A"],
    }  # fmt: skip
    proof = {"proof": "pin", "by": "Lin", "reason": "x", "points": points(500)}
    made = post(served, "/v1/risk/limits", limit, "k1", "operator")
    assert (made[0], made[1]["organisation"]) == (201, who["A"])
    made = post(served, "/v1/risk/proofs", proof | {"organisation": who["A"]}, "k2", "operator")
    assert (made[0], made[1]["organisation"]) == (201, who["A"])
    for path in ("/v1/risk/limits", "/v1/risk/proofs"):
        for name, count in (("A", 1), ("B", 0)):
            answer = served.client.get(
                path, params={"organisation": who[name]}, headers=served.headers("operator")
            )
            assert len(answer.json()["data"]) == count
    for whom, expected in ((who["B"], "A"), ("999999999", "operator")):
        refused = post(served, "/v1/risk/limits", limit | {"organisation": whom}, "k3", expected)
        assert (refused[0], refused[1]["code"]) == (404, "organisation-not-found")
