"""Headroom: what an organisation may still issue, by its contract and what stands behind it."""

from tongbao.alliance.types import Terms
from tongbao.kernel.amounts import share_half_up


def headroom(
    terms: Terms, *, collateral: int, clearing: int, circulation: int, reserve: int
) -> int | None:
    """Give what an organisation may still issue (fen); None: its issuing is not bounded.

    collateral + credit limit - clearing debt - the share of its points in circulation that
    is expected to be redeemed, as far as no reserve stands behind it.
    """
    if terms.credit_limit is None:
        return None
    uncovered = max(0, share_half_up(max(0, circulation), terms.redemption_share) - reserve)
    return collateral + terms.credit_limit - max(0, -clearing) - uncovered
