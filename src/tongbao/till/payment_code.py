"""Payment codes: 18 digits that a phone shows for a minute, made without a network. Pure.

``9 ddddddddd mmmmmmm c``: a 9, the number of the device, seven digits of an HMAC over that number
and the minute, and a Luhn check digit, so that a slip of the hand is told from a wrong code.
``docs/concepts/payment-code.md`` has it for other languages, with test vectors.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from msgspec import Struct

from tongbao.kernel import limits
from tongbao.kernel.clock import micros
from tongbao.kernel.errors import Malformed

DIGITS: Final = 18
DEVICES: Final = 10**9
"""Numbers that devices may have: 0 to 999,999,999."""

STEP: Final = 60
"""Seconds for which a code is shown."""

_MARKS: Final = 10**7
_LABEL: Final = b"tongbao payment code 1"
_CODE: Final = re.compile(r"9([0-9]{9})([0-9]{7})[0-9]")
_SPACES: Final = re.compile(r"[ \u00a0-]")


class PaymentCodeMalformed(Malformed):
    code = "payment-code-malformed"
    text = "a payment code has 18 digits; a digit of this one is wrong"


class PaymentCode(Struct, frozen=True):
    """A code as it was read: whose device it names and the digits that prove it."""

    device: int
    digits: str


def step_at(at: datetime) -> int:
    """Give the number of the minute since 1970 in which ``at`` lies."""
    return micros(at) // (STEP * 1_000_000)


def make(secret: bytes, device: int, step: int) -> str:
    """Give the code that ``device`` shows in minute ``step``."""
    assert 0 <= device < DEVICES, "a device's number has nine digits"
    digits = f"9{device:09d}{_mark(secret, device, step)}"
    return digits + check_digit(digits)


def read(given: str) -> PaymentCode:
    """Read a code as it was scanned or typed, spaces and dashes left out.

    Refuses ``payment-code-malformed``; whether it is genuine only ``find_step`` tells.
    """
    digits = _SPACES.sub("", given[:40])
    found = _CODE.fullmatch(digits)
    if found is None or check_digit(digits[:-1]) != digits[-1]:
        raise PaymentCodeMalformed
    return PaymentCode(int(found[1]), digits)


def looks_like(given: str) -> bool:
    """Say whether a scanned text is a payment code rather than a card's number."""
    try:
        read(given)
    except PaymentCodeMalformed:
        return False
    return True


def find_step(secret: bytes, code: PaymentCode, steps: Iterable[int]) -> int | None:
    """Give the first of ``steps`` in which the code's device shows it; None: in none of them."""
    mark = code.digits[10:17]
    for step in steps:
        if hmac.compare_digest(_mark(secret, code.device, step), mark):
            return step
    return None


def near(step: int, back: int = limits.CODE_SKEW) -> Iterable[int]:
    """Give the minutes for which a code may be shown in minute ``step``, likeliest first."""
    yield step
    for distance in range(1, limits.CODE_SKEW + 1):
        yield step - distance
        yield step + distance
    yield from range(step - limits.CODE_SKEW - 1, step - back - 1, -1)


def _mark(secret: bytes, device: int, step: int) -> str:
    message = _LABEL + device.to_bytes(8, "big") + step.to_bytes(8, "big")
    digest = hmac.digest(secret, message, hashlib.sha256)
    return f"{int.from_bytes(digest[:8], 'big') % _MARKS:07d}"


def check_digit(digits: str) -> str:
    """Give the Luhn check digit (ISO/IEC 7812-1, annex B) of a string of digits."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def grouped(digits: str) -> str:
    """Write a code as people read it: 9123 4567 8012 345 678 in groups of four."""
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))
