"""The ISO 8583 gateway as a process of the service."""

import asyncio
import os
import signal
from multiprocessing.connection import Connection as Rope

from tongbao.gateway.server import Gateway, listen
from tongbao.hosting import leaving, logs, traces
from tongbao.hosting.parts import opened
from tongbao.kernel import garbage
from tongbao.kernel.settings import Settings
from tongbao.serving.rope import follow


def keep(settings: Settings, rope: Rope, host: str, port: int) -> None:
    """Serve terminals until the parent lets go or dies; then answer what was taken.

    It waits for SIGTERM with its end: a companion that ends by itself would be started again.
    """
    logs.configure(settings.log_format, settings.log_level)
    traces.begin(os.environ, "gateway")
    asyncio.run(_keep(settings, rope, host, port))


async def _keep(settings: Settings, rope: Rope, host: str, port: int) -> None:
    told = asyncio.Event()
    with opened(settings) as parts:

        def end() -> None:
            parts.stopping.set()
            told.set()

        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
        follow(rope, parts.stopping)
        gateway = Gateway(parts)
        server = await listen(gateway, host, port)
        garbage.calm()
        await parts.stopping.wait()
        server.close()
        await gateway.ended()
        await told.wait()
    leaving.soon()
