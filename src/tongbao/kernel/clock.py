"""The clock; only doors call it. Everything below takes the time as an argument."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """Give the current time in UTC."""
    return datetime.now(UTC)


def business_date(at: datetime, zone: str) -> date:
    """Give the calendar day of ``at`` in the alliance's time zone ``zone`` (IANA name)."""
    return at.astimezone(ZoneInfo(zone)).date()


def micros(at: datetime) -> int:
    """Give ``at`` as whole microseconds since 1970 UTC, exactly."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
