"""OAuth 2.0 client credentials, as RFC 6749 says it."""

import base64
from typing import Any

import pytest

from tests.api.conftest import Served, token
from tongbao.access import keys, signing
from tongbao.kernel.settings import DEVELOPMENT_SECRET


@pytest.fixture
def client(served: Served) -> tuple[str, str]:
    """Give id and secret of a partner's key of A."""
    made = token(served.db, served.world.organisations["A"], "partner")
    kind, number, secret = made.split("_", 2)
    return f"{kind}_{number}", secret


def ask(served: Served, basic: tuple[str, str] | None = None, **form: str) -> Any:
    headers = {}
    if basic is not None:
        plain = f"{basic[0]}:{basic[1]}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(plain).decode()
    return served.client.post("/v1/oauth/token", data=form, headers=headers)


GRANT = {"grant_type": "client_credentials"}


def test_a_token_is_got_by_basic_and_by_form_and_lets_in(
    served: Served, client: tuple[str, str]
) -> None:
    by_form = {"client_id": client[0], "client_secret": client[1]}
    answers = [ask(served, client, **GRANT), ask(served, None, **GRANT, **by_form)]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        said = answer.json()
        assert (said["token_type"], said["expires_in"]) == ("Bearer", 900)
        assert "points:write" in said["scope"].split()
    given = answers[1].json()["access_token"]
    body = {"member": {"card": "CARD000001"}, "outlet": "A", "amount": {"value": 500_000}}
    headers = {"Authorization": f"Bearer {given}", "Idempotency-Key": "1"}
    assert served.client.post("/v1/awards", json=body, headers=headers).status_code == 201


def test_a_token_allows_what_was_asked_for_only(served: Served, client: tuple[str, str]) -> None:
    said = ask(served, client, **GRANT, scope="points:read").json()
    assert said["scope"] == "points:read"
    headers = {"Authorization": f"Bearer {said['access_token']}", "Idempotency-Key": "1"}
    answer = served.client.post("/v1/awards", json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-missing")


def test_wrong_clients_learn_nothing(served: Served, client: tuple[str, str]) -> None:
    for wrong in (
        (client[0], "x" * 43), ("tbk_999", client[1]), ("", ""), ("tbk_1", ""),
        (client[0], "x" * 5_000),
    ):  # fmt: skip
        answer = ask(served, wrong, **GRANT)
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"
        assert answer.headers["www-authenticate"].startswith("Basic")


def test_what_is_wrong_is_said_in_the_words_of_the_standard(
    served: Served, client: tuple[str, str]
) -> None:
    wrong: list[tuple[dict[str, str], str]] = [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        (GRANT | {"scope": "everything"}, "invalid_scope"),
        (GRANT | {"scope": "keys:write"}, "invalid_scope"),
        (GRANT | {"client_secret": "x"}, "invalid_request"),
        (GRANT | {"padding": "x" * 20_000}, "invalid_request"),
        ({f"f{n}": "" for n in range(30)}, "invalid_request"),
    ]
    for form, error in wrong:
        answer = ask(served, client, **form)
        assert (answer.status_code, answer.json()["error"]) == (400, error), form


def test_a_body_that_is_no_form_is_refused(served: Served) -> None:
    for body, kind in (
        (b"{}", "application/json"),
        (b"grant_type=%ff&\xff", "application/x-www-form-urlencoded"),
        (b"a=1&a=2", "application/x-www-form-urlencoded"),
        (b"a", "application/x-www-form-urlencoded"),
    ):
        answer = served.client.post("/v1/oauth/token", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 400, body
        assert answer.json()["error"] == "invalid_request"
    broken = served.client.post(
        "/v1/oauth/token", data=GRANT, headers={"Authorization": "Basic ???"}
    )
    assert (broken.status_code, broken.json()["error"]) == (401, "invalid_client")


def test_a_key_that_must_sign_gets_no_token(served: Served, client: tuple[str, str]) -> None:
    key_id = int(client[0].removeprefix("tbk_"))
    signing.arm(served.db, key_id, b"x" * 32, required=True, key=DEVELOPMENT_SECRET)
    assert ask(served, client, **GRANT).json()["error"] == "invalid_client"
    assert keys.get(served.db, key_id).signs


def test_it_is_in_the_document(served: Served) -> None:
    found = served.client.get("/v1/docs/openapi.json").json()["paths"]["/v1/oauth/token"]["post"]
    assert list(found["requestBody"]["content"]) == ["application/x-www-form-urlencoded"]
    assert set(found["responses"]["401"]["content"]) == {
        "application/json", "application/problem+json",
    }  # fmt: skip
    assert found["security"] == []
