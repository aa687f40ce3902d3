"""Who is let in: by a key, by a signed request, and how often."""

import re
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from tests.api.conftest import Served, token
from tests.world import AT, build
from tongbao.access import keys, signing
from tongbao.alliance.types import Terms
from tongbao.api import app, keyring
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import DEVELOPMENT_SECRET, Settings

HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "sign-requests.md"
BODY = b'{"member":{"card":"CARD000001"},"outlet":"A","amount":{"value":500000}}'
JSON = {"Content-Type": "application/json"}


def block(language: str) -> str:
    """Give the block of code in that language of the page about signing."""
    found = re.search(rf"```{language}\n(.*?)```", HOWTO.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def sign() -> Callable[..., dict[str, str]]:
    """Give the function of the page."""
    made: dict[str, Any] = {}
    exec(compile(block("python"), "sign-requests.md", "exec"), made)
    function: Callable[..., dict[str, str]] = made["sign"]
    return function


def armed(served: Served, *, required: bool = True) -> tuple[str, str]:
    """Give the id of a key of A that signs, and its secret in base64."""
    key_id = int(served.tokens["A"].split("_")[1])
    chance = secrets.token_bytes(32)
    shown = signing.arm(served.db, key_id, chance, required=required, key=DEVELOPMENT_SECRET)
    return f"tbk_{key_id}", shown


def award(served: Served, headers: dict[str, str], body: bytes = BODY) -> Any:
    return served.client.post("/v1/awards", content=body, headers=JSON | headers)


def test_a_signed_request_is_let_in_and_its_nonce_is_good_once(
    served: Served, sign: Callable[..., dict[str, str]]
) -> None:
    key, secret = armed(served)
    headers = sign("POST", "/v1/awards", "", BODY, {"Idempotency-Key": "s-1"}, key, secret)
    first = award(served, headers)
    assert first.status_code == 201, first.text
    replayed = award(served, headers)
    assert (replayed.status_code, replayed.json()["code"]) == (401, "nonce-used")
    again = sign("POST", "/v1/awards", "", BODY, {"Idempotency-Key": "s-1"}, key, secret)
    repeated = award(served, again)
    assert repeated.status_code == 201
    assert repeated.headers["idempotent-replayed"] == "true"
    assert repeated.content == first.content


def test_a_read_with_a_query_is_signed(served: Served, sign: Callable[..., dict[str, str]]) -> None:
    key, secret = armed(served)
    headers = sign("GET", "/v1/nothing%20here", "a=%41&b", b"", {}, key, secret)
    answer = served.client.get("/v1/nothing%20here?a=%41&b", headers=headers)
    assert answer.status_code == 404  # no such route: nobody is asked who it is
    headers = sign("POST", "/v1/holds/7/void", "a=%41&b", b"{}", {"Idempotency-Key": "1"}, key,
                   secret)  # fmt: skip
    answer = served.client.post("/v1/holds/7/void?a=%41&b", content=b"{}", headers=JSON | headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "hold-not-found")


CHANGES: list[tuple[Callable[[dict[str, str]], dict[str, str]], int, str]] = [
    (lambda h: h | {"Signature": h["Signature"] + "A"}, 400, "signature-malformed"),
    (lambda h: h | {"Idempotency-Key": "other"}, 401, "signature-refused"),
    (lambda h: replaced(h, "tbk_", "tbk_9"), 401, "key-unknown"),
    (lambda h: replaced(h, r"created=\d+", "created=1777608000"), 401, "signature-stale"),
    (lambda h: {k: v for k, v in h.items() if k != "Signature"}, 400, "signature-malformed"),
    (lambda h: {k: v for k, v in h.items() if "Signature" not in k}, 401, "key-unknown"),
]


def replaced(headers: dict[str, str], old: str, new: str) -> dict[str, str]:
    return headers | {"Signature-Input": re.sub(old, new, headers["Signature-Input"])}


def test_what_is_changed_on_the_way_is_refused(
    served: Served, sign: Callable[..., dict[str, str]]
) -> None:
    key, secret = armed(served)
    headers = sign("POST", "/v1/awards", "", BODY, {"Idempotency-Key": "s-1"}, key, secret)
    for change, status, code in CHANGES:
        answer = award(served, change(headers))
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert award(served, headers, BODY + b" ").json()["code"] == "signature-refused"
    assert award(served, headers).status_code == 201  # nothing of these has used the nonce up


def test_the_token_of_a_key_that_signs_lets_nobody_in_unless_it_may(served: Served) -> None:
    armed(served)
    refused = award(served, served.headers("A", "s-1"))
    assert (refused.status_code, refused.json()["code"]) == (401, "signature-needed")


def test_while_tills_are_changed_over_both_are_good(
    served: Served, sign: Callable[..., dict[str, str]]
) -> None:
    key, secret = armed(served, required=False)
    assert award(served, served.headers("A", "s-1")).status_code == 201
    headers = sign("POST", "/v1/awards", "", BODY, {"Idempotency-Key": "s-2"}, key, secret)
    assert award(served, headers).status_code == 201


def test_the_shell_of_the_page_makes_what_is_let_in(served: Served, tmp_path: Path) -> None:
    key, secret = armed(served)
    curl = tmp_path / "curl"
    curl.write_text('#!/bin/sh\nfor a in "$@"; do printf "%s\\n" "$a"; done\n', "ascii")
    curl.chmod(0o755)
    script = re.sub(r"^key=.*$", f"key={key}", block("sh"), flags=re.MULTILINE)
    script = re.sub(r"^secret=.*$", f"secret={secret}", script, flags=re.MULTILINE)
    said = subprocess.run(
        ["/bin/sh", "-eu", "-c", f'PATH="{tmp_path}:$PATH" TONGBAO=; {script}'],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    headers = dict(said[n + 1].split(": ", 1) for n, word in enumerate(said) if word == "-H")
    answer = award(served, headers, said[said.index("-d") + 1].encode())
    assert answer.status_code == 201, answer.text


def test_a_key_that_is_revoked_is_let_in_for_five_seconds_at_most(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keyring._GOOD_FOR <= 5
    monkeypatch.setattr(keyring, "_GOOD_FOR", 0)
    assert award(served, served.headers("A", "s-1")).status_code == 201
    keys.revoke(served.db, int(served.tokens["A"].split("_")[1]), by="Lin", at=AT)
    answer = award(served, served.headers("A", "s-2"))
    assert (answer.status_code, answer.json()["code"]) == (401, "key-unknown")


@pytest.fixture
def slow(db: Connection, database_url: str) -> Iterator[Served]:
    """Serve A with few requests a minute: 5 for a key, 4 for an address."""
    world = build(db, {"A": Terms()})
    settings = Settings(database_url=database_url, rate_limit=5, rate_limit_address=4)
    tokens = {"A": token(db, world.organisations["A"])}
    with TestClient(app.make(settings)) as client:
        yield Served(client, world, tokens, db)


def test_a_key_may_ask_so_often_and_is_told(slow: Served) -> None:
    answers = [award(slow, slow.headers("A", f"s-{n}")) for n in range(7)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429] * 2
    assert answers[0].headers["ratelimit-policy"] == '"key";q=5;w=60'
    assert answers[0].headers["ratelimit"] == '"key";r=4;t=12'
    assert answers[5].headers["ratelimit"].startswith('"key";r=0;t=')
    assert 1 <= int(answers[5].headers["retry-after"]) <= 13
    assert answers[5].json()["code"] == "too-many-requests"
    slow.db.execute("UPDATE access.api_key SET rate_limit = 100")
    other = token(slow.db, slow.world.organisations["A"])
    assert award(slow, {"Authorization": f"Bearer {other}", "Idempotency-Key": "x"}).status_code
    assert award(slow, slow.headers("A", "s-9")).status_code == 429  # for five seconds more


def test_who_tries_keys_is_soon_not_looked_at(slow: Served) -> None:
    wrong = {"Authorization": "Bearer tbk_1_" + "a" * 43}
    assert award(slow, slow.headers("A", "s-1")).status_code == 201
    answers = [award(slow, wrong).status_code for _ in range(6)]
    assert answers == [401] * 4 + [429] * 2
    assert award(slow, slow.headers("A", "s-2")).status_code == 201  # known already
    assert slow.client.get("/v1/health").status_code == 200
