"""Blocks: money that an organisation pays in advance, for points it will issue."""

from tongbao.alliance.types import Terms


def wanted(terms: Terms, prepaid: int) -> int:
    """Give what is to be bought so that no less than ``replenish_below`` is left: whole blocks.

    Zero when enough is left, or the contract knows no blocks or no such level.
    """
    if terms.block is None or terms.replenish_below is None:
        return 0
    missing = max(0, terms.replenish_below - prepaid)
    return -(-missing // terms.block) * terms.block
