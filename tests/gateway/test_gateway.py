import asyncio
from typing import Any

from tests.gateway.conftest import Served, token
from tests.gateway.terminals import Said, Till
from tests.world import broken_laws
from tongbao.access import keys
from tongbao.gateway import answers
from tongbao.kernel import clock


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


async def till(served: Served, name: str = "A", terminal: str = "T0000001") -> Till:
    return await Till(served.port, name, terminal).connect(served.tokens[name])


def money(said: Said) -> dict[str, int]:
    """Give the amounts of field 54 by their type."""
    rows = said["54"]
    return {rows[at + 2 : at + 4]: int(rows[at + 8 : at + 20]) for at in range(0, len(rows), 20)}


def test_nothing_is_served_before_the_sign_on_and_nothing_after_the_sign_off(
    served: Served,
) -> None:
    async def story() -> list[tuple[str, str]]:
        one = await Till(served.port, "A", "TSIGN").connect(None)
        echo = {"70": "301", **one.numbers()}
        heard = [await one.ask("0800", echo), await one.ask("0200", one.sale(100, None))]
        heard.append(await one.ask("0800", {"70": "001", "57": served.tokens["A"]}))
        heard += [await one.ask("0800", echo), await one.ask("0800", {"70": "002"})]
        heard.append(await one.ask("0800", echo))
        one.close()
        return [(said["t"], said["39"]) for said in heard]

    assert run(story()) == [
        ("0810", "58"), ("0210", "58"), ("0810", "00"), ("0810", "00"), ("0810", "00"),
        ("0810", "58"),
    ]  # fmt: skip


def test_a_wrong_key_one_that_may_not_write_and_one_that_was_revoked_let_nobody_on(
    served: Served,
) -> None:
    reader = token(served.db, served.world.organisations["A"], ["points:read"])
    ended = token(served.db, served.world.organisations["A"])

    async def story() -> list[str]:
        one = await Till(served.port, "A", "TKEYS").connect(None)
        heard = []
        for given in ("tbk_1_nonsense", "rubbish", reader):
            said = await one.ask("0800", {"70": "001", "57": given})
            heard.append(said["39"] + said["63"])
        await one.ask("0800", {"70": "001", "57": ended})
        with served.db.transaction():
            key = int(ended.split("_")[1])
            keys.revoke(served.db, key, by="tests", at=clock.now())
        said = await one.ask("0200", one.sale(100, None))
        heard.append(said["39"] + said["63"])
        said = await one.ask("0200", one.sale(100, None))
        one.close()
        return [*heard, said["39"] + said["63"]]

    assert run(story()) == [
        "63key-unknown", "63key-unknown", "63sign-on-refused", "63key-unknown",
        "58sign-on-missing",
    ]  # fmt: skip


def test_a_sale_earns_and_the_next_is_paid_with_points_and_cash_each_once(served: Served) -> None:
    async def story() -> None:
        one = await till(served)
        earned = await one.ask("0200", one.sale(100_000, None, 1))
        assert earned["39"] == "00", earned
        points = int(earned["58"])
        assert points > 0
        assert money(earned) == {"01": points, "02": points, "03": 0}
        sale = one.sale(2_000, 500, 1)
        paid = await one.ask("0200", sale)
        assert (paid["39"], paid["61"]) == ("00", "000000000500")
        assert paid["38"] == answers.authorisation(int(paid["62"]))
        assert {name: paid[name] for name in ("7", "11", "37")} == {
            name: sale[name] for name in ("7", "11", "37")
        }
        again = await one.ask("0201", sale)
        assert {**again, "t": "0210"} == paid
        other = await one.ask("0200", {**sale, "61": "000000000600"})
        assert (other["39"], other["63"]) == ("94", "key-reused")
        rest = await one.ask("0200", one.sale(10_000_000, 0, 1, f61="U999999999999"))
        assert (rest["39"], money(rest)["02"]) == ("00", int(rest["58"]))
        poor = await one.ask("0200", one.sale(10_000_000, 9_000_000, 1))
        assert (poor["39"], poor["63"]) == ("51", "insufficient-points")
        one.close()

    run(story())
    assert broken_laws(served.db) == {}


def test_a_hold_is_completed_by_its_advice_and_another_is_reversed(served: Served) -> None:
    async def story() -> None:
        one = await till(served, terminal="THOLD")
        points = int((await one.ask("0200", one.sale(1_000_000, None, 2)))["58"])
        held = await one.ask("0100", one.sale(0, 300, 2))
        assert (held["t"], held["39"], money(held)["02"]) == ("0110", "00", points - 300)
        done = one.sale(1_000, 200, 2, f62=held["62"])
        first = await one.ask("0220", done)
        assert (first["t"], first["39"]) == ("0230", "00")
        assert {**await one.ask("0221", done), "t": "0230"} == first
        assert money(first)["01"] == points - 200 + int(first["58"])
        hold = one.sale(0, 100, 2)
        await one.ask("0100", hold)
        back = await one.ask("0420", one.undo(hold, "0100"))
        assert (back["t"], back["39"], money(back)) == ("0430", "00", money(first))
        none = await one.ask("0220", one.sale(1_000, 100, 2, f62="123"))
        assert (none["39"], none["63"]) == ("25", "hold-not-found")
        one.close()

    run(story())
    assert broken_laws(served.db) == {}


def test_an_advice_beyond_the_points_is_taken_and_becomes_an_exception(served: Served) -> None:
    async def story() -> Said:
        one = await till(served, terminal="TADVICE")
        said = await one.ask("0220", one.sale(50_000, 50_000, 3))
        one.close()
        return said

    said = run(story())
    assert (said["39"], said["63"]) == ("00", "exception")


def test_a_reversal_undoes_once_also_before_its_original(served: Served) -> None:
    async def story() -> None:
        one = await till(served, terminal="TUNDO")
        sale = one.sale(100_000, None, 4)
        await one.ask("0200", sale)
        undo = one.undo(sale)
        for kind in ("0400", "0401", "0420", "0421"):
            said = await one.ask(kind, undo)
            assert (said["39"], money(said)["01"]) == ("00", 0), said
        assert (await one.ask("0420", one.undo(sale)))["39"] == "00"
        late = one.sale(100_000, None, 4)
        assert (await one.ask("0420", one.undo(late)))["39"] == "00"
        said = await one.ask("0200", late)
        assert (said["39"], said["63"]) == ("21", "reversed")
        part = await one.ask("0400", {**one.undo(sale), "95": "0" * 11 + "5".ljust(31, "0")})
        assert part["39"] == "40"
        one.close()

    run(story())
    assert broken_laws(served.db) == {}


def test_what_a_message_cannot_mean_is_answered_so(served: Served) -> None:
    async def story() -> list[str]:
        one = await till(served, terminal="TWRONG")
        good = one.sale(100, None, 5)
        heard = [
            await one.ask("0200", {**good, "3": "200000"}),
            await one.ask("0200", {**good, "4": "00000000001x"}),
            await one.ask("0200", {**good, "49": "840"}),
            await one.ask("0200", {**good, "48": "13800138000"}),
            await one.ask("0200", {name: value for name, value in good.items() if name != "37"}),
            await one.ask("0200", one.sale(100, None, 5, f42="B".ljust(15))),
            await one.ask("0200", one.sale(100, None, 5, f42="nowhere".ljust(15))),
            await one.ask("0200", one.sale(100, None, 999)),
            await one.ask("0220", one.sale(100, 200, 5)),
            await one.ask("0600", good),
            await one.ask("0800", {"70": "777"}),
            await one.ask("0400", good),
            await one.ask("0220", one.sale(100, 0, 5, f12="250000", f13="0230")),
        ]
        heard.append(await one.ask("0200", good))
        one.close()
        return [said["39"] for said in heard]

    assert run(story()) == [
        "40", "30", "30", "30", "30", "03", "03", "14", "30", "40", "40", "30", "30", "00",
    ]  # fmt: skip


def test_a_refusal_is_answered_again_even_when_it_would_be_granted_by_now(served: Served) -> None:
    async def story() -> list[str]:
        one = await till(served, terminal="TAGAIN")
        sale = one.sale(100, 100, 6)
        heard = [await one.ask("0200", sale), await one.ask("0200", one.sale(100_000, None, 6))]
        heard.append(await one.ask("0201", sale))
        one.close()
        return [said["39"] for said in heard]

    assert run(story()) == ["51", "00", "51"]


def test_totals_balance_or_are_answered_with_ours(served: Served) -> None:
    async def story() -> None:
        one = await till(served, "B", "TTOTAL")
        points = int((await one.ask("0200", one.sale(100_000, None, 7)))["58"])
        await one.ask("0200", one.sale(1_000, 300, 7))
        said = {"74": 1, "76": 1, "77": 0, "86": points, "88": 300, "89": 0}
        widths = {"74": 10, "76": 10, "77": 10, "86": 16, "88": 16, "89": 16}
        good = {name: f"{value:0{widths[name]}d}" for name, value in said.items()}
        right = await one.ask("0500", {**one.numbers(), **good})
        assert (right["t"], right["39"], right["66"]) == ("0510", "00", "1"), right
        wrong = await one.ask("0500", {**one.numbers(), **good, "88": f"{299:016d}"})
        assert (wrong["39"], wrong["66"], wrong["88"]) == ("95", "2", good["88"])
        assert (await one.ask("0501", {**one.numbers(), **good}))["39"] == "00"
        one.close()

    run(story())
