"""Metrics of all processes in one answer, also while the database is away."""

import re
import socket
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from tests.api.conftest import token
from tests.serving.running import serving
from tests.teller.troubles import eventually
from tests.world import build
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection


def scrape(port: int) -> dict[str, float]:
    """Give every sample by its name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return {
        sample.name + str(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(found: dict[str, float], pattern: str) -> float:
    return sum(value for name, value in found.items() if re.search(pattern, name))


def test_what_the_processes_count_is_told_at_one_port(db: Connection, database_url: str) -> None:
    world = build(db, {"A": Terms()})
    headers = {"Authorization": f"Bearer {token(db, world.organisations['A'])}"}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving(
        database_url, "--processes", "2", TONGBAO_METRICS_PORT=str(port), TONGBAO_LOG_LEVEL="info",
        TONGBAO_LOG_REQUESTS="all",
    ) as running:  # fmt: skip
        for n in range(10):
            member = {"id": str(world.members[0])}
            body = {"member": member, "outlet": "A", "points": {"value": 100}}
            key = {"Idempotency-Key": str(n)}
            assert running.post("/v1/awards", body, headers | key)[0] == 201
        assert running.get("/v1/nowhere")[0] == 404
        found = scrape(port)
        assert total(found, r"request_seconds_count.*/v1/awards.*201") == 10
        assert total(found, r"batch_operations_sum") == 10
        assert total(found, r"operations_total.*award.*posted") == 10
        assert total(found, r"refusals_total.*route-not-found") == 1
        assert total(found, r"database_up") == 1
        assert total(found, r"http_requests_running") == 0
        eventually(lambda: total(scrape(port), r"job_seconds_count.*seal.*done") >= 1, 60)
        lags = {name for name in scrape(port) if "reader_lag" in name}
        assert any("webhooks" in name for name in lags)
        code, complaints = running.stop()
    assert code == 0
    assert complaints.count('"event": "request"') == 11
    assert headers["Authorization"][-20:] not in complaints
