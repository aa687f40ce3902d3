"""When to call again: over three days for one event, and how long to leave a receiver alone."""

from datetime import timedelta
from typing import Final

_HOURS: Final = (2, 5, 10, 14, 20, 24)
WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in _HOURS),
)
"""After the first attempt, the second and so on; those of the Standard Webhooks specification."""

_JITTER: Final = 0.2
_IN_ROW: Final = 3
_FIRST_PAUSE: Final = timedelta(seconds=10)
_LONGEST_PAUSE: Final = timedelta(minutes=10)


def wait(attempts: int, chance: float) -> timedelta | None:
    """Give how long to wait after so many attempts that failed; None: give up.

    ``chance``, from 0 to 1, moves it by a fifth either way: what failed at once, because a
    receiver was down, does not come back at once.
    """
    assert attempts >= 1, "one was made"
    if attempts > len(WAITS):
        return None
    return WAITS[attempts - 1] * (1 + _JITTER * (2 * chance - 1))


def pause(failures: int) -> timedelta | None:
    """Give how long to leave a receiver alone after so many failures in a row; None: not yet."""
    if failures < _IN_ROW:
        return None
    doubled = _FIRST_PAUSE * (1 << min(failures - _IN_ROW, 16))
    return min(doubled, _LONGEST_PAUSE)
