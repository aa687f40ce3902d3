"""A gateway in this process, and terminals that talk to it as tills do."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import iso8583
import psycopg
from iso8583.specs import default_ascii
from msgspec import Struct

from tongbao.gateway import wire
from tongbao.gateway.server import Gateway, listen
from tongbao.hosting.parts import Parts, opened
from tongbao.kernel.settings import Settings

Said = dict[str, str]


def pack(kind: str, fields: Said) -> bytes:
    """Write a message as a till does, with its length before it."""
    body, _ = iso8583.encode({"t": kind, **fields}, default_ascii)
    return len(body).to_bytes(2, "big") + bytes(body)


async def hear(reader: asyncio.StreamReader) -> Said:
    """Read an answer; ``t`` is its type."""
    length = int.from_bytes(await reader.readexactly(2), "big")
    fields, _ = iso8583.decode(await reader.readexactly(length), wire.ANSWERS)
    return dict(fields)


class Till:
    """A terminal at an outlet: numbers its messages, and can lose its line."""

    def __init__(self, port: int, outlet: str, name: str = "T0000001") -> None:
        self.port = port
        self.outlet = outlet
        self.name = name
        self.trace = 0
        self.reader: Any = None
        self.writer: Any = None

    async def connect(self, token: str | None, source: str = "127.0.0.1") -> "Till":
        """Open a line from an address of this machine; with a token, sign on."""
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(source, 0)
        )
        if token is not None:
            said = await self.ask("0800", {"70": "001", "57": token, **self.numbers()})
            assert (said["t"], said["39"]) == ("0810", "00"), said
        return self

    def numbers(self) -> Said:
        """Give the numbers of a new message."""
        self.trace += 1
        return {
            "7": f"0501{40_000 + self.trace:06d}",
            "11": f"{self.trace:06d}",
            "37": f"{self.name[-1]}{self.trace:011d}",
            "41": self.name.ljust(8),
            "42": self.outlet.ljust(15),
        }

    def sale(self, amount: int, points: int | None, member: int = 0, **more: str) -> Said:
        """Give the fields of a sale to a member by card; ``f61`` is field 61."""
        said = {"2": f"CARD{member:06d}", "3": "000000", "4": f"{amount:012d}", **self.numbers()}
        if points is not None:
            said["61"] = f"{points:012d}"
        return said | {name.removeprefix("f"): value for name, value in more.items()}

    def undo(self, original: Said, kind: str = "0200") -> Said:
        """Give the fields of a reversal of a message."""
        numbers = {**self.numbers(), "37": original["37"]}
        named = f"{kind}{original['11']}{original['7']}".ljust(42, "0")
        return {"3": "000000", "4": "0" * 12, **numbers, "90": named}

    async def tell(self, kind: str, fields: Said) -> None:
        """Send a message and hear nothing."""
        self.writer.write(pack(kind, dict(fields)))
        await self.writer.drain()

    async def ask(self, kind: str, fields: Said) -> Said:
        """Send a message and hear its answer."""
        await self.tell(kind, fields)
        async with asyncio.timeout(20):
            return await hear(self.reader)

    async def hung_up(self) -> bool:
        """Tell whether the other side closes the line, without another word."""
        async with asyncio.timeout(10):
            try:
                return bool(await self.reader.read() == b"")
            except ConnectionError:
                return True

    def close(self) -> None:
        """Let go of the line."""
        self.writer.close()


class Open(Struct):
    """A gateway that listens at ``port``, and its parts."""

    port: int
    parts: Parts


@contextmanager
def gateway(url: str, proxy: str = "none", **bounds: Any) -> Iterator[Open]:
    """Serve the database at ``url`` in a thread of its own; ``bounds``: those of ``Gateway``."""
    ready: list[Any] = []
    there = threading.Event()

    async def serve(parts: Parts) -> None:
        door = Gateway(parts, **bounds)
        server = await listen(door, "127.0.0.1", 0)
        ready.extend((server.sockets[0].getsockname()[1], asyncio.get_running_loop()))
        there.set()
        await parts.stopping.wait()
        server.close()
        await door.ended()

    with opened(Settings(database_url=url, iso8583_proxy=proxy)) as parts:
        thread = threading.Thread(target=lambda: asyncio.run(serve(parts)), daemon=True)
        thread.start()
        assert there.wait(20)
        yield Open(ready[0], parts)
        ready[1].call_soon_threadsafe(parts.stopping.set)
        thread.join(20)
        assert not thread.is_alive()


def url_of(conn: psycopg.Connection[Any]) -> str:
    """Give the URL of a connection's database."""
    info = conn.info
    return f"postgresql://{info.user}@/{info.dbname}?host={info.host}&port={info.port}"
