"""What differs between a till and the ledger, as people read it.

A reconciliation keeps it as programs want it: codes, sentences in English, amounts in fen. What is
not known here stays as it is.
"""

import re
from datetime import date
from functools import cache
from string import Formatter
from typing import Final

from tongbao.kernel.amounts import show
from tongbao.kernel.errors import REFUSALS
from tongbao.web import facts, labels, told
from tongbao.web.words import Words, mark

SUBJECTS: Final = {
    "debit": mark("Points accepted"),
    "credit": mark("Points given"),
    "refund": mark("Refunds"),
    "reversal": mark("Reversals"),
}
_MEASURES: Final = {
    "count": mark("count"),
    "points": mark("points"),
    "cash": mark("money"),
    "earned (fen)": mark("points given"),
}
_LINE: Final = re.compile(r"line (\d+)")
_TOTAL: Final = re.compile(rf"({'|'.join(SUBJECTS)}) (?:\d+|all)")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_KIND: Final = re.compile(r"here it is of the kind (\w+)")
_OUTLET: Final = re.compile(r"here it is of outlet (\S+)")
_OPERATION: Final = re.compile(r"operation (\d+)")
_BOTH: Final = re.compile(r"(count|points|cash|earned \(fen\)): (\S+) at the till, (\S+) here")
_UNREADABLE: Final = re.compile(r"([a-z]+(?:-[a-z]+)+)(?:: (.+))?")


def label(text: str, spoken: Words) -> str:
    """Say what a difference is known by: its receipt, or the line or the sum that has none."""
    if found := _LINE.fullmatch(text):
        return spoken.say(mark("Line %(number)s"), number=found[1])
    if found := _TOTAL.fullmatch(text):
        return spoken.say(SUBJECTS[found[1]])
    return text


def note(text: str, spoken: Words) -> str:
    """Say what a difference is, beyond its kind."""
    if _DAY.fullmatch(text):
        return spoken.date(date.fromisoformat(text))
    if found := _KIND.fullmatch(text):
        kind = spoken.say(labels.OPERATIONS.get(found[1], found[1]))
        return spoken.say(mark("here it is: %(kind)s"), kind=kind)
    if found := _OUTLET.fullmatch(text):
        return spoken.say(mark("here it is of outlet %(code)s"), code=found[1])
    if found := _OPERATION.fullmatch(text):
        return spoken.say(mark("Operation %(number)s"), number=found[1])
    parts = [_BOTH.fullmatch(part) for part in text.split("; ")]
    if all(parts):
        return " · ".join(_both(found, spoken) for found in parts if found)
    if (found := _UNREADABLE.fullmatch(text)) and found[1] in REFUSALS:
        return _refused(found[1], found[2], spoken)
    return text


def _both(found: re.Match[str], spoken: Words) -> str:
    measure, till, here = found.groups()
    if measure.startswith("earned"):
        till, here = show(int(till)), show(int(here))
    what = spoken.say(_MEASURES[measure])
    return spoken.say(
        mark("%(what)s: %(till)s at the till, %(here)s here"), what=what, till=till, here=here
    )


def _refused(code: str, sentence: str | None, spoken: Words) -> str:
    """Say a refusal that was kept as its code, with or without its sentence."""
    text = REFUSALS[code].text
    if sentence is None:
        known = facts.WORDS["reason"].get(code) or told.TEXTS.get(code, "%(")
        return code if "%(" in known else spoken.say(known)
    found = _pattern(text).fullmatch(sentence)
    return told.refused(spoken, code, text, found.groupdict()) if found else sentence


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """Give what finds the facts in the sentence of a refusal; what is quoted without its quotes."""
    ways = ""
    for said, fact, _, conversion in Formatter().parse(text):
        quote = "['\"]" if conversion == "r" else ""
        ways += re.escape(said) + (f"{quote}(?P<{fact}>.*){quote}" if fact else "")
    return re.compile(ways)
