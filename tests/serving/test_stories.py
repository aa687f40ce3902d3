"""What happens between tills, members and the operator, through a real service over real HTTP."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.conftest import token
from tests.api.office import Office
from tests.serving.running import Running, serving
from tests.serving.test_serve import blocked
from tests.teller.troubles import eventually, wallet_locked
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.kernel import clock
from tongbao.kernel.db import Connection

CARD = {"card": "CARD000000"}


@pytest.fixture
def world(db: Connection) -> World:
    return build(
        db, {"A": Terms(), "B": Terms(), "C": Terms(acceptance_fee=20_000, earn_rate=10_000)}
    )


@pytest.fixture
def running(database_url: str, world: World) -> Iterator[Running]:
    """Serve in two processes, so that what must hold holds between them."""
    with serving(
        database_url, "--no-worker", "--processes", "2",
        TONGBAO_IDENTITY_SECRET="a secret for tests, long enough to be one",
    ) as started:  # fmt: skip
        yield started


@contextmanager
def office(db: Connection, world: World, running: Running, who: str) -> Iterator[Office]:
    """Give somebody who calls for an organisation, or for the operator."""
    secret = (
        token(db, world.operator, "admin")
        if who == "operator"
        else token(db, world.organisations[who])
    )
    with httpx.Client(base_url=f"http://{running.host}:{running.port}", timeout=60) as client:
        yield Office(client, secret)


def effects(db: Connection, key: str) -> int:
    """Give how many operations were posted under a key."""
    row = db.execute(
        "SELECT count(*) FROM kernel.once AS o"
        " INNER JOIN ledger.operation AS p ON o.operation_id = p.id WHERE o.key = %s",
        (key,),
    ).fetchone()
    assert row is not None
    return int(row[0])


def balance(db: Connection, world: World, kind: str = "wallet") -> int:
    """Give what the first member has."""
    row = db.execute(
        "SELECT balance FROM ledger.account WHERE kind = %s AND owner_id = %s",
        (kind, world.members[0]),
    ).fetchone()
    return 0 if row is None else int(row[0])


def positions(db: Connection, world: World) -> dict[str, int]:
    """Give what is owed to organisations by name; negative: what they owe."""
    rows = db.execute("SELECT owner_id, balance FROM ledger.account WHERE kind = 'clearing'")
    found: dict[int, int] = dict(rows.fetchall())
    return {name: found.get(who, 0) for name, who in world.organisations.items()}


def settle(operator: Office) -> None:
    """Close the window, settle it, and book what every leg has to move."""
    operator.send("windows/close")
    settlement = operator.send("settlements")["id"]
    operator.send(f"settlements/{settlement}/approve", by="Wu")
    for leg in operator.send(f"settlements/{settlement}/instruct")["data"]:
        path = f"settlements/{settlement}/legs/{leg['organisation']}/book"
        amount = {"value": abs(leg["amount"]["value"])}
        assert operator.send(path, amount=amount, reference="b1")["state"] == "paid"
    assert operator.get(f"settlements/{settlement}")["state"] == "settled"


def by_issuer(world: World, operation: Any) -> dict[str, int]:
    """Give what each issuer owes C by an operation."""
    names = {str(who): name for name, who in world.organisations.items()}
    assert {names[one["redeemer"]] for one in operation["claims"]} == {"C"}
    return {names[one["issuer"]]: one["amount"]["value"] for one in operation["claims"]}


def test_points_of_two_pay_at_a_third_and_half_comes_back_after_the_settlement(
    db: Connection, world: World, running: Running
) -> None:
    yesterday: datetime = clock.now() - timedelta(days=1)
    then = {"effective_at": yesterday.isoformat()}
    with (
        office(db, world, running, "A") as a,
        office(db, world, running, "B") as b,
        office(db, world, running, "C") as c,
        office(db, world, running, "operator") as operator,
    ):
        soon = (yesterday + timedelta(days=30)).isoformat()
        a.send("awards", member=CARD, outlet="A", points={"value": 5_000}, expires_at=soon, **then)
        b.send("awards", member=CARD, outlet="B", points={"value": 6_000}, **then)
        bill: Any = {"amount": {"value": 20_000}, "points": {"value": 8_000}, **then}
        paid = c.send("purchases", member=CARD, outlet="C", **bill)
        assert (paid["spent"]["value"], paid["cash"]["value"]) == (8_000, 12_000)
        assert paid["earned"]["value"] == 120
        assert by_issuer(world, paid) == {"A": 5_000, "B": 3_000}
        assert balance(db, world) == 3_000 + 120
        assert positions(db, world) == {"A": -5_000, "B": -3_000, "C": 8_000 - 160}

        settle(operator)
        assert positions(db, world) == {"A": 0, "B": 0, "C": 0}

        asked: Any = {"original": paid["id"], "amount": {"value": 10_000}}
        back = c.send("refunds", **asked)
        assert (back["spent"]["value"], back["cash"]["value"]) == (-4_000, -6_000)
        owed = by_issuer(world, back)
        assert sum(owed.values()) == -4_000
        assert balance(db, world) == 3_000 + 120 + 4_000 - 60
        # What was paid out comes back in the window that is open now; the settled one stays.
        assert back["window"] == paid["window"] + 1
        after = positions(db, world)
        assert {name: -after[name] for name in owed} == owed
        assert after["C"] == -4_000 + 80

        over = c.try_to("refunds", original=paid["id"], amount={"value": 10_001})
        assert over.status_code == 422
        c.send("refunds", **asked)
        assert balance(db, world) == 5_000 + 6_000
        settle(operator)
        assert positions(db, world) == {"A": 0, "B": 0, "C": 0}
    assert broken_laws(db) == {}


def purchase(secret: str, key: str, points: int = 8_000, outlet: str = "A") -> bytes:
    """Give a whole request, as it goes over the line."""
    bill = {"amount": {"value": 8_000}, "points": {"value": points}}
    body = json.dumps({"member": CARD, "outlet": outlet, **bill}).encode()
    head = (
        f"POST /v1/purchases HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def ask(running: Running, request: bytes) -> tuple[int, Any]:
    """Send a whole request on a connection of its own; give status and body of its answer."""
    with socket.create_connection((running.host, running.port), timeout=60) as line:
        line.sendall(request.replace(b"\r\nHost:", b"\r\nConnection: close\r\nHost:"))
        said = b""
        while part := line.recv(65_536):
            said += part
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head[9:12]), json.loads(body)


def test_a_reply_that_is_lost_is_asked_for_again_and_the_points_are_taken_once(
    db: Connection, database_url: str, world: World, running: Running
) -> None:
    secret = token(db, world.organisations["A"])
    with office(db, world, running, "A") as a:
        a.send("awards", member=CARD, outlet="A", points={"value": 10_000})
    request = purchase(secret, "sale-1")
    with wallet_locked(database_url, world.members[0]):
        line = socket.create_connection((running.host, running.port), timeout=60)
        line.sendall(request)
        eventually(lambda: bool(blocked(database_url)), 30)
        line.close()  # the request has arrived, the answer will not
    answers: list[tuple[int, Any]] = []

    def answered() -> bool:
        answers.append(ask(running, request))
        return answers[-1][0] != 409  # a request with this key is being worked on

    eventually(answered, 30)
    status, said = answers[-1]
    assert (status, said["spent"]["value"]) == (201, 8_000)
    assert ask(running, request) == (201, said)
    assert (balance(db, world), effects(db, "sale-1")) == (2_000, 1)
    assert broken_laws(db) == {}


def test_a_reversal_that_comes_first_keeps_its_original_from_happening(
    db: Connection, world: World, running: Running
) -> None:
    secret = token(db, world.organisations["A"])
    with office(db, world, running, "A") as a:
        a.send("awards", member=CARD, outlet="A", points={"value": 10_000})
        for _ in range(2):
            a.send("reversals", original_key="sale-1")
        late = [ask(running, purchase(secret, "sale-1")) for _ in range(2)]
        assert [status for status, _ in late] == [422, 422]
        assert {said["code"] for _, said in late} == {"reversed"}
        assert (balance(db, world), effects(db, "sale-1")) == (10_000, 0)
        assert ask(running, purchase(secret, "sale-2"))[0] == 201
    assert balance(db, world) == 2_000
    assert broken_laws(db) == {}


def test_of_two_tills_at_once_one_gets_the_points(
    db: Connection, world: World, running: Running
) -> None:
    tills = {name: token(db, world.organisations[name]) for name in "AB"}
    rounds = 10
    with office(db, world, running, "A") as a:
        for n in range(rounds):
            a.send("awards", member=CARD, outlet="A", points={"value": 10_000 - balance(db, world)})
            answers: list[tuple[int, Any]] = []
            ready = threading.Barrier(len(tills))

            def pay(
                name: str,
                secret: str,
                key: str,
                ready: threading.Barrier = ready,
                answers: list[tuple[int, Any]] = answers,
            ) -> None:
                ready.wait()
                answers.append(ask(running, purchase(secret, key, outlet=name)))

            paying = [
                threading.Thread(target=pay, args=(name, secret, f"{name}-{n}"))
                for name, secret in tills.items()
            ]
            for till in paying:
                till.start()
            for till in paying:
                till.join()
            assert sorted(status for status, _ in answers) == [201, 422]
            (refused,) = (said for status, said in answers if status == 422)
            assert refused["code"] == "insufficient-points"
            assert sum(effects(db, f"{name}-{n}") for name in tills) == 1
            assert balance(db, world) == 2_000
    assert broken_laws(db) == {}
