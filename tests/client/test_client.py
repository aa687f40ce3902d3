"""The client against the real service: what is lost is asked again, and happens once."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.api.conftest import Served, served
from tests.world import broken_laws
from tongbao.client import Client, Refused, Unreachable, Who

__all__ = ["served"]

CARD = Who(card="CARD000001")


class BadLine(httpx.BaseTransport):
    """A line to the service that does to each request what ``does`` says next.

    ``lost``: it arrives, its answer does not. ``cut``: it does not arrive. A number: a proxy on
    the way answers that status. Then it works.
    """

    def __init__(self, service: TestClient[Litestar], does: list[str | int]) -> None:
        self._service = service
        self.does = does
        self.seen: list[str | None] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request.headers.get("idempotency-key"))
        now = self.does.pop(0) if self.does else "works"
        if now == "cut":
            raise httpx.ConnectError("cut")
        if isinstance(now, int):
            return httpx.Response(now, headers={"Retry-After": "3"}, text="the proxy says no")
        answer = self._service.request(
            request.method,
            request.url.raw_path.decode(),
            content=request.read(),
            headers=dict(request.headers),
        )
        if now == "lost":
            raise httpx.ReadTimeout("lost")
        unpacked = {k: v for k, v in answer.headers.items() if k != "content-encoding"}
        return httpx.Response(answer.status_code, headers=unpacked, content=answer.content)


Connect = Callable[..., tuple[Client, BadLine, list[float]]]


@pytest.fixture
def connect(served: Served) -> Iterator[Connect]:
    """Connect an organisation over a line that does what is said."""
    opened = []

    def open_one(who: str, *does: str | int) -> tuple[Client, BadLine, list[float]]:
        line = BadLine(served.client, list(does))
        waits: list[float] = []
        client = Client(
            "http://testserver.local/",
            served.tokens[who],
            http=httpx.Client(transport=line),
            wait=waits.append,
            now=lambda: sum(waits),
            chance=lambda: 1.0,
        )
        opened.append(client)
        return client, line, waits

    yield open_one
    for client in opened:
        client.calls.close()


def test_a_day_at_the_till(served: Served, connect: Connect) -> None:
    (a, *_), (c, *_) = connect("A"), connect("C")
    made = a.enrol({"kind": "phone", "value": "+8613812345678"})
    who = Who(phone="138 1234 5678")
    assert a.find(who, expand=["balances"]).balances is not None
    a.award(who, "A", 500_000)
    a.award(who, "A", points=1_000)
    offer = c.quote(who, "C", 20_000, points=5_000)
    paid = c.purchase(who, "C", 20_000, 5_000, quote=offer.id, reference="R7")
    assert (paid.spent.value, paid.earned) == (5_000, offer.earned)
    assert c.refund(paid.id, 10_000).status == "posted"
    held = c.hold(who, "C", 1_000)
    assert held.balances is not None
    assert held.balances.held.value == 1_000
    c.capture(held.id, 400, final=False)
    c.void(held.id)
    c.gift(who, CARD, 100)
    assert {row.kind for row in c.operations(reference="R7")} == {"purchase"}
    assert [row.id for row in c.operations(outlet="C", member=made.id)]
    assert sum(lot.available.value for lot in c.lots(made.id)) == (
        c.balances(made.id).available.value
    )
    assert c.balances(made.id, at=datetime(2020, 1, 1, tzinfo=UTC)).available.value == 0
    assert c.operation(paid.id)["operation"]["kind"] == "purchase"
    assert c.member(made.id).status == "active"
    assert broken_laws(served.db) == {}


@pytest.mark.parametrize("trouble", ["lost", "cut", 502, 503])
def test_whatever_happens_on_the_way_it_happens_once(
    served: Served, connect: Connect, trouble: str | int
) -> None:
    client, line, waits = connect("A", trouble, trouble)
    done = client.award(CARD, "A", points=1_000)
    assert done.balances is not None
    assert done.balances.available.value == 1_000
    assert len(line.seen) == 3
    assert len(set(line.seen)) == 1
    assert waits == ([0.1, 0.2] if isinstance(trouble, str) else [3.1, 3.2])


def test_a_program_that_was_restarted_asks_with_the_same_key(
    served: Served, connect: Connect
) -> None:
    first, *_ = connect("A")
    second, *_ = connect("A", "lost")
    one = first.award(CARD, "A", points=1_000, key="receipt-1")
    assert second.award(CARD, "A", points=1_000, key="receipt-1") == one
    with pytest.raises(Refused) as refused:
        second.award(CARD, "A", points=2_000, key="receipt-1")
    assert refused.value.code == "key-reused"
    undone = second.reverse("receipt-1")
    assert undone.balances is not None
    assert undone.balances.available.value == 0


def test_a_refusal_is_not_asked_again(served: Served, connect: Connect) -> None:
    client, line, waits = connect("A")
    with pytest.raises(Refused) as refused:
        client.award(Who(card="NOBODY1"), "A", points=1)
    assert (refused.value.code, refused.value.problem.status) == ("identity-not-found", 404)
    assert refused.value.problem.facts == {"kind": "card"}
    assert (len(line.seen), waits) == (1, [])


def test_patience_ends(served: Served, connect: Connect) -> None:
    client, _, waits = connect("A", *itertools.repeat("cut", 50))
    with pytest.raises(Unreachable):
        client.award(CARD, "A", points=1)
    assert sum(waits) <= 30
    assert max(waits) == 8.0
    busy, *_ = connect("A", *itertools.repeat(503, 50))
    with pytest.raises(Refused) as refused:
        busy.award(CARD, "A", points=1)
    assert refused.value.code == "http-503"


def test_bulk_and_long_lists(served: Served, connect: Connect) -> None:
    client, *_ = connect("A", "lost")
    items: list[dict[str, Any]] = [
        {"kind": "award", "key": f"k{n}", "member": CARD, "outlet": "A", "points": {"value": 1}}
        for n in range(120)
    ]
    assert client.bulk(items, key="bulk-1")["posted"] == 120
    assert len({row.id for row in client.operations()}) == 120
    assert broken_laws(served.db) == {}


def test_the_client_leaves_the_rest_of_tongbao_alone() -> None:
    import subprocess
    import sys

    said = subprocess.run(
        [sys.executable, "-c", "import sys, tongbao.client; print(*sys.modules)"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    ours = {name for name in said.stdout.split() if name.startswith("tongbao.")}
    assert all(name.startswith("tongbao.client") for name in ours)


def test_an_unknown_key_is_refused(served: Served, connect: Connect) -> None:
    client, *_ = connect("A")
    client.calls._headers["Authorization"] = "Bearer tbk_1_" + "A" * 43
    with pytest.raises(Refused) as refused:
        client.member("1")
    assert refused.value.problem.status == 401
