"""Money calls over HTTP: answered, replayed, refused."""

from tests.api.conftest import Served
from tests.world import broken_laws

CARD = {"card": "CARD000001"}


def yuan(amount: int) -> dict[str, object]:
    return {"value": amount, "unit": "CNY"}


def test_a_member_earns_at_one_and_spends_at_another(served: Served) -> None:
    earned = served.client.post(
        "/v1/awards",
        json={"member": CARD, "outlet": "A", "amount": yuan(500_000)},
        headers=served.headers("A", "sale-1"),
    )
    assert earned.status_code == 201, earned.text
    assert earned.json()["earned"] == {"value": 5_000, "unit": "PTS"}
    paid = served.client.post(
        "/v1/purchases",
        json={
            "member": CARD, "outlet": "C", "amount": yuan(20_000), "points": {"value": 5_000},
        },
        headers=served.headers("C", "sale-1"),
    )  # fmt: skip
    assert paid.status_code == 201, paid.text
    said = paid.json()
    a, c = (str(served.world.organisations[name]) for name in "AC")
    assert said["claims"] == [{"issuer": a, "redeemer": c, "amount": yuan(5_000)}]
    assert said["cash"] == yuan(15_000)
    assert broken_laws(served.db) == {}


def test_the_same_key_gives_the_same_bytes_and_says_so(served: Served) -> None:
    body = {"member": CARD, "outlet": "A", "amount": yuan(10_000)}
    headers = served.headers("A", "sale-1")
    first = served.client.post("/v1/awards", json=body, headers=headers)
    again = served.client.post("/v1/awards", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


def test_the_same_key_with_another_body_is_refused(served: Served) -> None:
    headers = served.headers("A", "sale-1")
    body = {"member": CARD, "outlet": "A", "amount": yuan(10_000)}
    assert served.client.post("/v1/awards", json=body, headers=headers).status_code == 201
    body["amount"] = yuan(20_000)
    answer = served.client.post("/v1/awards", json=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["code"] == "key-reused"
    assert answer.headers["content-type"] == "application/problem+json"


def test_without_a_key_of_the_request_nothing_is_posted(served: Served) -> None:
    body = {"member": CARD, "outlet": "A", "amount": yuan(10_000)}
    answer = served.client.post("/v1/awards", json=body, headers=served.headers("A"))
    assert (answer.status_code, answer.json()["code"]) == (400, "key-missing")


def test_without_an_api_key_nobody_is_let_in(served: Served) -> None:
    for header in ("", "Bearer nonsense", "Bearer tbk_1_" + "A" * 43):
        answer = served.client.post("/v1/awards", json={}, headers={"Authorization": header})
        assert (answer.status_code, answer.json()["code"]) == (401, "key-unknown")


def test_another_organisations_outlet_is_not_there(served: Served) -> None:
    body = {"member": CARD, "outlet": "B", "amount": yuan(10_000)}
    theirs = served.client.post("/v1/awards", json=body, headers=served.headers("A", "1"))
    body["outlet"] = "nowhere"
    nobodys = served.client.post("/v1/awards", json=body, headers=served.headers("A", "2"))
    assert theirs.status_code == nobodys.status_code == 404
    assert {theirs.json()["code"], nobodys.json()["code"]} == {"outlet-not-found"}
