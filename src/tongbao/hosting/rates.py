"""How often somebody may ask: a bucket for each key and each address, in this process only.

A bucket holds ``quota`` requests and is refilled evenly, ``quota`` in each ``window``; several
processes give as many buckets. Kept as one number for each: the time at which it will be full.
"""

import math
from typing import Final

from msgspec import Struct

from tongbao.access.keys import Caller
from tongbao.kernel.errors import Refused
from tongbao.kernel.settings import Settings

WINDOW: Final = 60
"""Seconds in which a bucket is refilled."""

KEPT: Final = 100_000
"""Buckets that are kept; those that are full need not be."""


class TooManyRequests(Refused):
    code = "too-many-requests"
    text = "too many requests; go on in {seconds} seconds"


class Standing(Struct, frozen=True):
    """How a bucket stands after a request: ``left`` of ``quota``; full in ``full`` seconds."""

    policy: str
    quota: int
    left: int
    full: int

    def headers(self) -> dict[str, str]:
        """Give the headers of draft-ietf-httpapi-ratelimit-headers."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.quota};w={WINDOW}',
            "RateLimit": f'"{self.policy}";r={self.left};t={self.full}',
        }


def quota_of(caller: Caller, settings: Settings) -> int:
    """Give how many requests a minute a caller may make: its own number, or all keys'; 0: any."""
    return settings.rate_limit if caller.rate_limit is None else caller.rate_limit


class Buckets:
    """Buckets by name, of one policy. For one thread, such as that of the event loop."""

    def __init__(self, policy: str) -> None:
        self._policy = policy
        self._full_at: dict[str | int, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, name: str | int, quota: int, now: float) -> Standing:
        """Take one request out of a bucket; refuses ``too-many-requests`` when it is empty.

        ``quota`` is requests a minute, ``now`` a time in seconds that only goes forward.
        """
        each = WINDOW / quota
        full_at = max(self._full_at.get(name, now), now) + each
        short = full_at - now - WINDOW
        if short > each / 2:  # half a request, so that rounding takes none away
            raise TooManyRequests(seconds=max(1, math.ceil(short)))
        if len(self._full_at) >= KEPT and name not in self._full_at:
            self._forget(now)
        self._full_at[name] = full_at
        return self._standing(quota, full_at - now)

    def look(self, name: str | int, quota: int, now: float) -> Standing:
        """Give how a bucket stands, and take nothing."""
        return self._standing(quota, max(self._full_at.get(name, now) - now, 0.0))

    def _standing(self, quota: int, full_in: float) -> Standing:
        used = full_in * quota / WINDOW
        return Standing(self._policy, quota, max(0, int(quota - used + 0.5)), math.ceil(full_in))

    def _forget(self, now: float) -> None:
        """Forget the buckets that are full; all of them, if none is."""
        kept = {name: full_at for name, full_at in self._full_at.items() if full_at > now}
        self._full_at = kept if len(kept) < KEPT else {}
