"""The bench over HTTP, small: what is asked is answered, counted as what it is, and lawful."""

from collections.abc import Iterator

import pytest
from msgspec import structs

from tests.world import broken_laws
from tongbao.cli.sandboxed import Sandbox
from tongbao.kernel import clock
from tongbao.kernel import db as database
from tongbao.kernel.settings import Settings
from tongbao.sandbox import alliance, http_bench, http_load, http_requests, load, served, traffic
from tongbao.sandbox import database as sandboxes
from tongbao.sandbox.http_load import Order
from tongbao.sandbox.served import Service


@pytest.fixture(scope="module")
def bare() -> Iterator[Service]:
    with served.bare(1) as service:
        yield service


def order(service: Service, connections: int = 2) -> Order:
    requests = http_requests.bare(connections)
    return Order(
        host=service.host, port=service.port, requests=requests, first=0, seconds=1, warm=0.2
    )


def test_connections_ask_as_soon_as_they_are_answered(bare: Service) -> None:
    answered = http_load.run(order(bare))
    assert answered.others == {}
    assert len(answered.latencies) > 50
    assert 0 < sum(answered.latencies) <= 2 * answered.seconds  # two connections, one by one


def test_of_a_rate_no_more_is_asked(bare: Service) -> None:
    answered = http_load.run(structs.replace(order(bare), rate=50))
    assert len(answered.latencies) == pytest.approx(50, abs=2)
    assert answered.seconds == pytest.approx(1, abs=0.5)


def test_an_answer_that_is_not_good_is_counted_apart(bare: Service) -> None:
    wanted = structs.replace(order(bare), rate=20, begins=b'{"posted":1000,')
    answered = http_load.run(wanted)
    assert answered.latencies == []
    assert sum(answered.others.values()) == pytest.approx(20, abs=2)
    assert all(said.startswith('201 {"id":"1007",') for said in answered.others)


@pytest.mark.timeout(300)
def test_everything_is_answered_and_lawful(database_url: str) -> None:
    name = f"{database_url.split('?', maxsplit=1)[0].rsplit('/', 1)[1]}_http"
    sandbox = sandboxes.renew(Settings(database_url=database_url), name, load.FIRST)
    told: list[int] = []
    random = traffic.seeded(1)
    try:
        with database.connect(sandbox) as conn:
            with conn.transaction():
                secret = sandbox.identity_secret
                world = alliance.found_plain(conn, random, 10, 50, load.FIRST, secret)
                tills = http_requests.tills(conn, world, 3, clock.now())
            load.open_wallets(Sandbox(settings=sandbox, conn=conn).begin, world, lambda _: None)
            backend = conn.info.backend_pid
            with (
                http_bench.opened(1.5, backend, lambda: told.append(0)) as bench,
                served.tongbao(sandbox, 1) as service,
            ):
                runs = http_bench.measure(bench, service, world, tills, (2, 3), random)
            assert broken_laws(conn) == {}
    finally:
        sandboxes.drop(sandbox)
    assert len(runs) == told.count(0) == 11
    assert {run.name: run.others for run in runs if run.others} == {}
    assert all(run.operations > 0 for run in runs if run.asked is None)
    assert [run.name for run in runs if run.asked is not None] == [
        "money-2-half", "money-3-half", "bulk-4-half",
    ]  # fmt: skip
