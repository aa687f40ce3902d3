"""The line with which a proxy begins a connection: from where it is (PROXY protocol, version 1)."""

import asyncio
from typing import Final

from tongbao.gateway.wire import Unreadable

LONGEST: Final = 107
"""Bytes of the longest line there is, its end included."""

_END: Final = b"\r\n"
_FIELDS: Final = 6


async def line(reader: asyncio.StreamReader) -> bytes:
    """Read the line and nothing after it; raises ``Unreadable`` when it is too long."""
    got = b""
    while not got.endswith(_END):
        if len(got) == LONGEST:
            raise Unreadable
        got += await reader.readexactly(1)
    return got


def read(said: bytes) -> str:
    """Give the address that a line says, or nothing where the proxy does not know it.

    Raises ``Unreadable`` for what is no such line.
    """
    fields = said.removesuffix(_END).decode("ascii", "replace").split(" ")
    if fields[:2] == ["PROXY", "UNKNOWN"]:
        return ""
    if len(fields) != _FIELDS or fields[0] != "PROXY" or fields[1] not in ("TCP4", "TCP6"):
        raise Unreadable
    return fields[2]
