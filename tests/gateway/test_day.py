"""A day of traffic over a line that loses answers: repeats, reversals, and one effect of each."""

import asyncio
import random

from tests.gateway.conftest import Served
from tests.gateway.terminals import Said, Till
from tests.world import broken_laws

STANDING = """
SELECT o.data ->> 'reference', CASE o.kind WHEN 'purchase' THEN o.points ELSE 0 END
FROM ledger.operation AS o
WHERE o.kind IN ('award', 'purchase') AND NOT EXISTS (
  SELECT FROM ledger.operation AS r WHERE r.kind = 'reversal' AND r.original_id = o.id
)
"""

TILLS = 4
SALES = 30


async def send(one: Till, token: str, kind: str, said: Said, dice: random.Random) -> Said:
    """Send until an answer is heard; each try may lose the line before the answer comes."""
    while dice.random() < 0.3:
        await one.tell(kind, said)
        if dice.random() < 0.5:
            one.writer.transport.abort()
        one.close()
        await one.connect(token)
        kind = kind[:3] + "1"
    return await one.ask(kind, said)


async def work(served: Served, number: int) -> dict[str, int]:
    """Sell for a day; give what was spent by each sale that stands, by its reference."""
    name, dice = "AB"[number % 2], random.Random(number)
    token = served.tokens[name]
    one = await Till(served.port, name, f"DAY{number}").connect(token)
    stand: dict[str, int] = {}
    for turn in range(SALES):
        member = dice.randrange(10, 40)
        points = None if turn < SALES // 3 else dice.choice([None, 50, 100])
        said = one.sale(dice.randrange(10_000, 90_000), points, member)
        if dice.random() < 0.1:  # given up before an answer: it is not to have happened
            await one.tell("0200", said)
            back = await send(await reopened(one, token), token, "0420", one.undo(said), dice)
            assert back["39"] == "00", back
            continue
        answer = await send(one, token, "0200", said, dice)
        assert answer["39"] in ("00", "51"), answer
        if answer["39"] == "51":
            continue
        if dice.random() < 0.1:
            undo = one.undo(said)
            back = await send(one, token, "0400", undo, dice)
            assert back == await send(one, token, "0400", undo, dice)
            assert back["39"] in ("00", "51"), back
            if back["39"] == "00":
                continue
        stand[said["37"]] = int(answer["61"]) if points else 0
    one.close()
    return stand


async def reopened(one: Till, token: str) -> Till:
    one.close()
    return await one.connect(token)


def test_a_day_of_lost_answers_has_each_effect_once(served: Served) -> None:
    async def day() -> list[dict[str, int]]:
        return await asyncio.gather(*(work(served, number) for number in range(TILLS)))

    stand = {name: spent for one in asyncio.run(day()) for name, spent in one.items()}
    assert len(stand) > TILLS * SALES / 2
    assert broken_laws(served.db) == {}
    here = served.db.execute(STANDING).fetchall()
    assert len(here) == len({name for name, _ in here}), "a sale is there twice"
    assert dict(here) == stand
