import asyncio
import socket
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.conftest import Served
from tests.gateway.terminals import Till, gateway, pack, url_of
from tests.world import broken_laws


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


def answers_still(served: Served) -> bool:
    async def story() -> str:
        one = await Till(served.port, "A", "TALIVE").connect(served.tokens["A"])
        said = await one.ask("0800", {"70": "301"})
        one.close()
        return said["39"]

    return bool(run(story()) == "00")


frames = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=60).map(lambda tail: b"0200" + tail),
    st.tuples(st.sampled_from(["0100", "0200", "0420", "0500", "0800", "0900"]), st.binary(
        min_size=8, max_size=8).map(bytes.hex), st.text("0123456789A ", max_size=120)).map(
        lambda made: (made[0] + made[1].upper() + made[2]).encode()),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(sent=st.lists(frames, max_size=3), framed=st.booleans(), signed=st.booleans())
def test_whatever_is_sent_the_gateway_goes_on(
    served: Served, sent: list[bytes], framed: bool, signed: bool
) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as line:
        if signed:
            line.sendall(pack("0800", {"70": "001", "57": served.tokens["A"]}))
            assert line.recv(2)
        for frame in sent:
            try:
                line.sendall((len(frame).to_bytes(2, "big") if framed else b"") + frame)
            except OSError:
                break
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as line:
        line.sendall(pack("0800", {"70": "301"}))
        assert len(line.recv(2)) == 2


WIDTHS = {
    "3": 6, "4": 12, "7": 10, "11": 6, "12": 6, "13": 4, "37": 12, "41": 8, "42": 15, "49": 3,
    "70": 3, "74": 10, "76": 10, "77": 10, "86": 16, "88": 16, "89": 16, "90": 42, "95": 42,
}  # fmt: skip
GOOD = {
    "2": "CARD000001", "3": "000000", "4": "000000000100", "7": "0501040001", "11": "000001",
    "12": "120000", "13": "0501", "37": "R1".ljust(12), "41": "TFUZZ".ljust(8),
    "42": "A".ljust(15), "49": "156", "61": "10", "62": "123", "70": "301", "74": "0" * 10,
    "76": "0" * 10, "77": "0" * 10, "86": "0" * 16, "88": "0" * 16, "89": "9" * 16,
    "90": "02000000010501040001".ljust(42, "0"), "95": "0" * 42,
}  # fmt: skip
fixed = st.sampled_from(sorted(WIDTHS)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.text("0129AU -", min_size=WIDTHS[name], max_size=WIDTHS[name]),
    )
)
free = st.tuples(st.sampled_from(["2", "48", "57", "61", "62"]), st.text("0129AU+ -~", max_size=19))
kinds = st.sampled_from(["0100", "0200", "0201", "0220", "0400", "0421", "0500", "0501", "0800"])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=kinds,
    left_out=st.sets(st.sampled_from(sorted(GOOD)), max_size=4),
    changed=st.lists(st.one_of(fixed, free), max_size=3),
)
def test_whatever_a_terminal_says_in_good_form_it_is_answered_and_nothing_fails(
    served: Served, kind: str, left_out: set[str], changed: list[tuple[str, str]]
) -> None:
    said = {name: value for name, value in GOOD.items() if name not in left_out} | dict(changed)

    async def story() -> str:
        one = await Till(served.port, "A", "TFUZZ").connect(served.tokens["A"])
        answer = await one.ask(kind, said)
        one.close()
        return answer["39"]

    assert run(story()) not in ("96", "91")


def test_it_still_serves_after_all_that(served: Served) -> None:
    assert answers_still(served)
    assert broken_laws(served.db) == {}


def test_what_has_a_type_is_answered_30_and_what_has_none_is_hung_up_on(served: Served) -> None:
    async def story() -> None:
        one = await Till(served.port, "A").connect(served.tokens["A"])
        body = b"0200" + b"F" * 16 + b"rubbish"
        one.writer.write(len(body).to_bytes(2, "big") + body)
        said = await one.ask("0800", {"70": "301"})
        assert (said["t"], said["39"], said["63"]) == ("0210", "30", "message-field-malformed")
        for bad in (b"\x00\x00", b"\xff\xff" + b"0200", b"\x00\x04ABCD", b"\x00\x020x"):
            other = await Till(served.port, "A").connect(None)
            other.writer.write(bad)
            assert await other.hung_up()
        one.close()

    run(story())


def test_slow_frames_silence_without_a_sign_on_and_one_connection_too_many_end(
    served: Served,
) -> None:
    async def story(port: int) -> None:
        slow = await Till(port, "A").connect(served.tokens["A"])
        slow.writer.write(b"\x00\x50" + b"0200")
        silent = await Till(port, "A").connect(None)
        await asyncio.sleep(0)
        busy = await Till(port, "A").connect(None)
        assert await busy.hung_up()
        assert await slow.hung_up()
        assert await silent.hung_up()
        again = await Till(port, "A").connect(served.tokens["A"])
        again.close()

    with gateway(url_of(served.db), most=2, sign_on=0.5, frame=0.3) as strict:
        run(story(strict.port))


def test_told_to_end_it_answers_what_it_has_taken_and_hangs_up(served: Served) -> None:
    async def begin(port: int) -> Till:
        return await Till(port, "A", "TEND").connect(served.tokens["A"])

    loop = asyncio.new_event_loop()
    with gateway(url_of(served.db)) as ending:
        one = loop.run_until_complete(begin(ending.port))
    assert loop.run_until_complete(one.hung_up())
    one.close()
    loop.close()
