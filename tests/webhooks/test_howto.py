"""The receiver of the how-to is run as it stands there."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.webhooks.conftest import Desk
from tests.webhooks.test_delivering import award
from tongbao.webhooks import signing

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "receive-webhooks.md"
SECRET = bytes(range(32))


def test_the_receiver_of_the_how_to_works(desk: Desk, tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    script = tmp_path / "receiver.py"
    script.write_text(found[1], "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = os.environ | {"WEBHOOK_SECRET": signing.shown(SECRET), "PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, str(script)], env=environ, stdout=subprocess.PIPE, text=True
    ) as receiver:
        try:
            wait_for(port)
            desk.receiver.url = f"http://127.0.0.1:{port}/hook"
            desk.hook("A", secret=SECRET)
            award(desk, "a")
            # The receiver looks at the clock, and so the worker must.
            desk.run(desk.clock())
            assert receiver.stdout is not None
            assert receiver.stdout.readline().startswith("tongbao.points.awarded.v1 ")
        finally:
            receiver.kill()


def wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return
