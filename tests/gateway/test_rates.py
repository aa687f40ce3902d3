"""How often a key may ask over all its lines, and what is counted of messages."""

import asyncio
from typing import Any

from prometheus_client import REGISTRY

from tests.gateway.conftest import Served, token
from tests.gateway.terminals import Said, Till
from tests.world import broken_laws
from tongbao.access import keys

ECHO = {"70": "301"}
QUOTA = 8


def limited(served: Served, a_minute: int) -> str:
    """Make a key of A that may ask so often, and give its token."""
    made = token(served.db, served.world.organisations["A"])
    with served.db.transaction():
        keys.limit(served.db, number(made), a_minute)
    return made


def number(made: str) -> int:
    return int(made.split("_")[1])


async def till(served: Served, key: str, name: str) -> Till:
    return await Till(served.port, "A", name).connect(key)


async def exhaust(one: Till) -> Said:
    """Send echoes until one is refused, at most twice as many as go; give that answer."""
    for _ in range(2 * QUOTA):
        said = await one.ask("0800", ECHO)
        if said["39"] != "00":
            return said
    raise AssertionError("nothing was refused")


def test_a_key_that_asks_too_often_is_put_off_on_all_its_lines_and_nobody_else(
    served: Served,
) -> None:
    key = limited(served, QUOTA)

    async def story() -> None:
        one, other = await till(served, key, "TRATE1"), await till(served, key, "TRATE2")
        free = await till(served, served.tokens["A"], "TRATE3")
        refused = await exhaust(one)
        assert (refused["39"], refused["63"]) == ("91", "too-many-requests")
        sale = other.sale(10_000, None, member=1)
        put_off = await other.ask("0200", sale)
        assert (put_off["39"], put_off["63"]) == ("91", "too-many-requests")
        assert put_off["11"] == sale["11"]
        assert (await free.ask("0200", free.sale(10_000, None, member=1)))["39"] == "00"
        late = await Till(served.port, "A", "TRATE4").connect(None)
        on = await late.ask("0800", {"70": "001", "57": key})
        assert (on["39"], on["63"]) == ("91", "too-many-requests")
        assert (await late.ask("0800", ECHO))["39"] == "58"

        repeats = [put_off]
        async with asyncio.timeout(30):
            while repeats[-1]["39"] == "91":  # one goes each seven seconds and a half
                await asyncio.sleep(0.3)
                repeats.append(await other.ask("0201", sale))
        assert repeats[-1]["39"] == "00"
        for line in (one, other, free, late):
            line.close()

    asyncio.run(story())
    assert broken_laws(served.db) == {}


def test_another_number_counts_on_a_line_that_is_open(served: Served) -> None:
    key = limited(served, 1_000)

    async def story() -> None:
        one = await till(served, key, "TRATE5")
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
        assert open_lines() == lines + 1
        sale = one.sale(100, None, member=3)
        await one.ask("0200", sale)
        await one.ask("0201", sale)
        body = b"0200" + b"F" * 16 + b"rubbish"
        one.writer.write(len(body).to_bytes(2, "big") + body)
        await one.ask("0800", ECHO)
        one.close()
        for _ in range(1_000):
            if open_lines() == lines:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the line is still counted")

    lines, before = open_lines(), [counted(*one) for one in kinds]
    asyncio.run(story())
    rise = [counted(*one) - was for one, was in zip(kinds, before, strict=True)]
    # The answer to the rubbish is the one that is heard last; that of the echo is on its way.
    assert rise[:1] + rise[2:] == [1, 1, 1, 1]
    assert rise[1] >= 1
