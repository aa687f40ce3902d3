"""Build operations from messages, once it is known who and where that is."""

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from tongbao.gateway import keys
from tongbao.gateway.wire import FieldMalformed, Message, MessageUnknown
from tongbao.points import operations as ops
from tongbao.till.identify import Identified

_AMOUNT: Final = "[0-9]{12}"
_POINTS: Final = "U?[0-9]{1,12}"
_ID: Final = "[1-9][0-9]{0,17}"
_YUAN: Final = "156"
_GOODS: Final = "00"
_HALF: Final = timedelta(days=183)

KINDS: Final = {"0100": "hold", "0200": "purchase", "0220": "advice"}


class Wanted(Struct, frozen=True, kw_only=True):
    """What a message wants, read before anything is looked up. Amounts are fen."""

    kind: str
    key: str
    amount: int
    points: int
    up_to: bool
    hold: int | None


def want(message: Message) -> Wanted:
    """Read what a 0100, 0200 or 0220 wants.

    Refuses ``message-unknown`` for what is no sale, ``message-field-malformed``.
    """
    process = message.match("3", "[0-9]{6}")
    if process[:2] != _GOODS:
        raise MessageUnknown(type=message.type, given=process)
    if message.get("49") not in (None, _YUAN):
        raise FieldMalformed(field="49")
    kind = KINDS[message.kind]
    amount = 0
    if kind != "hold" or message.get("4") is not None:
        amount = int(message.match("4", _AMOUNT))
    points = "0"
    if kind == "hold" or message.get("61") is not None:
        points = message.match("61", _POINTS)
    wanted = int(points.removeprefix("U"))
    if kind == "advice" and (wanted > amount or points.startswith("U")):
        raise FieldMalformed(field="61")
    hold = None
    if kind == "advice" and message.get("62") is not None:
        hold = int(message.match("62", _ID))
    return Wanted(
        kind="award" if kind == "purchase" and not wanted else kind,
        key=keys.of(message),
        amount=amount,
        points=wanted,
        up_to=points.startswith("U"),
        hold=hold,
    )


def build(
    message: Message, wanted: Wanted, scope: int, outlet: int, who: Identified, at: datetime | None
) -> ops.Operation:
    """Build the operation of a message; ``at`` is its business time, none: the server's."""
    given: dict[str, Any] = {
        **_common(message, wanted.key, scope, keys.asked(message, wanted.key)),
        "member": who.member,
        "outlet": outlet,
        "effective_at": at,
    }
    match wanted.kind:
        case "hold":
            return ops.Hold(points=wanted.points, up_to=wanted.up_to, code=who.code, **given)
        case "purchase":
            return ops.Purchase(
                amount=wanted.amount,
                points=wanted.points,
                up_to=wanted.up_to,
                code=who.code,
                **given,
            )
        case "award":
            return ops.Award(amount=wanted.amount, code=who.code, **given)
    return ops.Advice(
        points=wanted.points,
        cash=wanted.amount - wanted.points,
        hold=wanted.hold,
        # Its hold has used the code up already.
        code=None if wanted.hold is not None else who.code,
        **given,
    )


def undo(message: Message, scope: int) -> ops.Operation:
    """Build a reversal; refuses ``message-unknown`` for one in part."""
    replaced = message.get("95")
    if replaced is not None and replaced.strip("0"):
        raise MessageUnknown(type=message.type, given="field 95")
    original = keys.of_original(message)
    common = _common(message, keys.of_reversal(original), scope, keys.asked_back(original))
    return ops.Reversal(original_key=original, **common)


def business_time(message: Message, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Give when it happened at the till (fields 12 and 13), in the year that is nearest to now."""
    if message.get("12") is None and message.get("13") is None:
        return None
    clock, day = message.match("12", "[0-9]{6}"), message.match("13", "[0-9]{4}")
    here = now.astimezone(zone)
    found = []
    for year in here.year - 1, here.year, here.year + 1:
        try:
            found.append(
                datetime.strptime(f"{year}{day}{clock}", "%Y%m%d%H%M%S").replace(tzinfo=zone)
            )
        except ValueError:
            continue
    near = [one for one in found if abs(one - here) <= _HALF]
    if not near:
        raise FieldMalformed(field="13")
    return min(near, key=lambda one: abs(one - here))


def _common(message: Message, key: str, scope: int, asked: ops.Asked) -> dict[str, Any]:
    return {
        "key": key,
        "scope": scope,
        "asked": asked,
        "channel": "iso8583",
        "reference": message.get("37"),
        "terminal": message.get("41"),
    }
