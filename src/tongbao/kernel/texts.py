"""Texts from outside: what a name, a code or a choice may be, checked in one place."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from tongbao.kernel import limits
from tongbao.kernel.errors import Malformed

_CODE: Final = re.compile(rf"[A-Za-z0-9._-]{{1,{limits.CODE}}}")
# Controls (NUL among them), lone surrogates, line separators, and formats such as the
# right-to-left override, which shows a name as another one.
_UNWANTED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Zero-width joiners belong to the spelling of Persian, of Indian scripts and of emoji.
_JOINERS: Final = "\u200c\u200d"
_SHOWN: Final = 40


class TextMalformed(Malformed):
    code = "text-malformed"
    text = "{name} must be 1 to {most} characters without control characters"


class CodeMalformed(Malformed):
    code = "code-malformed"
    text = "{name} {given!r} must be 1 to {most} of A-Z, a-z, 0-9, dot, dash and underscore"


class ChoiceMalformed(Malformed):
    code = "choice-malformed"
    text = "{name} {given!r} must be one of {choices}"


def line(name: str, text: str, most: int = limits.NAME) -> str:
    """Give a text of one line, trimmed and in Unicode NFC, for the field called ``name``.

    Refuses ``text-malformed`` unless it has 1 to ``most`` characters, all of them printable.
    """
    if len(text) <= most:  # before anything that takes time for ten megabytes
        trimmed = unicodedata.normalize("NFC", text).strip()
        if 1 <= len(trimmed) <= most and _is_printable(trimmed):
            return trimmed
    raise TextMalformed(name=name, most=most)


def code(name: str, text: str) -> str:
    """Give a code as it is; refuses ``code-malformed`` unless it is ``[A-Za-z0-9._-]{1,64}``."""
    if not is_code(text):
        raise CodeMalformed(name=name, given=shown(text), most=limits.CODE)
    return text


def is_code(text: str) -> bool:
    """Say whether ``text`` could be a code."""
    return _CODE.fullmatch(text) is not None


def choice(name: str, text: str, choices: Sequence[str]) -> None:
    """Refuse ``choice-malformed`` unless ``text`` is one of ``choices``."""
    if text not in choices:
        raise ChoiceMalformed(name=name, given=shown(text), choices=", ".join(choices))


def shown(text: str, most: int = _SHOWN) -> str:
    """Give the beginning of a text that was not checked, fit to be printed and put into JSON."""
    return "".join(c if _is_printable(c) else "?" for c in text[:most])


def _is_printable(text: str) -> bool:
    return text.isprintable() or not any(
        unicodedata.category(c) in _UNWANTED and c not in _JOINERS for c in text
    )
