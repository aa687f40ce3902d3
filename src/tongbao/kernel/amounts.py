"""Exact amounts: whole numbers of fen, rounding by name, splits that lose nothing.

1 point = 100 units of ``PTS``; 1 yuan = 100 units of ``CNY``. Rates are whole parts per million
(``ppm``): 1 % is 10_000. No function here takes or gives a float.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal

from tongbao.kernel import limits
from tongbao.kernel.errors import Malformed, Refused

Unit = Literal["PTS", "CNY"]
WHOLE: Final = limits.RATE

_DECIMAL: Final = re.compile(r"([+-]?)([0-9]{1,14})(?:\.([0-9]+))?")


class AmountMalformed(Malformed):
    code = "amount-malformed"
    text = "{amount!r} is not an amount with at most two decimals"


class AmountOutOfRange(Malformed):
    code = "amount-out-of-range"
    text = "{name} is {amount}; it must lie between {least} and {most} fen"


class BalanceLimit(Refused):
    code = "balance-limit"
    text = "an account ({kind}) would hold more than {most} fen"


def share_down(amount: int, ppm: int) -> int:
    """Give ``ppm`` parts per million of ``amount`` (fen, not negative), rounded down."""
    return amount * ppm // WHOLE


def share_half_up(amount: int, ppm: int) -> int:
    """Give ``ppm`` parts per million of ``amount`` (fen, not negative), half a fen rounded up."""
    return (2 * amount * ppm + WHOLE) // (2 * WHOLE)


def prorate(amount: int, part: int, whole: int) -> int:
    """Give what of ``amount`` belongs to ``part`` of ``whole``, half a fen rounded up.

    Cumulative use is exact: ``prorate(a, whole, whole) == a`` and it never decreases in ``part``.
    """
    return (2 * amount * part + whole) // (2 * whole) if whole else 0


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split ``total`` (fen, not negative) in proportion to ``weights`` so that nothing is lost.

    Largest remainder; ties go to the earlier place. All weights zero: everything to the first.
    """
    whole = sum(weights)
    if not whole:
        return [total if i == 0 else 0 for i in range(len(weights))]
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in order[:left]:
        parts[i] += 1
    return parts


def parse(text: str) -> int:
    """Read a decimal text such as ``"12.34"`` as fen; more than two decimals must be zeros."""
    match = _DECIMAL.fullmatch(text.strip())
    if match is None or (match[3] or "")[2:].strip("0"):
        raise AmountMalformed(amount=text[:40])
    cents = (match[3] or "").ljust(2, "0")[:2]
    amount = int(match[2]) * 100 + int(cents)
    if amount > limits.AMOUNT:
        raise AmountOutOfRange(name="amount", amount=text[:40], least=0, most=limits.AMOUNT)
    return -amount if match[1] == "-" else amount


def show(amount: int) -> str:
    """Write fen as a decimal text with thousands separators: ``1234567`` → ``"12,345.67"``."""
    sign = "-" if amount < 0 else ""
    whole, cents = divmod(abs(amount), 100)
    return f"{sign}{whole:,}.{cents:02d}"


def percent(ppm: int) -> str:
    """Write a rate as a text: ``12500`` → ``"1.25 %"``."""
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " %"
