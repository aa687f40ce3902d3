"""Writes that are no operations of the journal: once for each key, with the same answer."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.testing import TestClient
from msgspec import Struct

from tests.api.conftest import Served, token
from tests.world import AT, broken_laws, build
from tongbao.access.keys import Caller
from tongbao.alliance import brands
from tongbao.alliance.types import Terms
from tongbao.api import app
from tongbao.api.caller import needs
from tongbao.api.writes import Made, write
from tongbao.kernel import once
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, Refused
from tongbao.kernel.settings import Settings
from tongbao.members import identities
from tongbao.members.types import Identity


class BrandIn(Struct):
    """A brand to add; by its name it may be refused, or break."""

    name: str
    shout: int = 0


class Unwanted(Refused):
    code = "test-unwanted"
    text = "no"


class Nonsense(Malformed):
    code = "test-nonsense"
    text = "what?"


@post("/v1/things", opt=needs("members:write"), status_code=201)
async def add(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[BrandIn],
) -> Response[dict[str, str]]:
    """Add a brand, then refuse or break when it is called so."""

    def do(conn: Connection) -> Made:
        made = brands.add(conn, caller.organisation_id, data.name)
        if data.name == "Unwanted":
            raise Unwanted
        if data.name == "Nonsense":
            raise Nonsense
        if data.name == "Broken":
            raise RuntimeError("broken")
        body = {"id": str(made.id), "secret": "shown once"}
        kept = body | {"secret": None} if data.name == "Secret" else None
        return Made(body=body, headers={"Location": f"/v1/things/{made.id}"}, kept=kept)

    return await write(request, caller, data, do)


@pytest.fixture
def served(db: Connection, database_url: str) -> Iterator[Served]:
    """Serve an alliance, and a route that adds brands."""
    world = build(db, {"A": Terms(), "B": Terms()})
    tokens = {name: token(db, who) for name, who in world.organisations.items()}
    made = app.make(Settings(database_url=database_url))
    made.register(add)
    with TestClient(made, raise_server_exceptions=False) as client:
        yield Served(client, world, tokens, db)


def send(served: Served, key: str, name: str, who: str = "A") -> Any:
    return served.client.post("/v1/things", json={"name": name}, headers=served.headers(who, key))


def names(served: Served) -> list[str]:
    rows = served.db.execute("SELECT name FROM alliance.brand ORDER BY id").fetchall()
    return [name for (name,) in rows]


def test_twice_is_once_and_the_same_bytes(served: Served) -> None:
    first, again = send(served, "k", "Plum"), send(served, "k", "Plum")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.content, first.headers["location"]) == (again.content, again.headers["location"])
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert names(served) == ["Plum"]
    assert broken_laws(served.db) == {}


def test_keys_belong_to_their_caller_and_to_one_request(served: Served) -> None:
    assert send(served, "k", "Plum").status_code == 201
    assert send(served, "k", "Plum", "B").status_code == 201
    other = send(served, "k", "Peach")
    assert (other.status_code, other.json()["code"]) == (422, "key-reused")
    assert names(served) == ["Plum", "Plum"]


def test_a_refusal_is_remembered_and_leaves_nothing(served: Served) -> None:
    first, again = send(served, "k", "Unwanted"), send(served, "k", "Unwanted")
    assert (first.status_code, first.content) == (422, again.content)
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers["idempotent-replayed"] == "true"
    assert names(served) == []
    assert broken_laws(served.db) == {}


@pytest.mark.parametrize(("name", "status"), [("Nonsense", 400), ("Broken", 500)])
def test_what_is_malformed_or_fails_here_is_not_remembered(
    served: Served, name: str, status: int
) -> None:
    assert send(served, "k", name).status_code == status
    assert send(served, "k", "Plum").status_code == 201
    assert names(served) == ["Plum"]


def test_a_secret_is_shown_once(served: Served) -> None:
    first, again = send(served, "k", "Secret"), send(served, "k", "Secret")
    assert first.json()["secret"] == "shown once"
    assert again.json() == first.json() | {"secret": None}


def test_while_the_first_is_running_the_second_is_told_so(
    served: Served, database_url: str
) -> None:
    with served.db.transaction():  # as another process has it
        once.begin(served.db, served.world.organisations["A"], "k", b"")
        busy = send(served, "k", "Plum")
    assert (busy.status_code, busy.json()["code"]) == (409, "key-running")
    assert busy.headers["retry-after"] == "1"
    assert send(served, "k", "Plum").status_code == 201


def test_many_at_once_are_one(served: Served) -> None:
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(send(served, "k", "Plum"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert names(served) == ["Plum"]


def test_money_and_other_writes_share_their_keys(served: Served) -> None:
    award = {"member": {"card": "CARD000001"}, "outlet": "A", "amount": {"value": 10_000}}
    headers = served.headers("A", "k")
    assert served.client.post("/v1/awards", json=award, headers=headers).status_code == 201
    assert send(served, "k", "Plum").json()["code"] == "key-reused"
    assert send(served, "k2", "Plum").status_code == 201
    late = served.client.post("/v1/awards", json=award, headers=served.headers("A", "k2"))
    assert (late.status_code, late.json()["code"]) == (422, "key-reused")
    assert broken_laws(served.db) == {}


def test_who_is_not_there_is_remembered_of_a_money_call(served: Served) -> None:
    award = {"member": {"card": "LATE0001"}, "outlet": "A", "amount": {"value": 10_000}}
    headers = served.headers("A", "k")
    first = served.client.post("/v1/awards", json=award, headers=headers)
    assert (first.status_code, first.json()["code"]) == (404, "identity-not-found")
    member, secret = served.world.members[0], Settings().identity_secret
    with served.db.transaction():
        card = Identity("card", "LATE0001")
        identities.add(served.db, member, card, AT, secret=secret)
    again = served.client.post("/v1/awards", json=award, headers=headers)
    assert (again.status_code, again.content) == (404, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    new = served.client.post("/v1/awards", json=award, headers=served.headers("A", "k2"))
    assert new.status_code == 201


def test_an_answer_is_given_again_although_the_card_is_gone(served: Served) -> None:
    award = {"member": {"card": "CARD000001"}, "outlet": "A", "amount": {"value": 10_000}}
    headers = served.headers("A", "k")
    first = served.client.post("/v1/awards", json=award, headers=headers)
    with served.db.transaction():
        member, secret = served.world.members[1], Settings().identity_secret
        identities.add(served.db, member, Identity("card", "OTHER001"), AT, secret=secret)
        identities.remove(served.db, member, Identity("card", "CARD000001"), secret=secret)
    again = served.client.post("/v1/awards", json=award, headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
