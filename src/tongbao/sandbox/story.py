"""The story of the demo: what a few members and merchants do on certain days.

Traffic shows how much happens; the story shows everything that can happen, once or twice. Each
scene is a day, an hour and a function that gives its operations; later scenes name earlier
operations by their keys.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from tongbao.points.operations import (
    Advice,
    Award,
    Capture,
    Close,
    DecideAdjustment,
    Gift,
    Hold,
    Line,
    Merge,
    Operation,
    ProposeAdjustment,
    Purchase,
    Refund,
    RefundLine,
    Reversal,
    Scope,
    Void,
)
from tongbao.points.outcome import Outcome
from tongbao.sandbox.alliance import Alliance
from tongbao.sandbox.settling import APPROVER, PROPOSER

LIN, GIVER, RECEIVER, OLD_CARD, NEW_CARD, UNLUCKY, LEAVING, GUEST, HASTY = range(9)
"""The cast: places in the list of members. LIN is whom the demo explains."""

CAST: Final = 9
EXPLAINED: Final = "story-coat"
"""The key of the purchase that the demo explains lot by lot."""

Anything = TypeVar("Anything", bound=Operation)


class Story(Struct, kw_only=True):
    """What the story knows: who is who, and the ids of its operations by key."""

    alliance: Alliance
    ids: dict[str, int] = field(default_factory=dict)

    def who(self, place: int) -> int:
        """Give the id of one of the cast."""
        return self.alliance.members[place]

    def at(self, outlet: str) -> dict[str, Any]:
        """Give the fields that say where: the calling organisation and the outlet."""
        organisation, number = self.alliance.outlets[outlet]
        return {"scope": organisation, "outlet": number}

    def of(self, code: str) -> int:
        """Give the id of an organisation."""
        return self.alliance.organisations[code]


Scene = tuple[int, int, Callable[[Story, datetime], Sequence[Operation]]]


def scenes_of(story: Story, midnight: datetime, day: int, hour: int) -> list[Operation]:
    """Give the story's operations of one hour, with their business time."""
    when = midnight + timedelta(hours=hour, minutes=20)
    return [
        replace(operation, effective_at=when)
        for scene_day, scene_hour, scene in SCENES
        if (scene_day, scene_hour) == (day, hour)
        for operation in scene(story, when)
    ]


def remember(story: Story, operations: Sequence[Operation], outcomes: Sequence[Outcome]) -> None:
    """Keep the ids of the story's operations among those that were posted."""
    for operation, outcome in zip(operations, outcomes, strict=True):
        if operation.key.startswith("story-"):
            story.ids[operation.key] = outcome.operation


def _earn(story: Story, _: datetime) -> list[Operation]:
    """Let Lin buy points at the bank, see a film and stay at a hotel."""
    lin = story.who(LIN)
    return [
        Award(
            key="story-bank", member=lin, points=8_000, lot_kind="bought",
            channel="app", **story.at("dongjiang-net"),
        ),
        Award(key="story-film", member=lin, amount=60_000, **story.at("xinglan-ja")),
        Award(key="story-stay", member=lin, amount=180_000, **story.at("yunqili-ja")),
    ]  # fmt: skip


def _coat(story: Story, _: datetime) -> list[Operation]:
    """Let Lin pay a bill of 628 yuan with 120 points of three issuers and 508 yuan."""
    lines = (
        Line(id="1", amount=45_900, item="coat"),
        Line(id="2", amount=12_900, item="scarf"),
        Line(id="3", amount=4_000, item="tailoring"),
    )
    return [
        Purchase(
            key=EXPLAINED, member=story.who(LIN), amount=62_800, points=12_000, lines=lines,
            reference="JH-20261011-0087", channel="till", **story.at("jinheng-ja"),
        ),
    ]  # fmt: skip


def _scarf_back(story: Story, _: datetime) -> list[Operation]:
    """Let the scarf come back; its part of the points returns to the lots it came from."""
    return [
        Refund(
            key="story-scarf-back", scope=story.of("jinheng"), original=story.ids[EXPLAINED],
            lines=(RefundLine(id="2", amount=12_900),), reference="JH-20261014-0012",
        ),
    ]  # fmt: skip


def _supper(story: Story, when: datetime) -> list[Operation]:
    """Hold a table for Lin, and two for a guest who stays long and does not show up."""
    until = when + timedelta(hours=3)
    at = story.at("jiangnan-ja")
    return [
        Hold(key="story-table", member=story.who(LIN), points=3_000, up_to=True, **at),
        Award(key="story-guest", member=story.who(GUEST), points=6_000, **at),
        Hold(key="story-long", member=story.who(GUEST), points=4_000, expires_at=until, **at),
        Hold(key="story-no-show", member=story.who(GUEST), points=1_000, **at),
    ]


def _bill(story: Story, _: datetime) -> list[Operation]:
    """Capture one hold in two parts, the second final; void the no-show's."""
    scope = story.of("jiangnan")
    hold = story.ids["story-table"]
    return [
        Capture(key="story-bill-1", scope=scope, hold=hold, points=1_500, final=False),
        Capture(key="story-bill-2", scope=scope, hold=hold, points=900, cash=18_600),
        Void(key="story-void", scope=scope, hold=story.ids["story-no-show"]),
    ]


def _advice(story: Story, _: datetime) -> list[Operation]:
    """Report a guest who left when the line was down, and one who had too few points."""
    at = story.at("jiangnan-ja")
    guest = story.who(GUEST)
    long = story.ids["story-long"]
    return [
        Advice(key="story-late", member=guest, points=3_500, cash=5_200, hold=long, **at),
        Advice(key="story-too-late", member=guest, points=50_000, **at),
    ]


def _gift(story: Story, _: datetime) -> list[Operation]:
    return [
        Award(
            key="story-present", member=story.who(GIVER), amount=120_000,
            **story.at("xinglan-pd"),
        ),
        Gift(
            key="story-gift", scope=story.alliance.operator, member=story.who(GIVER),
            to=story.who(RECEIVER), points=2_000,
        ),
    ]  # fmt: skip


def _hasty(story: Story, _: datetime) -> list[Operation]:
    """Lose the line twice: once after the request arrived, once before."""
    at = story.at("yibei-ja")
    scope = story.of("yibei")
    member = story.who(HASTY)
    return [
        Award(key="story-latte", member=member, amount=3_800, **at),
        Reversal(key="story-undo-1", scope=scope, original_key="story-latte"),
        Reversal(key="story-undo-2", scope=scope, original_key="story-mocha"),
        Award(key="story-mocha", member=member, amount=4_200, **at),
    ]


def _propose(story: Story, _: datetime) -> list[Operation]:
    who, baiwei = story.who(UNLUCKY), story.of("baiwei")
    common: dict[str, Any] = {"scope": baiwei, "member": who, "organisation": baiwei}
    return [
        ProposeAdjustment(
            key="story-sorry", points=2_000, reason="配送时鸡蛋破损 (eggs broken on delivery)",
            by=PROPOSER, **common,
        ),
        ProposeAdjustment(
            key="story-friend", points=90_000, reason="我的一位朋友 (a friend of mine)",
            by=PROPOSER, **common,
        ),
    ]  # fmt: skip


def _decide(story: Story, _: datetime) -> list[Operation]:
    """Let another person approve one proposal and reject the other; its author may not."""
    scope = story.of("baiwei")
    friend = story.ids["story-friend"]
    return [
        DecideAdjustment(
            key="story-sorry-yes", scope=scope, proposal=story.ids["story-sorry"],
            by=APPROVER, approve=True,
        ),
        DecideAdjustment(key="story-self", scope=scope, proposal=friend, by=PROPOSER, approve=True),
        DecideAdjustment(
            key="story-friend-no", scope=scope, proposal=friend, by=APPROVER, approve=False
        ),
    ]  # fmt: skip


def _two_cards(story: Story, _: datetime) -> list[Operation]:
    old, new = story.who(OLD_CARD), story.who(NEW_CARD)
    hotel = story.at("wantao-ht")
    return [
        Award(key="story-old-1", member=old, amount=240_000, **hotel),
        Award(key="story-old-2", member=old, amount=90_000, **story.at("yuge-ht")),
        Hold(key="story-old-hold", member=old, points=1_000, **hotel),
        Award(key="story-new", member=new, amount=52_000, **story.at("yelin-ht")),
    ]


def _merge(story: Story, _: datetime) -> list[Operation]:
    """Make one of two memberships of one person, while a hold is open."""
    operator = story.alliance.operator
    old, new = story.who(OLD_CARD), story.who(NEW_CARD)
    return [
        Merge(key="story-merge", scope=operator, member=old, into=new),
        Capture(
            key="story-merged-bill", scope=story.of("wantao"), hold=story.ids["story-old-hold"],
            points=800, cash=2_000,
        ),
        Gift(key="story-dead-card", scope=operator, member=old, to=new, points=100),
    ]  # fmt: skip


def _voucher(story: Story, when: datetime) -> list[Operation]:
    """Give points of a short campaign that only the resort's city takes; nobody spends them."""
    return [
        Award(
            key="story-leaving", member=story.who(LEAVING), points=1_500, lot_kind="goodwill",
            expires_at=when + timedelta(days=10), limited_to=Scope(regions=("460200",)),
            campaign="golden-week", **story.at("haitang-ht"),
        ),
        Award(key="story-leaving-2", member=story.who(LEAVING), amount=31_000,
              **story.at("shiguang-ja")),
        Purchase(
            key="story-wrong-city", member=story.who(LEAVING), amount=5_000, points=1_500,
            **story.at("yejian-cy"),
        ),
    ]  # fmt: skip


def _close(story: Story, _: datetime) -> list[Operation]:
    """Let a member leave: not while points are there, then by giving them up."""
    operator, member = story.alliance.operator, story.who(LEAVING)
    return [
        Close(key="story-leave", scope=operator, member=member),
        Close(key="story-leave-2", scope=operator, member=member, forfeit=True),
    ]


SCENES: Final[tuple[Scene, ...]] = (
    (2, 10, _earn),
    (3, 15, _voucher),
    (5, 12, _gift),
    (6, 9, _hasty),
    (7, 11, _two_cards),
    (8, 10, _merge),
    (9, 19, _coat),
    (12, 14, _scarf_back),
    (13, 10, _propose),
    (13, 16, _decide),
    (15, 18, _supper),
    (15, 20, _bill),
    (16, 11, _advice),
    (21, 17, _close),
)
