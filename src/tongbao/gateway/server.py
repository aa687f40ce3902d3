"""The TCP server: frames in and out, with a bound on everything that a peer decides."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from tongbao.gateway import proxied, wire
from tongbao.gateway.terminal import Terminal
from tongbao.hosting import address
from tongbao.hosting.parts import Parts
from tongbao.hosting.rates import Buckets
from tongbao.kernel import limits, metrics

Answer = TypeVar("Answer")

_log: Final = logging.getLogger("tongbao.gateway")

SIGN_ON: Final = 30.0
"""Seconds in which who connects has to sign on."""

IDLE: Final = 600.0
"""Seconds in which a terminal has to send its next message; an echo is one."""

FRAME: Final = 10.0
"""Seconds in which a message has to arrive once it has begun, and an answer to be taken."""


class Gateway:
    """Serves connections until it is closed; what it has taken by then it answers.

    ``now`` is the clock by which it is counted how often keys ask: seconds that only go forward.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        most: int = limits.TERMINALS,
        sign_on: float = SIGN_ON,
        idle: float = IDLE,
        frame: float = FRAME,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = parts
        self._most = most
        self._sign_on = sign_on
        self._idle = idle
        self._frame = frame
        self._now = now
        self._open: set[asyncio.Task[None]] = set()
        self._asked = Buckets("key")

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end; one too many is closed at once."""
        task = asyncio.current_task()
        assert task is not None, "asyncio calls this in a task"
        if len(self._open) >= self._most or self._parts.stopping.is_set():
            writer.transport.abort()
            return
        self._open.add(task)
        try:
            with metrics.CONNECTIONS.track_inprogress():
                await self._converse(reader, writer)
        except (OSError, EOFError, TimeoutError, wire.Unreadable):
            pass  # whoever does not speak properly is hung up on
        except Exception:  # noqa: BLE001 - one connection ends no other
            _log.exception("a connection failed")
        finally:
            self._open.discard(task)
            if writer.transport.get_write_buffer_size():  # it does not take its answers
                writer.transport.abort()
            else:
                writer.close()

    async def ended(self) -> None:
        """Wait until every message that was taken is answered, once the parts are stopping."""
        while self._open:
            await asyncio.wait(set(self._open))

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        where = await self._from_where(reader, writer)
        terminal = Terminal(self._parts, self._asked, where, self._now)
        loop = asyncio.get_running_loop()
        signed_by = loop.time() + self._sign_on
        while True:
            left = self._idle if terminal.signed_on else signed_by - loop.time()
            frame = await self._unless_stopping(self._read(reader, left))
            if frame is None:
                return
            came = loop.time()
            message = wire.read(frame)
            said = await terminal.answer(message)
            writer.write(wire.write(wire.answer_type(message.type), said))
            # Of each there are few, whoever asks: types are those that wire.read lets through.
            metrics.MESSAGE_SECONDS.labels(message.type, said["39"]).observe(loop.time() - came)
            async with asyncio.timeout(self._frame):
                await writer.drain()

    async def _from_where(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """Give the address that a connection is from: what a proxy says, if there is one."""
        if self._parts.settings.iso8583_proxy == "v1":
            async with asyncio.timeout(self._frame):
                return address.named(proxied.read(await proxied.line(reader)))
        peer = writer.get_extra_info("peername")
        return address.named(peer[0]) if peer else address.UNKNOWN

    async def _read(self, reader: asyncio.StreamReader, patience: float) -> bytes:
        """Read a frame: it may let itself be waited for, but not once it has begun."""
        async with asyncio.timeout(max(0.0, patience)):
            first = await reader.readexactly(1)
        async with asyncio.timeout(self._frame):
            length = int.from_bytes(first + await reader.readexactly(wire.LENGTH - 1), "big")
            if not 0 < length <= limits.MESSAGE:
                raise wire.Unreadable
            return await reader.readexactly(length)

    async def _unless_stopping(self, coming: Awaitable[Answer]) -> Answer | None:
        """Wait for what comes; None when the service is told to end before."""
        arriving = asyncio.ensure_future(coming)
        stopping = asyncio.ensure_future(self._parts.stopping.wait())
        try:
            await asyncio.wait((arriving, stopping), return_when=asyncio.FIRST_COMPLETED)
            return arriving.result() if arriving.done() else None
        finally:
            for one in arriving, stopping:
                one.cancel()
                with suppress(BaseException):
                    await one


async def listen(gateway: Gateway, host: str, port: int) -> asyncio.Server:
    """Listen; several processes may listen on one port. Raises ``OSError``."""
    return await asyncio.start_server(
        gateway.connected, host, port, reuse_port=True, limit=limits.MESSAGE + wire.LENGTH
    )
