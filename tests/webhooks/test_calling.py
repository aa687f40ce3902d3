"""Calls go to addresses that may be called, are bounded in time and size, and end in an answer."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.webhooks.receiver import NETWORKS, receiving
from tongbao.kernel.errors import Refusal
from tongbao.webhooks.addresses import Networks, check_url, may_call, networks
from tongbao.webhooks.calling import calling
from tongbao.webhooks.types import Answer

NONE: Networks = []
HERE = networks(NETWORKS)


def call(url: str, allowed: Networks = HERE, seconds: float = 5) -> Answer:
    async def go() -> Answer:
        async with calling(allowed) as caller:
            return await caller.call(url, {"webhook-id": "evt_1_1"}, b"{}", seconds)

    return asyncio.run(go())


@contextmanager
def talking(said: bytes, *, drip: float = 0) -> Iterator[str]:
    """Answer every call with raw bytes, all at once or one by one; then leave it open."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            kept = []
            while True:
                try:
                    conn, _ = server.accept()
                    kept.append(conn)
                    if drip:
                        for one in said:
                            conn.sendall(bytes([one]))
                            time.sleep(drip)
                    else:
                        conn.sendall(said)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fd00::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::",
        "2001:0:7f00:1::1",
    ],
)  # fmt: skip
def test_what_is_not_public_may_not_be_called(address: str) -> None:
    url = f"https://[{address}]/" if ":" in address else f"https://{address}/"
    with pytest.raises(Refusal) as refused:
        check_url(url, NONE)
    assert refused.value.code == "address-forbidden"
    answer = call(url, NONE)
    assert answer.error is not None
    assert "no address that may be called" in answer.error


def test_public_addresses_may_be_called_by_https_and_named_networks_in_any_way() -> None:
    import ipaddress

    for text in ("1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"):
        public = ipaddress.ip_address(text)
        assert may_call(public, NONE, plain=False)
        assert not may_call(public, HERE, plain=True)
    here = ipaddress.ip_address("127.0.0.1")
    assert may_call(here, HERE, plain=True)
    assert may_call(ipaddress.ip_address("::ffff:127.0.0.1"), HERE, plain=True)


def test_the_address_is_looked_at_when_it_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that was harmless when it was registered, and is not when it is called."""
    found = socket.getaddrinfo

    def rebound(host: Any, *rest: Any, **more: Any) -> Any:
        return found("127.0.0.1" if host == "rebound.example" else host, *rest, **more)

    check_url("https://rebound.example/", NONE)
    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        answer = call(f"https://rebound.example:{port}", NONE)
        assert answer.error == "rebound.example has no address that may be called"
        assert call(f"http://rebound.example:{port}", HERE).status == 204
        assert call(f"http://localhost:{port}", HERE).status == 204
    assert call("http://no-such-host.invalid/", HERE).good is False


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "example.com", "",
        "https://", "https:///x", "https://lin:secret@example.com/", "https://example.com/#part",
        "https://example.com:0/", "https://example.com:99999/", "https://exa mple.com/",
        "https://example.com/\r\nX: y", "https://例子.example/", "https://[::1",
        "https://" + "a" * 3000, f"https://{'a' * 64}.example/",
        "https://" + "a." * 130 + "example/",
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_called_is_refused(url: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_url(url, NONE)
    assert refused.value.code == "url-malformed"


def test_a_receiver_has_so_long_to_answer() -> None:
    for said, drip in ((b"", 0.0), (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 500, 0.05)):
        with talking(said, drip=drip) as url:
            began = time.monotonic()
            answer = call(url, seconds=0.5)
            assert answer.error == "no answer within 0.5 seconds"
            assert time.monotonic() - began < 4


def test_of_a_large_answer_only_the_beginning_is_read() -> None:
    large = b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 200_000
    with talking(large) as url:
        assert call(url).good


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
        b"HTTP/1.1 999 \r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", b"\0" * 300,
    ],
)  # fmt: skip
def test_nonsense_is_no_answer(said: bytes) -> None:
    with talking(said) as url:
        assert not call(url, seconds=1).good


def test_nobody_there_is_an_answer_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    answer = call(f"http://127.0.0.1:{port}/")
    assert (answer.status, answer.good) == (None, False)
    assert answer.error is not None
    assert answer.error.startswith("ConnectError")
