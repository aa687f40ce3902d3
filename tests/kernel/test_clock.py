"""Times are aware, in UTC, and exact to the microsecond."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tongbao.kernel import clock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2900-01-01")
TIMES = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


def test_now_is_in_utc() -> None:
    assert clock.now().tzinfo is UTC


@given(TIMES)
def test_microseconds_are_exact(at: datetime) -> None:
    since = at - EPOCH
    assert clock.micros(at) == (since.days * 86_400 + since.seconds) * 10**6 + since.microseconds
