"""The ISO 8583 gateway as a process of the service."""

import asyncio
import os
import signal
from multiprocessing.connection import Connection as Rope

from tongbao.gateway.server import Gateway, listen
from tongbao.hosting import logs, traces
from tongbao.hosting.parts import opened
from tongbao.kernel.settings import Settings
from tongbao.serving.rope import watch


def keep(settings: Settings, rope: Rope, host: str, port: int) -> None:
    """Serve terminals until SIGTERM or the parent's death; answer what was taken.

    What a terminal sends to the whole group, SIGINT, is left to the parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch(rope, lambda: None)
    logs.configure(settings.log_format, settings.log_level)
    traces.begin(os.environ, "gateway")
    asyncio.run(_keep(settings, host, port))


async def _keep(settings: Settings, host: str, port: int) -> None:
    with opened(settings) as parts:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, parts.stopping.set)
        gateway = Gateway(parts)
        server = await listen(gateway, host, port)
        await parts.stopping.wait()
        server.close()
        await gateway.ended()
