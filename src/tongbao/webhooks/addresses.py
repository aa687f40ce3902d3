"""Which addresses may be called: public ones by https, and the networks that the settings name.

Whoever registers an endpoint chooses its host and what it resolves to, so the addresses are
looked at when they are connected to, and what was looked at is what is connected to.
"""

import ipaddress
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from tongbao.kernel import texts
from tongbao.kernel.errors import Malformed, Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]

_LONGEST: Final = 2_000
_HOST, _LABEL = 253, 63
"""Letters of a domain name, and of each part of it (RFC 1035)."""
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")


class UrlMalformed(Malformed):
    code = "url-malformed"
    text = "the URL {url!r} cannot be called: {reason}"


class AddressForbidden(Refused):
    code = "address-forbidden"
    text = "{host} has no address that may be called"


def networks(setting: str) -> Networks:
    """Read the networks that a setting names, separated by commas; ValueError if it cannot be."""
    return [ipaddress.ip_network(part.strip()) for part in setting.split(",") if part.strip()]


def check_url(url: str, allowed: Networks) -> str:
    """Give a URL that may be called, as far as it tells by itself.

    Refuses ``url-malformed`` and, where it says an address, ``address-forbidden``.
    """

    def no(reason: str) -> UrlMalformed:
        return UrlMalformed(url=texts.shown(url), reason=reason)

    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise no("it is too long, or has characters that must be escaped")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise no("it is not a URL") from None
    if parts.scheme not in (("https", "http") if allowed else ("https",)):
        raise no("it must begin with https://")
    if not host or port == 0 or not _may_be_a_name(host):
        raise no("it names no host, or no port that can be")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise no("it must have no name, password or fragment")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return url
    if not may_call(address, allowed, plain=parts.scheme == "http"):
        raise AddressForbidden(host=host)
    return url


def _may_be_a_name(host: str) -> bool:
    """Say whether a host is short enough for the domain name system."""
    return len(host) <= _HOST and all(len(label) <= _LABEL for label in host.split("."))


def may_call(address: Address, allowed: Networks, *, plain: bool) -> bool:
    """Tell whether an address may be called, ``plain`` without encryption.

    What an IPv6 address stands for counts, too: an IPv4 address may be written within one.
    """
    inner = [address, *_inside(address)]
    if any(one in network for one in inner for network in allowed):
        return True
    return not plain and all(one.is_global and not one.is_multicast for one in inner)


def _inside(address: Address) -> list[Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour]
    if address.teredo is not None:
        found += address.teredo
    if address in _TRANSLATED:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return [one for one in found if one is not None]
