"""The reference of operations says what they are, and its examples are what is answered."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.points.desk import Desk
from tests.world import AT
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import REFUSALS
from tongbao.ledger.movements import SETTLEMENT, M
from tongbao.points import operations as ops
from tongbao.points.outcome import Outcome

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "operations.md"
KINDS = {kind.__struct_config__.tag: kind for kind in ops.AnyOperation.__args__}
COMMON = set(ops.Operation.__struct_fields__)
WEEK = timedelta(days=7)


def sections() -> dict[str, str]:
    """Give the section of each operation by its kind."""
    parts = re.split(r"^## `(\w+)`$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def part(section: str, title: str) -> list[str]:
    """Give the first column of the table under a title, and nothing where there is none."""
    _, _, rest = section.partition(f"**{title}**")
    found = []
    for line in rest.strip().splitlines():
        if line.startswith("| `"):
            found.append(line.split("|")[1].strip(" `"))
        elif not line.startswith("|"):
            break
    return found


def live(desk: Desk) -> Iterator[Outcome]:
    """Let every operation happen once, in the order of the page."""
    anna, boris, clara = desk.member(), desk.member(), desk.member()
    yield desk.one(desk.at(ops.Award, "a", member=anna, amount=500_000, reference="R-1001"))
    desk.award("prepaid", anna, 3_000)
    buy = desk.at(ops.Purchase, "c", member=anna, amount=20_000, points=4_000)
    paid = desk.one(buy)
    yield paid
    held = desk.hold("c", anna, 1_000)
    fields: dict[str, Any] = {"hold": held.operation}
    yield held
    yield desk.one(desk.by(ops.Capture, "c", **fields, points=600, cash=1_400, final=False))
    yield desk.one(desk.by(ops.Void, "c", **fields))
    second = desk.hold("c", anna, 500)
    expired = AT + timedelta(days=2)
    yield desk.one(desk.by(ops.ExpireHold, None, hold=second.operation), expired)
    yield desk.one(desk.at(ops.Advice, "c", member=boris, points=500, cash=1_500))
    yield desk.one(desk.by(ops.Refund, "c", original=paid.operation, amount=5_000))
    yield desk.one(desk.by(ops.Reversal, "c", original_key=buy.key))
    yield desk.one(desk.by(ops.Gift, "a", member=anna, to=boris, points=500))
    fields = {"member": boris, "organisation": desk.org("a"), "points": 300}
    proposed = desk.one(
        desk.by(ops.ProposeAdjustment, "a", **fields, reason="till was down", by="Li")
    )
    yield proposed
    decision = {"proposal": proposed.operation, "by": "Wang", "approve": True}
    yield desk.one(desk.by(ops.DecideAdjustment, "a", **decision))
    desk.award("keeps", boris, 100)
    yield desk.one(desk.by(ops.ExpireLots, None, member=boris), AT + 6 * WEEK)
    first, second = (desk.award("a", boris, 700, release_at=AT + WEEK) for _ in range(2))
    yield desk.one(desk.by(ops.ReleasePending, "a", award=first.operation), AT + WEEK)
    yield desk.one(desk.by(ops.CancelPending, "a", award=second.operation), AT + WEEK)
    yield desk.one(desk.by(ops.Merge, None, member=boris, into=anna))
    yield desk.one(desk.by(ops.Close, None, member=anna, give_to=clara, forfeit=True))


def test_the_examples_are_what_is_answered(db: Connection) -> None:
    written = {
        kind: "".join(re.findall(r"^```json\n(.*?)^```", section, re.MULTILINE | re.DOTALL))
        for kind, section in sections().items()
    }
    answered = {
        outcome.kind: msgspec.json.format(msgspec.json.encode(outcome), indent=2).decode() + "\n"
        for outcome in live(Desk(db, people=3))
    }
    assert written == answered


def test_every_operation_has_its_section_in_the_order_of_the_code() -> None:
    assert list(sections()) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_section_lists_the_fields_the_movements_and_the_refusals(kind: str) -> None:
    section = sections()[kind]
    fields = [name for name in KINDS[kind].__struct_fields__ if name not in COMMON]
    assert part(section, "Fields") == fields
    assert set(part(section, "Moves")) <= {movement.name.lower() for movement in M}
    _, _, refused = section.partition("**Refused for**")
    codes = re.findall(r"`([a-z-]+)`", refused.partition("**Example**")[0])
    assert codes or kind == "reversal"
    assert set(codes) <= REFUSALS.keys()


def test_every_movement_is_in_the_page_but_those_that_no_operation_of_a_member_makes() -> None:
    listed = {name for section in sections().values() for name in part(section, "Moves")}
    others = SETTLEMENT | {M.SHARE_LOSS, M.REPAY_LOSS, M.DISPUTE}
    assert {m.name.lower() for m in M if m not in others} == listed
