"""What a message is answered: its own numbers again, and what became of it."""

import string
from typing import Final

from tongbao.gateway import codes
from tongbao.gateway.wire import Message
from tongbao.kernel.errors import Malformed, Refusal
from tongbao.points.outcome import Balances, Outcome

_ECHOED: Final = ("3", "4", "7", "11", "12", "13", "37", "41", "42", "49", "70")
_DIGITS: Final = string.digits + string.ascii_uppercase
_AUTHORISATION: Final = 6
_LARGEST: Final = 10**12
_POINTS: Final = "999"
"""Points are no currency."""


def echo(message: Message) -> dict[str, str]:
    """Give the fields by which a terminal knows its message again."""
    return {name: message.fields[name] for name in _ECHOED if name in message.fields}


def refused(refusal: Refusal) -> dict[str, str]:
    """Give the fields of a refusal; field 63 has its code."""
    return {"39": codes.of(refusal.code, type(refusal)), "63": refusal.code}


def told(outcome: Outcome) -> dict[str, str]:
    """Give the fields of an operation's outcome, now and whenever it is asked again."""
    no = outcome.refusal
    if no is not None:
        kind = Malformed if outcome.status == "malformed" else None
        return {"39": codes.of(no.code, kind), "63": no.code}
    said = {
        "38": authorisation(outcome.operation),
        "39": codes.APPROVED,
        "58": f"{outcome.earned:012d}" if outcome.earned >= 0 else "0" * 12,
        "61": f"{abs(outcome.spent):012d}",
        "62": str(outcome.operation),
    }
    if outcome.status == "exception":
        said["63"] = "exception"
    if outcome.balances is not None:
        said["54"] = balances(outcome.balances)
    return said


def authorisation(operation: int) -> str:
    """Give six letters and digits for an operation, to print; field 62 has its whole id."""
    made = ""
    for _ in range(_AUTHORISATION):
        operation, digit = divmod(operation, len(_DIGITS))
        made = _DIGITS[digit] + made
    return made


def balances(found: Balances) -> str:
    """Write balances for field 54: all points (01), those available (02), those owing (03)."""
    amounts = {
        "01": (found.available + found.held, "C"),
        "02": (found.available, "C"),
        "03": (found.owing, "D"),
    }
    return "".join(
        f"00{kind}{_POINTS}{sign}{amount:012d}"
        for kind, (amount, sign) in amounts.items()
        if 0 <= amount < _LARGEST
    )
