"""What is between the service and PostgreSQL stops to forward: callers are told so, in time.

Nothing is closed, so that nobody on either side notices. Whatever was asked meanwhile has one
effect once its key is asked again.
"""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.conftest import token
from tests.gateway.terminals import Till
from tests.serving.line import Line, line_to
from tests.serving.running import Running, serving
from tests.serving.test_metrics import scrape
from tests.serving.test_serve import award
from tests.teller.troubles import eventually
from tests.world import World, broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection

WITHIN = 2
CALLERS = 12
SLACK = 20.0
"""Seconds that a busy machine may take beside; without a deadline nothing comes for ever."""

Call = tuple[str, str, Any, dict[str, str]]
Said = tuple[int, Any, str | None]


def ask(running: Running, call: Call) -> Said:
    """Give status, body, and when to ask again."""
    method, path, body, headers = call
    conn = running.connect(timeout=60)
    sent = {"Content-Type": "application/json", **headers}
    conn.request(method, path, None if body is None else json.dumps(body), sent)
    answer = conn.getresponse()
    said = json.loads(answer.read())
    conn.close()
    return answer.status, said, answer.getheader("Retry-After")


def ask_all(running: Running, calls: list[Call]) -> list[Said]:
    """Ask everything at once."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: ask(running, call), calls))


def calls_of(world: World, secret: str) -> list[Call]:
    """Give awards, a bulk of two, and a member's balances."""
    awards: list[Call] = []
    for n in range(CALLERS):
        body, headers = award(world, f"stalled-{n}", secret)
        awards.append(("POST", "/v1/awards", body, headers))
    body, headers = award(world, "bulk", secret)
    items = [{"kind": "award", "key": f"item-{n}", **body} for n in range(2)]
    bulk: Call = ("POST", "/v1/bulk", {"mode": "independent", "operations": items}, headers)
    balances: Call = ("GET", f"/v1/members/{world.members[0]}/balances", None, headers)
    return [*awards, bulk, balances]


async def sell(port: int, key: str, sold: list[str], told: Callable[[], None]) -> None:
    """Sign on, then sell the same again and again until it is approved, from ``told`` on."""
    till = await Till(port, "A").connect(key)
    sale = till.sale(100, None, member=0)
    told()
    for kind in ("0200", *["0201"] * 30):
        said = await till.ask(kind, sale)
        sold.append(f"{said['39']} {said.get('63', '')}".strip())
        if said["39"] == "00":
            break
        await asyncio.sleep(0.5)
    till.close()


@pytest.mark.parametrize("ending", [Line.go_on, Line.cut])
def test_behind_a_line_that_forwards_nothing_callers_hear_in_time_and_each_has_one_effect(
    db: Connection, database_url: str, ending: Callable[[Line], None]
) -> None:
    world = build(db, {"A": Terms()})
    secret = token(db, world.organisations["A"])
    calls = calls_of(world, secret)
    with socket.create_server(("127.0.0.1", 0)) as free:
        metrics = free.getsockname()[1]
    with line_to(database_url) as (url, line), serving(
        url, "--no-worker", "--iso8583", "0",
        TONGBAO_ANSWER_WITHIN=str(WITHIN), TONGBAO_METRICS_PORT=str(metrics),
    ) as running, ThreadPoolExecutor(1) as shop:  # fmt: skip
        assert running.post("/v1/awards", *award(world, "before", secret))[0] == 201
        assert scrape(metrics)["tongbao_database_up[]"] == 1
        sold: list[str] = []
        assert running.iso8583 is not None
        selling = shop.submit(asyncio.run, sell(running.iso8583, secret, sold, line.stall))
        eventually(lambda: bool(sold))
        assert sold[0] == "91 answer-overdue"

        for _ in range(2):  # the second time with the same keys
            began = time.monotonic()
            heard = ask_all(running, calls)
            assert time.monotonic() - began < WITHIN + SLACK
            assert [(status, said["code"], again) for status, said, again in heard] == [
                (503, "answer-overdue", "1")
            ] * len(calls)
        began = time.monotonic()
        assert running.get("/v1/ready")[0] == 503
        assert running.get("/v1/health")[0] == 200
        assert scrape(metrics)["tongbao_database_up[]"] == 0
        assert time.monotonic() - began < SLACK

        ending(line)
        eventually(lambda: running.get("/v1/ready")[0] == 200, 60)
        eventually(lambda: all(one[0] < 500 for one in ask_all(running, calls)), 60)
        selling.result(60)
        assert sold[-1] == "00"
        again = ask_all(running, calls)
        assert [status for status, *_ in again] == [201] * CALLERS + [200, 200]
        assert {one["status"] for one in again[CALLERS][1]["operations"]} == {201}
        eventually(lambda: scrape(metrics)["tongbao_database_up[]"] == 1, 60)
        awards = db.execute("SELECT count(*) FROM ledger.operation WHERE kind = 'award'")
        assert awards.fetchone() == (1 + CALLERS + 2 + 1,)
        assert broken_laws(db) == {}
        assert running.stop()[0] == 0
