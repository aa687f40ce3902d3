"""Headroom: what an organisation may still issue, by its contract and what stands behind it."""

from collections.abc import Sequence

from tongbao.alliance.types import Terms
from tongbao.kernel import limits
from tongbao.kernel.amounts import share_half_up


def limit(terms: Terms, collateral: int) -> int | None:
    """Give what an organisation may owe at most (fen); None: its issuing is not bounded."""
    return None if terms.credit_limit is None else collateral + terms.credit_limit


def used(terms: Terms, *, clearing: int, circulation: int, reserve: int) -> int:
    """Give what counts against the limit (fen).

    Clearing debt, and the share of its points in circulation that is expected to be redeemed, as
    far as no reserve stands behind it.
    """
    uncovered = max(0, share_half_up(max(0, circulation), terms.redemption_share) - reserve)
    return max(0, -clearing) + uncovered


def headroom(
    terms: Terms, *, collateral: int, clearing: int, circulation: int, reserve: int
) -> int | None:
    """Give what an organisation may still issue (fen); None: its issuing is not bounded."""
    most = limit(terms, collateral)
    if most is None:
        return None
    return most - used(terms, clearing=clearing, circulation=circulation, reserve=reserve)


def used_share(used_now: int, most: int) -> int:
    """Give how much of a limit is used, in parts per million, rounded down.

    More than a whole when more is out than stands behind it; a whole when anything counts against
    a limit of nothing.
    """
    if most > 0:
        return used_now * limits.RATE // most
    return limits.RATE if used_now > 0 else 0


def level_reached(levels: Sequence[int], share: int) -> int:
    """Give the highest of ``levels`` (rising) that ``share`` has reached; 0: none of them."""
    return max((level for level in levels if level <= share), default=0)
