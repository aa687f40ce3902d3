"""Calls to receivers: bounded in time and size, to allowed addresses only, never redirected."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib import metadata
from typing import Any, Final

import httpcore

from tongbao.webhooks.addresses import AddressForbidden, Networks, may_call
from tongbao.webhooks.types import Answer

SECONDS: Final = 20.0
"""In which a receiver has to answer, all told."""

_LARGEST: Final = 65_536
"""Bytes of an answer that are read; what it says does not matter, so the rest is left."""

_CONNECT: Final = 5.0
_IDLE: Final = 15.0
_KEPT: Final = 64
_ERROR: Final = 300
_LONGEST_WAIT: Final = 86_400


class Caller:
    """Calls receivers; keeps connections that are used often. Use it within ``calling``."""

    def __init__(self, networks: Networks) -> None:
        self._pools = {
            b"https": _pool(_Guarded(networks, plain=False)),
            b"http": _pool(_Guarded(networks, plain=True)),
        }

    async def call(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float = SECONDS
    ) -> Answer:
        """Send ``body`` and give what became of it; whatever goes wrong is the answer, too."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        status, wait, error = None, 0, None
        sent = {
            "Content-Type": "application/json",
            "User-Agent": f"Tongbao/{metadata.version('tongbao')}",
            **headers,
        }
        try:
            async with asyncio.timeout(seconds):
                target = httpcore.URL(url)
                pool = self._pools[target.scheme]
                async with pool.stream(
                    "POST", target, headers=list(sent.items()), content=body, extensions=_TIMEOUTS
                ) as answer:
                    status, wait = answer.status, _wait(answer.headers)
                    await _read(answer)
        except TimeoutError:
            error = f"no answer within {seconds:g} seconds"
        except AddressForbidden as refusal:
            error = str(refusal)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as fault:
            error = _describe(fault)
        except (OSError, ValueError, KeyError) as fault:
            error = _describe(fault)
        if error is None and status is not None and 300 <= status < 400:
            error = "redirects are not followed"
        took = int((loop.time() - began) * 1_000)
        return Answer(status=status, milliseconds=took, error=error, wait=wait)

    async def close(self) -> None:
        """Close the connections that are kept."""
        for pool in self._pools.values():
            await pool.aclose()


@asynccontextmanager
async def calling(networks: Networks) -> AsyncIterator[Caller]:
    """Give a caller, and close its connections at the end."""
    caller = Caller(networks)
    try:
        yield caller
    finally:
        await caller.close()


_TIMEOUTS: Final = {"timeout": {"connect": _CONNECT, "read": SECONDS, "write": SECONDS}}


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to addresses that may be called: those that it has looked at, not the name."""

    def __init__(self, networks: Networks, *, plain: bool) -> None:
        self._networks = networks
        self._plain = plain
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - of the class that this one is
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        fault: Exception = AddressForbidden(host=host)
        for address in await self._addresses(host, port):
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.NetworkError as error:
                fault = error
        raise fault

    async def _addresses(self, host: str, port: int) -> list[str]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port)
        names = dict.fromkeys(str(where[0]).partition("%")[0] for *_, where in found)
        return [
            name
            for name in names
            if may_call(ipaddress.ip_address(name), self._networks, plain=self._plain)
        ]


def _pool(backend: httpcore.AsyncNetworkBackend) -> httpcore.AsyncConnectionPool:
    return httpcore.AsyncConnectionPool(
        ssl_context=ssl.create_default_context(),
        max_connections=None,
        max_keepalive_connections=_KEPT,
        keepalive_expiry=_IDLE,
        network_backend=backend,
    )


async def _read(answer: httpcore.Response) -> None:
    size = 0
    async for part in answer.aiter_stream():
        size += len(part)
        if size > _LARGEST:
            return


def _wait(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Give how many seconds a receiver asks for; a date, or nonsense, asks for none."""
    said = next((value for name, value in headers if name.lower() == b"retry-after"), b"")
    return min(int(said), _LONGEST_WAIT) if said.isdigit() and len(said) < 10 else 0


def _describe(fault: BaseException) -> str:
    return f"{type(fault).__name__}: {' '.join(str(fault).split())}"[:_ERROR]
