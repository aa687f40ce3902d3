"""Holds over HTTP: set aside, captured in parts, freed; and what undoes a purchase."""

from typing import Any

import pytest

from tests.api.conftest import Served
from tests.world import broken_laws

CARD = {"card": "CARD000001"}


def send(served: Served, path: str, who: str, key: str, **body: Any) -> dict[str, Any]:
    answer = served.client.post(f"/v1/{path}", json=body, headers=served.headers(who, key))
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


def half_of_reward(paid: dict[str, Any]) -> int:
    value: int = paid["earned"]["value"]
    return value // 2


@pytest.fixture
def rich(served: Served) -> Served:
    """Give the member 100 points of A."""
    send(served, "awards", "A", "first", member=CARD, outlet="A", points={"value": 10_000})
    return served


def test_a_hold_is_captured_in_part_and_the_rest_is_freed(rich: Served) -> None:
    held = send(rich, "holds", "C", "h", member=CARD, outlet="C", points={"value": 8_000})
    assert held["balances"]["held"]["value"] == 8_000
    part = send(
        rich, f"holds/{held['id']}/captures", "C", "c", points={"value": 3_000}, final=False
    )
    assert part["claims"][0]["amount"] == {"value": 3_000, "unit": "CNY"}
    freed = send(rich, f"holds/{held['id']}/void", "C", "v")
    assert freed["balances"]["available"]["value"] == 7_000
    assert broken_laws(rich.db) == {}


def test_what_a_till_let_happen_is_posted_or_becomes_an_exception(rich: Served) -> None:
    fits = send(rich, "advices", "C", "1", member=CARD, outlet="C", points={"value": 10_000})
    late = send(rich, "advices", "C", "2", member=CARD, outlet="C", points={"value": 1})
    assert (fits["status"], late["status"]) == ("posted", "exception")


def test_a_refund_and_a_reversal_put_everything_back(rich: Served) -> None:
    bill = {"member": CARD, "outlet": "C", "amount": {"value": 20_000}, "points": {"value": 6_000}}
    paid = send(rich, "purchases", "C", "p", **bill)
    half = send(rich, "refunds", "C", "r", original=paid["id"], amount={"value": 10_000})
    assert half["balances"]["available"]["value"] == 7_000 + half_of_reward(paid)
    whole = send(rich, "refunds", "C", "r2", original=paid["id"])
    assert whole["balances"]["available"]["value"] == 10_000
    send(rich, "purchases", "C", "p2", **bill)
    undone = send(rich, "reversals", "C", "x", original_key="p2")
    assert undone["balances"]["available"]["value"] == 10_000
    assert broken_laws(rich.db) == {}


def test_a_reversal_before_its_original_stops_it(rich: Served) -> None:
    send(rich, "reversals", "C", "x", original_key="late")
    body = {"member": CARD, "outlet": "C", "amount": {"value": 1}, "points": {"value": 1}}
    late = rich.client.post("/v1/purchases", json=body, headers=rich.headers("C", "late"))
    assert (late.status_code, late.json()["code"]) == (422, "reversed")


def test_another_organisations_hold_is_not_there(rich: Served) -> None:
    held = send(rich, "holds", "C", "h", member=CARD, outlet="C", points={"value": 8_000})
    for who, hold_id in (("A", held["id"]), ("A", "999999999")):
        answer = rich.client.post(
            f"/v1/holds/{hold_id}/void", json={}, headers=rich.headers(who, hold_id)
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "hold-not-found")
