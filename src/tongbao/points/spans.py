"""Minutes, hours and days in which something is counted, as the alliance's clocks show them. Pure.

Fixed ones, so that a till can say when it goes on: "three in this hour, again from 15:00".
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SPANS: Final = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_BELOW: Final = {
    "minute": {"second": 0, "microsecond": 0},
    "hour": {"minute": 0, "second": 0, "microsecond": 0},
    "day": {"hour": 0, "minute": 0, "second": 0, "microsecond": 0},
}


def begin(span: str, at: datetime, zone: ZoneInfo) -> datetime:
    """Give when the minute, hour or day of ``at`` began, in UTC."""
    local = at.astimezone(zone)
    return local.replace(**_BELOW[span]).astimezone(UTC)  # type: ignore[arg-type]  # whole numbers


def end(span: str, starts: datetime, zone: ZoneInfo) -> datetime:
    """Give when the minute, hour or day that began at ``starts`` ends; a day may have 25 hours."""
    if span != "day":
        return starts + SPANS[span]
    return (starts.astimezone(zone) + SPANS[span]).astimezone(UTC)
