"""Organisations, their places and contracts over HTTP."""

from typing import Any

import pytest

from tests.api.conftest import Served
from tests.api.office import office
from tests.world import AT
from tongbao.access import audit
from tongbao.access.keys import Caller
from tongbao.api.acting import ActorElse, actor_of


def test_an_organisation_is_registered_renamed_and_closed(served: Served) -> None:
    operator = office(served, "operator")
    made = operator.send("organisations", code="lan", name="兰 Café")
    assert (made["role"], made["status"]) == ("merchant", "active")
    for step, status in (("suspend", "suspended"), ("resume", "active"), ("close", "closed")):
        assert operator.send(f"organisations/{made['id']}/{step}")["status"] == status
    again = operator.try_to(f"organisations/{made['id']}/resume")
    assert (again.status_code, again.json()["code"]) == (422, "organisation-status-refused")
    taken = operator.try_to("organisations", code="lan", name="Lan")
    assert (taken.status_code, taken.json()["code"]) == (409, "organisation-code-taken")
    found = operator.get("organisations", limit=2)
    assert len(found["data"]) == 2
    rest = operator.get("organisations", cursor=found["next"])
    assert [one["code"] for one in rest["data"]] == ["B", "C", "lan"]
    assert [one["code"] for one in office(served, "A").get("organisations")["data"]] == ["A"]
    for who, code, seen in (("operator", "lan", 1), ("operator", "x", 0), ("A", "lan", 0)):
        assert len(office(served, who).get("organisations", code=code)["data"]) == seen


def test_who_renames_says_what_was_seen(served: Served) -> None:
    who = served.world.organisations["A"]
    path = f"/v1/organisations/{who}"
    headers = served.headers("operator") | {"Tongbao-Actor": "Lin"}
    seen = served.client.get(path, headers=headers).headers["etag"]

    def rename(name: str, **more: str) -> Any:
        return served.client.patch(path, json={"name": name}, headers=headers | more)

    assert rename("A one").status_code == 428
    done = rename("A one", **{"If-Match": seen})
    assert (done.status_code, done.json()["name"]) == (200, "A one")
    late = rename("A two", **{"If-Match": seen})
    assert (late.status_code, late.json()["code"]) == (412, "precondition-failed")
    assert rename("A two", **{"If-Match": done.headers["etag"]}).json()["name"] == "A two"
    assert [entry.kind for entry in audit.listed(served.db)] == ["organisations.rename"] * 2


def test_places_are_added_and_found(served: Served) -> None:
    operator, a = office(served, "operator"), office(served, "A")
    who = str(served.world.organisations["A"])
    operator.send("sites", code="bj", name="Beijing", kind="mall", region="110105")
    operator.send("formats", code="spa", name="Spa", mcc="7298")
    operator.send("brands", organisation=who, name="Lan")
    added = operator.send(
        "outlets", code="A-2", name="A two", organisation=who, site="bj", format="spa", brand="Lan"
    )
    assert a.get("outlets/A-2") == added
    assert [one["code"] for one in a.get("outlets")["data"]] == ["A", "A-2"]
    assert operator.send("outlets/A-2/close")["open"] is False
    assert operator.send("outlets/A-2/open")["open"] is True
    operator.send("outlets/A-2/terminals", code="till-1")
    assert operator.send("outlets/A-2/terminals/till-1/block")["active"] is False
    assert operator.send("outlets/A-2/terminals/till-1/unblock")["active"] is True
    assert a.get("outlets/A-2/standing")["terminals"] == ["till-1"]
    stands = a.get(f"organisations/{who}/standing")
    assert [one["code"] for one in stands["outlets"]] == ["A", "A-2"]
    assert stands["balances"]["issued"] == {"value": 0, "unit": "PTS"}
    assert a.get("outlets/A-2/terminals")["data"] == [a.get("outlets/A-2/terminals/till-1")]
    assert [one["code"] for one in a.get("formats", limit=2)["data"]] == ["cafe", "cinema"]
    assert a.get("sites/bj")["region"] == "110105"
    assert [one["name"] for one in a.get("brands")["data"]] == ["Lan"]
    unknown = operator.try_to("sites", code="x", name="X", kind="mall", region="999999")
    assert (unknown.status_code, unknown.json()["code"]) == (400, "region-unknown")


def test_a_contract_is_signed_version_by_version(served: Served) -> None:
    operator = office(served, "operator")
    who = served.world.organisations["A"]
    path = f"organisations/{who}/contracts"
    first = operator.send(
        path, valid_from="2026-01-01T00:00:00Z", terms={"earn_rate": 20_000, "credit_limit": 500}
    )
    assert (first["terms"]["earn_rate"], first["terms"]["credit_limit"]) == (20_000, 500)
    second = operator.send(path, valid_from="2026-02-01T00:00:00Z", terms={"credit_limit": None})
    assert (second["terms"]["earn_rate"], second["terms"]["credit_limit"]) == (20_000, None)
    fresh = operator.send(path, valid_from="2026-03-01T00:00:00Z", fresh=True)
    assert fresh["terms"]["earn_rate"] == 10_000
    a = office(served, "A")
    assert len(a.get(path)["data"]) == 4
    assert a.get(f"{path}/in-force", at="2026-02-15T00:00:00Z") == second
    late = operator.try_to(path, valid_from="2026-01-15T00:00:00Z")
    assert (late.status_code, late.json()["code"]) == (409, "contract-out-of-order")
    odd = operator.try_to(path, terms={"nothing": 1})
    assert (odd.status_code, odd.json()["code"]) == (400, "request-malformed")
    assert operator.try_to("organisations/77/contracts").status_code == 404


def test_whoever_is_signed_in_acts_for_themselves() -> None:
    signed_in = Caller(
        key_id=None, organisation_id=1, role="admin", scopes=frozenset(), operator=True,
        staff_id=7, name="lin",
    )  # fmt: skip
    assert actor_of(signed_in, None) == actor_of(signed_in, "LIN") == "lin"
    with pytest.raises(ActorElse):
        actor_of(signed_in, "Wu")


def test_somebody_must_say_who_acts(served: Served) -> None:
    body = {"code": "lan", "name": "Lan"}

    def register(key: str, actor: bytes | None) -> Any:
        headers: Any = served.headers("operator", key)
        if actor is not None:
            headers = {name: value.encode() for name, value in headers.items()}
            headers["Tongbao-Actor"] = actor
        return served.client.post("/v1/organisations", json=body, headers=headers)

    assert register("1", None).json()["code"] == "actor-missing"
    assert register("2", b"").json()["code"] == "actor-missing"
    assert register("3", b"%00").json()["code"] == "text-malformed"
    assert register("4", b"x" * 201).json()["code"] == "text-malformed"
    assert register("5", b"%E6%9E%97  Mei").status_code == 201
    assert register("5", "林 Mei".encode()).headers["idempotent-replayed"] == "true"
    assert register("5", b"Wu").json()["code"] == "key-reused"
    (entry,) = audit.listed(served.db)
    assert (entry.by, entry.kind) == ("林 Mei", "organisations.register")
    assert entry.subject == "POST /v1/organisations"
    assert entry.key_id == int(served.tokens["operator"].split("_")[1])
    assert entry.at > AT
