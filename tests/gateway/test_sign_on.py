"""Wrong sign-ons are counted by key and address; who asks for texts to show is told them."""

import asyncio
from typing import Any

import pytest

from tests.gateway.conftest import Served, token
from tests.gateway.terminals import Said, Till, gateway, url_of
from tongbao.access import guesses, keys
from tongbao.gateway import codes, sign_on, texts
from tongbao.gateway.texts import Language
from tongbao.kernel import clock
from tongbao.kernel.db import Connection

ELSEWHERE = "127.0.0.2"


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


@pytest.fixture(autouse=True)
def forgotten(served: Served) -> None:
    """Let no test be put off for what another has tried."""
    served.db.execute("DELETE FROM access.guess")


def wrong(made: str) -> str:
    """Give the token of a key with another secret."""
    return "_".join([*made.split("_")[:2], "A" * 43])


async def try_on(served: Served, key: str, source: str = "127.0.0.1", **more: str) -> Said:
    """Sign on, on a line of its own."""
    line = await Till(served.port, "A", "TSIGN").connect(None, source)
    said = await line.ask("0800", {"70": "001", "57": key, **more})
    line.close()
    return said


def later(db: Connection) -> None:
    """Let a quarter of an hour pass for whatever was tried."""
    db.execute("UPDATE access.guess SET since = since - interval '15 minutes'")


def test_one_key_that_is_wrong_again_and_again_is_put_off_and_keeps_nobody_else_out(
    served: Served,
) -> None:
    right, other = served.tokens["A"], token(served.db, served.world.organisations["A"])

    async def story() -> None:
        open_line = await Till(served.port, "A", "TSIGN1").connect(right)
        for _ in range(sign_on.HERE.most):
            said = await try_on(served, wrong(right))
            assert (said["39"], said["63"]) == ("63", "key-unknown")
        for key in (wrong(right), right):
            said = await try_on(served, key)
            assert (said["39"], said["63"]) == ("75", "too-many-attempts")
        assert (await try_on(served, other))["39"] == "00"
        assert (await try_on(served, right, ELSEWHERE))["39"] == "00"
        assert (await open_line.ask("0800", {"70": "301"}))["39"] == "00"
        sale = open_line.sale(100, None, member=1)
        assert (await open_line.ask("0200", sale))["39"] == "00"
        open_line.close()
        later(served.db)
        assert (await try_on(served, right))["39"] == "00"

    run(story())


def test_a_right_sign_on_forgives_the_wrong_ones_before_it(served: Served) -> None:
    right = served.tokens["A"]

    async def story() -> None:
        for _ in range(3):
            for _ in range(sign_on.HERE.most - 1):
                assert (await try_on(served, wrong(right)))["39"] == "63"
            assert (await try_on(served, right))["39"] == "00"

    run(story())


def test_an_address_that_tries_many_keys_is_put_off_whatever_it_tries(served: Served) -> None:
    right = served.tokens["A"]
    with served.db.transaction():
        for _ in range(sign_on.ADDRESS.most - 1):
            guesses.count(served.db, sign_on.ADDRESS, "127.0.0.1", clock.now())

    async def story() -> None:
        assert (await try_on(served, right))["39"] == "00"
        assert (await try_on(served, "no-token-at-all"))["39"] == "63"
        for key in (right, wrong(right), "nonsense"):
            assert (await try_on(served, key))["39"] == "75"
        assert (await try_on(served, right, ELSEWHERE))["39"] == "00"
        later(served.db)
        assert (await try_on(served, right))["39"] == "00"

    run(story())


def test_keys_that_may_not_or_must_sign_count_as_wrong_ones(served: Served) -> None:
    reader = token(served.db, served.world.organisations["A"], ["points:read"])
    ended = token(served.db, served.world.organisations["A"])
    with served.db.transaction():
        keys.revoke(served.db, int(ended.split("_")[1]), by="tests", at=clock.now())

    async def story() -> None:
        assert (await try_on(served, reader))["63"] == "sign-on-refused"
        assert (await try_on(served, ended))["63"] == "key-unknown"

    run(story())
    tried = served.db.execute("SELECT kind, subject, count FROM access.guess ORDER BY 1, 2")
    assert {row[0] for row in tried} == {"terminal-here", "terminal-address"}


async def through(port: int, said: bytes, key: str) -> Said | None:
    """Sign on through a proxy that says ``said``; nothing when the line is closed."""
    till = await Till(port, "A", "TPROXY").connect(None)
    till.writer.write(said)
    try:
        return await till.ask("0800", {"70": "001", "57": key})
    except (EOFError, ConnectionError):
        return None
    finally:
        till.close()


def test_behind_a_proxy_sign_ons_count_for_the_address_that_it_says(served: Served) -> None:
    right = served.tokens["A"]
    one, other = b"PROXY TCP4 192.0.2.1 198.51.100.7 4711 8583\r\n", b"PROXY UNKNOWN\r\n"
    six = b"PROXY TCP6 2001:db8::1 2001:db8:f::7 4711 8583\r\n"

    async def story(port: int) -> None:
        for _ in range(sign_on.HERE.most):
            said = await through(port, one, wrong(right))
            assert said is not None
            assert said["39"] == "63"
        codes = [await through(port, said, right) for said in (one, other, six)]
        assert [said and said["39"] for said in codes] == ["75", "00", "00"]
        await through(port, six, wrong(right))
        for bad in (
            b"", b"PROXY\r\n", b"PROXY TCP4 1.2.3.4\r\n", b"HELLO TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
            b"PROXY TCP4 " + b"9" * 200, b"\x00\x20", b"\xff" * 20 + b"\r\n",
        ):  # fmt: skip
            assert await through(port, bad, right) is None

    with gateway(url_of(served.db), "v1", frame=0.5) as behind:
        run(story(behind.port))
    seen = served.db.execute("SELECT subject FROM access.guess WHERE kind = 'terminal-address'")
    assert {row[0] for row in seen} == {"192.0.2.1", "2001:db8::/64"}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_who_asks_at_the_sign_on_is_told_in_words_what_is_no_approval(
    served: Served, language: Language
) -> None:
    async def story() -> None:
        line = await Till(served.port, "A", "TTEXT").connect(None)
        assert "44" not in await line.ask("0800", {"70": "301"})
        on = {"70": "001", "57": wrong(served.tokens["A"]), "63": language}
        assert (await line.ask("0800", on))["44"] == texts.TEXTS["63"][language]
        said = await line.ask("0800", on | {"57": served.tokens["A"]})
        assert (said["39"], "44" in said) == ("00", False)
        poor = await line.ask("0200", line.sale(99_000_000, 99_000_000, member=5))
        assert (poor["39"], poor["44"]) == ("51", texts.TEXTS["51"][language])
        body = b"0200" + b"F" * 16 + b"rubbish"
        line.writer.write(len(body).to_bytes(2, "big") + body)
        broken = await line.ask("0800", {"70": "301"})
        assert (broken["39"], broken["44"]) == ("30", texts.TEXTS["30"][language])
        line.close()
        plain = await Till(served.port, "A", "TTEXT").connect(None)
        odd = await plain.ask("0800", on | {"63": "fr"})
        assert (odd["39"], "44" in odd) == ("63", False)
        plain.close()

    run(story())


def test_every_response_code_that_is_no_approval_has_words_that_fit() -> None:
    other = {"05", "30", codes.OUT_OF_BALANCE, codes.FAILED}
    assert texts.TEXTS.keys() == set(codes.TABLE.values()) | other
    for said in texts.TEXTS.values():
        assert said.keys() == set(texts.LANGUAGES)
        assert all(0 < len(one.encode(texts.ENCODING)) <= texts.LONGEST for one in said.values())
        assert said["en"].isascii()
        assert not said["zh"].isascii()
