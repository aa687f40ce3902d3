"""Bulk over HTTP: each operation for itself, or all or none and never a first leg."""

from typing import Any

from tests.api.conftest import Served
from tests.world import broken_laws

CARD = {"card": "CARD000001"}


def award(key: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "award", "key": key, "member": CARD, "outlet": "A", "points": {"value": 1_000},
    } | more  # fmt: skip


def send(served: Served, key: str, mode: str, *operations: dict[str, Any], who: str = "A") -> Any:
    body = {"mode": mode, "operations": operations}
    return served.client.post("/v1/bulk", json=body, headers=served.headers(who, key))


def available(served: Served) -> int:
    path = f"/v1/members/{served.world.members[1]}/balances"
    said = served.client.get(path, headers=served.headers("operator")).json()
    value: int = said["balances"]["available"]["value"]
    return value


def test_each_operation_is_answered_for_itself(served: Served) -> None:
    items = (
        award("1"),
        award("2", member={"card": "NOBODY1"}),
        award("3", outlet="B"),
        {"kind": "gift", "key": "4", "member": CARD, "to": {"card": "CARD000002"},
         "points": {"value": 10_000}},
        award("5"),
        award("1"),
    )  # fmt: skip
    answer = send(served, "b", "independent", *items)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert [one["status"] for one in said["operations"]] == [201, 404, 404, 422, 201, 201]
    assert [one.get("problem", {}).get("code") for one in said["operations"]] == [
        None, "identity-not-found", "outlet-not-found", "insufficient-points", None, None,
    ]  # fmt: skip
    assert said["operations"][0]["operation"] == said["operations"][5]["operation"]
    again = send(served, "b", "independent", *items)
    assert again.content == answer.content
    assert again.headers["idempotent-replayed"] == "true"
    assert send(served, "b", "independent", award("9")).json()["code"] == "key-reused"
    assert send(served, "b2", "independent", *items).json() == said
    assert available(served) == 2_000
    assert broken_laws(served.db) == {}


def test_all_or_none(served: Served) -> None:
    gift = {"kind": "gift", "key": "g", "member": CARD, "to": {"card": "CARD000002"}}
    too_much = gift | {"points": {"value": 2_001}}
    answer = send(served, "b", "atomic", award("1"), award("2"), too_much)
    assert (answer.status_code, answer.json()["code"]) == (422, "bulk-refused")
    assert [one["key"] for one in answer.json()["facts"]["operations"]] == ["g"]
    assert available(served) == 0
    replayed = send(served, "b", "atomic", award("1"), award("2"), too_much)
    assert replayed.content == answer.content
    good = (award("1"), award("2"), gift | {"points": {"value": 2_000}})
    done = send(served, "b2", "atomic", *good)
    assert done.status_code == 200, done.text
    assert done.json()["posted"] == 3
    again = send(served, "b2", "atomic", *good)
    assert (again.content, again.headers["idempotent-replayed"]) == (done.content, "true")
    assert available(served) == 0
    assert broken_laws(served.db) == {}


def test_what_makes_no_sense_is_not_remembered(served: Served) -> None:
    wrong = award("1", expires_at="2000-01-01T00:00:00Z")
    for mode, status in (("atomic", 400), ("independent", 200)):
        answer = send(served, mode, mode, award("0" + mode), wrong)
        assert answer.status_code == status
    mended = send(served, "atomic", "atomic", award("0atomic"), award("1"))
    assert mended.json()["posted"] == 2
    assert send(served, "k", "independent", award("k")).json()["code"] == "key-reused"


def test_a_bulk_has_its_limits(served: Served) -> None:
    for operations in ([], [award(str(n)) for n in range(1_001)], [{"kind": "theft"}], [1]):
        answer = send(served, "b", "independent", *operations)
        assert (answer.status_code, answer.json()["code"]) == (400, "request-malformed")


def test_a_thousand_at_once(served: Served) -> None:
    items = [award(f"m{n}", points={"value": 1}) for n in range(1_000)]
    assert send(served, "b", "independent", *items).json()["posted"] == 1_000
    assert send(served, "b2", "atomic", *items).json()["posted"] == 1_000
    assert available(served) == 1_000
    assert broken_laws(served.db) == {}
