"""Personal data as it is shown to whoever has no reason to see it whole: in one place. Pure."""

from typing import Final

_STARS: Final = "****"


def phone(number: str) -> str:
    """Mask a phone: ``+8613812341234`` is ``138****1234``; only the end of short ones stays."""
    digits = number.removeprefix("+86") if number.startswith("+86") else number
    if len(digits) < 9:
        return _STARS + digits[-2:]
    return digits[:3] + _STARS + digits[-4:]


def end(hint: str) -> str:
    """Show what is kept of an identity, its end: ``****1234``."""
    return _STARS + hint


def card(number: str) -> str:
    """Mask a card number or an external id: ``****7890``; of short ones less."""
    return _STARS + number[-min(4, len(number) // 3) :] if len(number) >= 3 else _STARS


def name(full: str) -> str:
    """Mask a name: ``张三丰`` is ``张**``, ``Wei Lin`` is ``W** L**``."""
    return " ".join(word[:1] + "**" for word in full.split())


def email(address: str) -> str:
    """Mask an e-mail address: ``wei@example.cn`` is ``w***@example.cn``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}" if local else _STARS
