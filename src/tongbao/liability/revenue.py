"""Revenue from contracts with customers (IFRS 15, ASC 606): what is deferred, and when earned.

A sale that gives points sells two things. Its price is allocated to both by their stand-alone
prices; the points' part is deferred and recognised as they are redeemed, in proportion to what is
expected to be redeemed at all. Whenever the estimate changes, so does the sum that should have
been recognised by now, and the difference is caught up in the period under way. Pure; fen.
"""

from tongbao.kernel.amounts import WHOLE, prorate, share_half_up


def allocate(price: int, points: int, rate: int) -> int:
    """Give the part of ``price`` that belongs to ``points``, by relative stand-alone prices.

    The points' stand-alone price is par for those expected to be redeemed (``rate``, ppm); that of
    the goods is their price. Half a fen is rounded up. Never more than either price.
    """
    alone = points * rate
    whole = price * WHOLE + alone
    return prorate(price, alone, whole)


def deferred_in_all(price: int, priced: int, rate: int, issued: int, given: int) -> int:
    """Give what was ever deferred for a cohort: its allocation, less what returned sales undid.

    ``priced`` of the ``issued`` points came with a sale, for ``price`` together; ``given`` of the
    issued ones have stayed.
    """
    return prorate(allocate(price, priced, rate), given, issued)


def expect(given: int, redeemed: int, outstanding: int, rate: int) -> int:
    """Give how many points are expected to be redeemed in all: by the estimated rate (ppm).

    Never less than have been redeemed, never more than can be.
    """
    return max(redeemed, min(redeemed + outstanding, share_half_up(given, rate)))


def recognise(allocated: int, redeemed: int, expected: int, outstanding: int) -> int:
    """Give what should have been recognised by now: allocated × redeemed ÷ expected.

    Half a fen is rounded up. All of it once nothing is outstanding, whatever became of the points.
    """
    if not outstanding:
        return allocated
    return prorate(allocated, redeemed, expected)
