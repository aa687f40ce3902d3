"""Quotes: said before a payment, and honoured after it, whatever the contract says by then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import Served
from tests.world import AT, broken_laws
from tongbao.alliance import contracts
from tongbao.alliance.types import Terms
from tongbao.kernel import clock
from tongbao.points import operations as ops
from tongbao.points.post import post

CARD = {"card": "CARD000001"}


def send(served: Served, path: str, who: str, key: str, **body: Any) -> Any:
    return served.client.post(f"/v1/{path}", json=body, headers=served.headers(who, key))


def sale(quote: dict[str, Any]) -> dict[str, Any]:
    return {
        "member": CARD,
        "outlet": quote["outlet"],
        "amount": quote["amount"],
        "points": quote["points"],
        "quote": quote["id"],
    }


@pytest.fixture
def rich(served: Served) -> Served:
    """Give the member 50 points of A, that may be spent in Beijing only, and 80 of B."""
    with served.db.transaction():
        limited = ops.Scope(regions=("110000",))
        for name, points, scope in (("A", 5_000, limited), ("B", 8_000, None)):
            post(
                served.db,
                [
                    ops.Award(
                        key=name,
                        scope=served.world.organisations[name],
                        member=served.world.members[1],
                        outlet=served.world.outlets[name],
                        points=points,
                        limited_to=scope,
                    )
                ],
                AT,
            )
    return served


def test_a_quote_says_what_may_be_used_and_what_is_earned(rich: Served) -> None:
    answer = send(rich, "quotes", "C", "q", member=CARD, outlet="C", amount={"value": 20_000})
    assert answer.status_code == 201, answer.text
    said = answer.json()
    a, b = (str(rich.world.organisations[name]) for name in "AB")
    assert [said[name]["value"] for name in ("usable", "points", "cash", "earned")] == [
        8_000, 8_000, 12_000, 120,
    ]  # fmt: skip
    assert [(part["issuer"], part["points"]["value"]) for part in said["here"]] == [(b, 8_000)]
    (elsewhere,) = said["elsewhere"]
    assert (elsewhere["issuer"], elsewhere["scope"]) == (a, {"regions": ["110000"]})
    again = send(rich, "quotes", "C", "q", member=CARD, outlet="C", amount={"value": 20_000})
    assert again.content == answer.content
    paid = send(rich, "purchases", "C", "p", **sale(said)).json()
    assert [paid[name]["value"] for name in ("spent", "cash", "earned")] == [8_000, 12_000, 120]
    assert broken_laws(rich.db) == {}


def test_a_quote_is_honoured_when_the_contract_changes_in_between(rich: Served) -> None:
    said = send(rich, "quotes", "C", "q", member=CARD, outlet="C", amount={"value": 20_000},
                points={"value": 3_000}).json()  # fmt: skip
    assert said["earned"]["value"] == 170
    with rich.db.transaction():
        now = clock.now()
        who = rich.world.organisations["C"]
        worse = Terms(earn_rate=1_000, reimbursement=500_000, acceptance_fee=20_000)
        contracts.sign(rich.db, who, worse, now + timedelta(microseconds=1), now)
    paid = send(rich, "purchases", "C", "p", **sale(said)).json()
    assert paid["earned"]["value"] == 170
    assert paid["claims"][0]["amount"]["value"] == 3_000
    plain = sale(said) | {"quote": None}
    later = send(rich, "purchases", "C", "p2", **plain).json()
    assert later["earned"]["value"] == 17
    assert later["claims"][0]["amount"]["value"] == 1_500
    assert broken_laws(rich.db) == {}


def test_a_quote_is_good_once_for_its_sale_and_for_a_while(rich: Served) -> None:
    bill = {"member": CARD, "outlet": "C", "amount": {"value": 20_000}, "points": {"value": 100}}
    said = send(rich, "quotes", "C", "q", **bill).json()
    others: list[dict[str, Any]] = [
        {"amount": {"value": 20_001}},
        {"points": {"value": 99}},
        {"member": {"card": "CARD000002"}},
    ]
    for n, other in enumerate(others):
        answer = send(rich, "purchases", "C", f"x{n}", **(sale(said) | other))
        assert answer.status_code in (404, 422)
        assert answer.json()["code"] in ("quote-mismatch", "quote-not-found", "insufficient-points")
    paid = send(rich, "purchases", "C", "p", **sale(said))
    assert paid.status_code == 201
    assert send(rich, "purchases", "C", "p", **sale(said)).content == paid.content
    used = send(rich, "purchases", "C", "p2", **sale(said))
    assert (used.status_code, used.json()["code"]) == (422, "quote-used")
    old = send(rich, "quotes", "C", "q2", **bill).json()
    rich.db.execute("UPDATE points.quote SET expires_at = %s WHERE id = %s",
                    (datetime(2020, 1, 1, tzinfo=UTC), int(old["id"])))  # fmt: skip
    late = send(rich, "purchases", "C", "p3", **sale(old))
    assert (late.status_code, late.json()["code"]) == (422, "quote-expired")
    nothing = send(rich, "purchases", "C", "p4", **(sale(old) | {"quote": "999999"}))
    assert (nothing.status_code, nothing.json()["code"]) == (404, "quote-not-found")


def test_the_points_of_a_quote_are_not_held(rich: Served) -> None:
    bill = {"member": CARD, "outlet": "C", "amount": {"value": 8_000}, "points": {"value": 8_000}}
    one, two = (send(rich, "quotes", "C", key, **bill).json() for key in ("q1", "q2"))
    assert send(rich, "purchases", "C", "p1", **sale(one)).status_code == 201
    gone = send(rich, "purchases", "C", "p2", **sale(two))
    assert (gone.status_code, gone.json()["code"]) == (422, "insufficient-points")


def test_who_may_not_spend_is_quoted_cash(rich: Served) -> None:
    rich.db.execute("UPDATE members.member SET spend_locked = true")
    bill = {"member": CARD, "outlet": "C", "amount": {"value": 8_000}}
    said = send(rich, "quotes", "C", "q", **bill).json()
    assert (said["usable"]["value"], said["points"]["value"], said["earned"]["value"]) == (0, 0, 80)
    wanted = send(rich, "quotes", "C", "q2", **bill, points={"value": 1})
    assert (wanted.status_code, wanted.json()["code"]) == (422, "spend-locked")


def test_a_quote_is_for_the_callers_outlets_only(rich: Served) -> None:
    answer = send(rich, "quotes", "C", "q", member=CARD, outlet="A", amount={"value": 1})
    assert (answer.status_code, answer.json()["code"]) == (404, "outlet-not-found")
    nobody = send(rich, "quotes", "C", "q2", member={"card": "NOBODY1"}, outlet="C",
                  amount={"value": 1})  # fmt: skip
    assert (nobody.status_code, nobody.json()["code"]) == (404, "identity-not-found")
