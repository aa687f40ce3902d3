"""From which address a request came, behind as many proxies as there are."""

import ipaddress
from typing import Any

from litestar.connection import ASGIConnection
from litestar.types import Scope

UNKNOWN = "unknown"
"""Where there is none, as on a unix socket."""


def of(connection: ASGIConnection[Any, Any, Any, Any], proxies: int) -> str:
    """Give the address of the caller; of IPv6 the network of 64 bits, which one caller has.

    ``proxies``: how many of our own stand before this process. Each adds to ``X-Forwarded-For``
    who called it, so that the caller is that many from the right; whatever stands further left
    was sent by the caller and is not believed.
    """
    scope: Scope = connection.scope
    client = scope.get("client")
    if proxies:
        said = connection.headers.get("x-forwarded-for", "")
        hops = [hop.strip() for hop in said.split(",") if hop.strip()]
        if len(hops) >= proxies:
            return named(hops[-proxies])
    return UNKNOWN if client is None else named(client[0])


def named(given: str) -> str:
    """Give an address as it is counted by: of IPv6 its network of 64 bits."""
    try:
        found = ipaddress.ip_address(given)
    except ValueError:
        return UNKNOWN
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
