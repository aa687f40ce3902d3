import asyncio
import os
import signal
import socket
from pathlib import Path

from tests.gateway.conftest import token
from tests.gateway.terminals import Said, Till
from tests.serving.running import Running, serving
from tests.serving.test_metrics import scrape, total
from tests.teller.troubles import eventually
from tests.world import broken_laws, build
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection


def test_tongbao_serves_terminals_beside_the_api_and_again_after_the_gateway_was_killed(
    db: Connection, database_url: str
) -> None:
    world = build(db, {"A": Terms()})
    key = token(db, world.organisations["A"])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving(
        database_url, "--iso8583", "0", "--no-worker", TONGBAO_METRICS_PORT=str(port)
    ) as running:
        assert running.iso8583 is not None
        one = Till(running.iso8583, "A")
        sale = one.sale(100_000, None)

        async def say() -> Said:
            for _ in range(200):
                try:
                    await one.connect(key)
                except (OSError, EOFError):
                    await asyncio.sleep(0.05)
                else:
                    return await one.ask("0201", sale)
            raise AssertionError("the gateway does not come back")

        first = asyncio.run(say())
        assert first["39"] == "00"
        # An answer is counted when it is on its way: the kill must not come between.
        eventually(lambda: _answered(port) == 1)
        for child in running.children():
            _kill_gateway(child, running.iso8583)
        assert asyncio.run(say()) == first
        assert running.get("/v1/health")[0] == 200
        # What the dead one has counted is there, its lines are not.
        eventually(lambda: _answered(port) == 2)
        assert total(scrape(port), r"iso8583_connections") <= 1
        assert asyncio.run(_line_at_the_end(one, key, running)) == (True, 0)
    assert broken_laws(db) == {}


def _answered(port: int) -> float:
    """Give how many sales the gateways have answered."""
    return total(scrape(port), r"message_seconds_count.*'00'.*'0201'")


async def _line_at_the_end(one: Till, key: str, running: Running) -> tuple[bool, int]:
    """End the service; tell whether a terminal that waits is hung up on, and the exit code."""
    await one.connect(key)
    ending = asyncio.create_task(asyncio.to_thread(running.stop))
    hung_up = await one.hung_up()
    return hung_up, (await ending)[0]


def _kill_gateway(pid: int, port: int) -> None:
    """Kill a process if it is the one that listens at ``port``."""
    listening = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
    inodes = {
        row.split()[9]
        for row in listening
        if row.split()[1].endswith(f":{port:04X}") and row.split()[3] == "0A"
    }
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        if str(handle.readlink()) in {f"socket:[{inode}]" for inode in inodes}:
            os.kill(pid, signal.SIGKILL)
            return
