"""What happened over HTTP: balances at any time, lots in spend order, operations explained."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.conftest import Served
from tongbao.kernel import clock

CARD = {"card": "CARD000001"}


def get(served: Served, path: str, who: str, **parameters: Any) -> Any:
    return served.client.get(f"/v1/{path}", headers=served.headers(who), params=parameters)


def post(served: Served, path: str, who: str, key: str, **body: Any) -> dict[str, Any]:
    answer = served.client.post(f"/v1/{path}", json=body, headers=served.headers(who, key))
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


@pytest.fixture
def busy(served: Served) -> Served:
    """Let a member earn at A and B and spend at C."""
    for n in range(5):
        who = "A" if n % 2 else "B"
        post(served, "awards", who, f"a{n}", member=CARD, outlet=who,
             points={"value": 1_000 + n}, reference=f"R{n}")  # fmt: skip
    post(served, "purchases", "C", "p", member=CARD, outlet="C", amount={"value": 9_000},
         points={"value": 1_500}, reference="R1")  # fmt: skip
    return served


def test_operations_are_listed_by_whose_they_are(busy: Served) -> None:
    member = str(busy.world.members[1])
    everything = get(busy, "operations", "operator").json()["data"]
    assert len(everything) == 6
    assert [one["id"] for one in everything] == sorted(
        (one["id"] for one in everything), key=int, reverse=True
    )
    assert len(get(busy, "operations", "A").json()["data"]) == 2
    assert len(get(busy, "operations", "A", member=member).json()["data"]) == 2
    assert len(get(busy, "operations", "operator", member=member).json()["data"]) == 6
    assert len(get(busy, "operations", "C", outlet="C").json()["data"]) == 1
    assert get(busy, "operations", "C", outlet="A").status_code == 404
    assert get(busy, "operations", "A", member=str(busy.world.members[0])).status_code == 404
    (receipt,) = get(busy, "operations", "A", reference="R1").json()["data"]
    assert (receipt["kind"], receipt["reference"]) == ("award", "R1")
    both = get(busy, "operations", "operator", reference="R1").json()["data"]
    assert [one["kind"] for one in both] == ["purchase", "award"]
    later = (clock.now() + timedelta(days=1)).isoformat()
    assert get(busy, "operations", "operator", since=later).json() == {"data": [], "next": None}
    assert len(get(busy, "operations", "operator", until=later).json()["data"]) == 6


def test_pages_follow_each_other(busy: Served) -> None:
    member = str(busy.world.members[1])
    whole = get(busy, f"members/{member}/lots", "A").json()["data"]
    seen, cursor = [], None
    while True:
        more: dict[str, str] = {} if cursor is None else {"cursor": cursor}
        page = get(busy, f"members/{member}/lots", "A", limit=2, **more).json()
        seen += page["data"]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == whole
    assert len(whole) == 5  # one is used up, one was earned at C
    wrong = get(
        busy, "operations", "A", cursor=get(busy, "operations", "B", limit=1).json()["next"]
    )
    assert wrong.status_code == 200
    mixed = get(busy, f"members/{member}/lots", "A", limit=1).json()["next"]
    assert get(busy, "operations", "A", cursor=mixed).json()["code"] == "cursor-malformed"
    assert get(busy, "operations", "A", limit=0).status_code == 400
    assert get(busy, "operations", "A", limit=1_001).status_code == 400


def test_balances_are_shown_as_they_were(served: Served) -> None:
    member = served.world.members[1]
    yesterday = clock.now() - timedelta(days=1)
    first = post(served, "awards", "A", "1", member=CARD, outlet="A", points={"value": 1_000},
                 effective_at=yesterday.isoformat())  # fmt: skip
    between = clock.now()
    post(served, "awards", "A", "2", member=CARD, outlet="A", points={"value": 500})
    path = f"members/{member}/balances"
    assert get(served, path, "A").json()["balances"]["available"]["value"] == 1_500

    def at(when: Any, basis: str) -> int:
        said = get(served, path, "A", at=when.isoformat(), basis=basis).json()
        value: int = said["balances"]["available"]["value"]
        return value

    assert first["status"] == "posted"
    assert at(yesterday + timedelta(hours=1), "written") == 0
    assert at(yesterday + timedelta(hours=1), "effective") == 1_000
    assert at(between, "written") == at(between, "effective") == 1_000
    assert at(clock.now(), "written") == 1_500
    assert get(served, path, "B").status_code == 404


def test_an_operation_is_explained_to_whose_it_is(busy: Served) -> None:
    newest = get(busy, "operations", "C").json()["data"][0]["id"]
    said = get(busy, f"operations/{newest}", "C").json()
    assert (said["operation"]["kind"], said["key"]) == ("purchase", "p")
    assert {moved["movement"] for moved in said["transfers"]} >= {"redeem", "claim"}
    assert sum(lot["points"]["value"] for lot in said["lots"]) < 0
    assert said["answer"]["spent"] == 1_500
    hidden, nothing = get(busy, f"operations/{newest}", "A"), get(busy, "operations/99", "A")
    assert hidden.status_code == nothing.status_code == 404
    assert hidden.json()["code"] == nothing.json()["code"] == "operation-not-found"
    assert get(busy, f"operations/{newest}", "operator").status_code == 200
