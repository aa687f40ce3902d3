"""Fields of payment messages: elements as text, amounts, and texts cut to what a field holds."""

import unicodedata
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape

CURRENCY: Final = "CNY"
_BOUND: Final = frozenset("\u200d\ufe0e\ufe0f")


def element(tag: str, *inside: str) -> str:
    """Give an element around what is inside, which is XML already."""
    return f"<{tag}>{''.join(inside)}</{tag}>"


def leaf(tag: str, text: str | int) -> str:
    """Give an element with a text."""
    return f"<{tag}>{escape(str(text))}</{tag}>"


def yuan(amount: int) -> str:
    """Write fen as messages do: ``1234567`` → ``"12345.67"``."""
    sign = "-" if amount < 0 else ""
    whole, cents = divmod(abs(amount), 100)
    return f"{sign}{whole}.{cents:02d}"


def money(tag: str, amount: int, currency: str = CURRENCY) -> str:
    """Give an amount of fen as an element with its currency."""
    return f'<{tag} Ccy="{currency}">{yuan(amount)}</{tag}>'


def moment(at: datetime) -> str:
    """Write a time in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def cut(text: str, most: int) -> str:
    """Give at most ``most`` characters of a text, without splitting what is seen as one.

    An accent stays with its letter, and what a joiner binds stays together or goes.
    """
    if len(text) <= most:
        return text
    end = most
    while end and (_continues(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return text[: end or most].rstrip()


def _continues(character: str) -> bool:
    return character in _BOUND or unicodedata.combining(character) != 0
