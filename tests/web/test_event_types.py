"""Types of events have words in both languages, as many as there are types."""

import re
from pathlib import Path

from tongbao.events.types import TYPES
from tongbao.web import words
from tongbao.web.event_types import EVENTS

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "events.md"


def test_every_type_of_event_has_words_of_its_own_in_both_languages() -> None:
    assert tuple(EVENTS) == TYPES
    for language in ("zh", "en"):
        said = [words.of(language, "Asia/Shanghai").say(text) for text in EVENTS.values()]
        assert all(said)
        assert len(set(said)) == len(TYPES)
        chinese = [bool(re.search("[\u4e00-\u9fff]", text)) for text in said]
        assert chinese == [language == "zh"] * len(TYPES)


def test_the_types_with_words_are_those_of_the_reference() -> None:
    named = set(re.findall(r"tongbao\.\w+\.\w+\.v1", REFERENCE.read_text("utf-8")))
    assert named == EVENTS.keys()
