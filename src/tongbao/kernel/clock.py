"""The clock; only doors call it. Everything below takes the time as an argument."""

from datetime import UTC, datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """Give the current time in UTC."""
    return datetime.now(UTC)


def micros(at: datetime) -> int:
    """Give ``at`` as whole microseconds since 1970 UTC, exactly."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
