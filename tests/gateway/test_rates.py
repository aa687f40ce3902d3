"""How often a key may ask over all its lines, and what is counted of messages."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import Struct
from prometheus_client import REGISTRY

from tests.gateway.conftest import Served, token
from tests.gateway.terminals import Said, Till, gateway, url_of
from tests.teller.troubles import eventually
from tests.world import broken_laws
from tongbao.access import keys

ECHO = {"70": "301"}
QUOTA = 8
NEXT = 60 / QUOTA
"""Seconds after which one more goes."""


class Paced(Struct):
    """A gateway whose time passes when it is told to."""

    port: int = 0
    time: float = 0.0

    def now(self) -> float:
        """Give its time."""
        return self.time


@pytest.fixture
def paced(served: Served) -> Iterator[Paced]:
    """Serve the alliance by a clock that stands still."""
    made = Paced()
    with gateway(url_of(served.db), now=made.now) as opened:
        made.port = opened.port
        yield made


def limited(served: Served, a_minute: int) -> str:
    """Make a key of A that may ask so often, and give its token."""
    made = token(served.db, served.world.organisations["A"])
    with served.db.transaction():
        keys.limit(served.db, number(made), a_minute)
    return made


def number(made: str) -> int:
    return int(made.split("_")[1])


async def till(paced: Paced, key: str, name: str) -> Till:
    return await Till(paced.port, "A", name).connect(key)


def put_off(said: Said) -> bool:
    return (said["39"], said.get("63")) == ("91", "too-many-requests")


def test_a_key_that_asks_too_often_is_put_off_on_all_its_lines_and_nobody_else(
    served: Served, paced: Paced
) -> None:
    key = limited(served, QUOTA)

    async def story() -> None:
        one, other = await till(paced, key, "TRATE1"), await till(paced, key, "TRATE2")
        free = await till(paced, served.tokens["A"], "TRATE3")
        echoes = [await one.ask("0800", ECHO) for _ in range(QUOTA - 2)]  # two were the sign-ons
        assert {said["39"] for said in echoes} == {"00"}
        assert put_off(await one.ask("0800", ECHO))
        sale = other.sale(10_000, None, member=1)
        refused = await other.ask("0200", sale)
        assert put_off(refused)
        assert refused["11"] == sale["11"]
        assert (await free.ask("0200", free.sale(10_000, None, member=1)))["39"] == "00"
        late = await Till(paced.port, "A", "TRATE4").connect(None)
        assert put_off(await late.ask("0800", {"70": "001", "57": key}))
        assert (await late.ask("0800", ECHO))["39"] == "58"

        paced.time += NEXT / 3
        assert put_off(await other.ask("0201", sale))
        paced.time += NEXT / 3 * 2
        assert (await other.ask("0201", sale))["39"] == "00"
        assert put_off(await one.ask("0800", ECHO))
        for line in (one, other, free, late):
            line.close()

    asyncio.run(story())
    assert broken_laws(served.db) == {}


def test_another_number_counts_on_a_line_that_is_open(served: Served, paced: Paced) -> None:
    key = limited(served, 1_000)

    async def story() -> None:
        one = await till(paced, key, "TRATE5")
        with served.db.transaction():
            keys.limit(served.db, number(key), 1)
        said = [await one.ask("0200", one.sale(100, None, member=2)) for _ in range(3)]
        # The first tells of the new number, the second takes all that there is in a minute.
        assert [one["39"] for one in said] == ["00", "00", "91"]
        one.close()

    asyncio.run(story())


def counted(kind: str, code: str) -> float:
    name = "tongbao_iso8583_message_seconds_count"
    return REGISTRY.get_sample_value(name, {"type": kind, "code": code}) or 0.0


def open_lines() -> float:
    return REGISTRY.get_sample_value("tongbao_iso8583_connections") or 0.0


def test_messages_are_counted_by_type_and_response_code_and_lines_while_they_are_open(
    served: Served,
) -> None:
    kinds: Any = [("0800", "58"), ("0800", "00"), ("0200", "00"), ("0201", "00"), ("0200", "30")]

    async def story() -> None:
        one = await Till(served.port, "A", "TCOUNT").connect(None)
        await one.ask("0800", ECHO)
        await one.ask("0800", {"70": "001", "57": served.tokens["A"]})
        assert open_lines() == 1
        sale = one.sale(100, None, member=3)
        await one.ask("0200", sale)
        await one.ask("0201", sale)
        body = b"0200" + b"F" * 16 + b"rubbish"
        one.writer.write(len(body).to_bytes(2, "big") + body)
        await one.ask("0800", ECHO)
        one.close()

    eventually(lambda: open_lines() == 0)  # those of other tests
    before = [counted(*one) for one in kinds]
    asyncio.run(story())
    eventually(lambda: open_lines() == 0)
    rise = [counted(*one) - was for one, was in zip(kinds, before, strict=True)]
    # The answer to the rubbish is the one that is heard last; that of the echo is on its way.
    assert rise[:1] + rise[2:] == [1, 1, 1, 1]
    assert rise[1] >= 1
