"""Refusals: answers that say no, with a code and the facts.

A refusal is a class with a ``code`` (stable, kebab-case, part of the public interface), a
``text`` (one sentence with ``{fact}`` fields) and facts given as keyword arguments. The doors
map the kinds to their own words (HTTP status, exit code) in one place. Asserts are for our own
mistakes; a refusal is never a bug.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

REFUSALS: dict[str, type["Refusal"]] = {}
"""Every refusal class by its code, in order of definition."""


class Refusal(Exception):
    """Base of all refusals; subclass one of the kinds below, not this."""

    code: ClassVar[str] = ""
    text: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        code = cls.__dict__.get("code", "")
        if code:
            assert code not in REFUSALS, f"refusal code {code} is defined twice"
            REFUSALS[code] = cls

    def __init__(self, **facts: Any) -> None:
        super().__init__()
        self.facts: Mapping[str, Any] = facts

    def __str__(self) -> str:
        return self.text.format_map(self.facts) if self.text else self.code


class Refused(Refusal):
    """The request is understood and may not be done; the same key later gets the same answer."""


class Malformed(Refusal):
    """The request makes no sense as it stands; nothing is remembered of it."""


class NotFound(Refusal):
    """What the request names does not exist, or not for this caller."""


class Conflict(Refusal):
    """The request contradicts something already recorded."""
