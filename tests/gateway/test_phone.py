import asyncio

from tests.gateway.conftest import Served
from tests.gateway.terminals import Said, Till
from tests.world import AT
from tongbao.access import devices
from tongbao.kernel import clock
from tongbao.till import payment_code


def test_a_payment_code_names_the_member_once_and_its_repeat_is_the_same(served: Served) -> None:
    secret = (11).to_bytes(devices.SECRET, "big")
    key = served.open.parts.settings.access_secret
    with served.db.transaction():
        device = devices.add(served.db, served.world.members[11], "phone", secret, AT, key=key)
    shown = payment_code.make(secret, device, payment_code.step_at(clock.now()))
    wrong = payment_code.make(bytes(devices.SECRET), 999_999, 1)

    async def story() -> None:
        one = await Till(served.port, "A", "TPHONE").connect(served.tokens["A"])
        sale = one.sale(100_000, None, f48=shown)
        del sale["2"]
        first = await one.ask("0200", sale)
        assert first["39"] == "00", first
        assert {**await one.ask("0201", sale), "t": "0210"} == first
        again = {**sale, **one.numbers()}
        said = await one.ask("0200", again)
        assert (said["39"], said["63"]) == ("54", "payment-code-used")
        for _ in range(10):
            assert (await one.ask("0200", {**sale, **one.numbers(), "48": wrong}))["39"] == "14"
        stopped = await one.ask("0200", {**sale, **one.numbers(), "48": wrong})
        assert stopped["39"] == "75", stopped
        one.close()

    asyncio.run(story())


def test_the_same_message_on_many_lines_at_once_is_one(served: Served) -> None:
    async def story() -> list[Said]:
        lines = [
            await Till(served.port, "A", "TMANY").connect(served.tokens["A"]) for _ in range(8)
        ]
        sale = lines[0].sale(100_000, None, 12)
        heard = await asyncio.gather(*(line.ask("0201", sale) for line in lines))
        for line in lines:
            line.close()
        return list(heard)

    heard = asyncio.run(story())
    assert {said["39"] for said in heard} <= {"00", "09"}
    assert len({said["62"] for said in heard if said["39"] == "00"}) == 1
