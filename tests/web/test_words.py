"""Every text of the pages is said in Chinese, and nothing is translated that is not said."""

import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from babel.messages.extract import extract
from jinja2.ext import babel_extract

from tests.shape.files import SOURCE, import_everything, name
from tongbao.kernel.errors import REFUSALS
from tongbao.web import words

WEB = SOURCE / "web"
KEYWORDS = {"mark": None, "_": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS = {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trim_blocks": "1", "lstrip_blocks": "1"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
FIELD = re.compile(r"%\(\w+\)[sd]|\{[^}]*\}")
# The same in both languages.
SAME = {"CSV", "Tongbao"}


def said() -> dict[str, str]:
    """Give every text of templates and code, with where it is said."""
    found: dict[str, str] = {}
    for path in sorted(WEB.rglob("*")):
        if path.suffix not in (".html", ".py"):
            continue
        source = BytesIO(path.read_bytes())
        method: Any = "python" if path.suffix == ".py" else babel_extract
        for line, message, *_ in extract(method, source, KEYWORDS, options=OPTIONS):
            text = message if isinstance(message, str) else message[0]
            found.setdefault(text, f"{name(path)}:{line}")
    return found


def first(said: object) -> str:
    """Give a text, or the first form of one with a plural."""
    return str(said if isinstance(said, str) else said[0])  # type: ignore[index]


def translated() -> dict[str, tuple[str, str]]:
    """Give every text that a catalogue says, with what it says and in which file."""
    found: dict[str, tuple[str, str]] = {}
    for file, catalogue in words.catalogues("zh").items():
        for message in catalogue:
            if message.id:
                one = first(message.id)
                assert one not in found, f"{file} and {found[one][1]} both say {one!r}"
                assert not message.fuzzy, f"{file}: {one!r} is fuzzy"
                found[one] = (first(message.string), file)
    return found


def test_every_text_is_said_in_chinese() -> None:
    known = translated()
    missing = {text: where for text, where in said().items() if text not in known}
    stubs = "\n".join(f'# {where}\nmsgid "{text}"\nmsgstr ""' for text, where in missing.items())
    assert not missing, f"add to a file of locale/zh:\n{stubs}"


def test_no_translation_is_left_over() -> None:
    import_everything()
    texts = said().keys() | {refusal.text for refusal in REFUSALS.values()} | REFUSALS.keys()
    assert [
        f"{file}: {text}" for text, (_, file) in translated().items() if text not in texts
    ] == []


def test_translations_are_chinese_and_keep_their_facts() -> None:
    for text, (string, file) in translated().items():
        assert string, f"{file}: {text!r} is not translated"
        assert CHINESE.search(string) or text in SAME, f"{file}: {string!r} is not Chinese"
        assert set(FIELD.findall(text)) == set(FIELD.findall(string)), f"{file}: {text!r}"


def test_no_text_has_a_bare_percent_sign_that_would_be_taken_for_a_fact() -> None:
    texts = {text: string for text, (string, _) in translated().items()} | {t: t for t in said()}
    bare = [text for text, string in texts.items() if "%" in re.sub(r"%\(\w+\)[sd]", "", string)]
    assert bare == []


def test_amounts_dates_and_rates_are_written_as_each_language_has_them() -> None:
    zh, en = words.of("zh", "Asia/Shanghai"), words.of("en", "Asia/Shanghai")
    assert en.money(123_456_789) == zh.money(123_456_789) == "¥1,234,567.89"
    assert en.money(-5) == "−¥0.05"
    assert (en.points(12_000), en.points(12_050), en.points(-100)) == ("120", "120.50", "−1")
    assert (en.percent(12_500), zh.percent(-171_800)) == ("1.25%", "−17.18%")
    at = datetime(2026, 3, 4, 17, 30, tzinfo=UTC)  # the next day in Shanghai
    assert (zh.date(at), en.date(at)) == ("2026年3月5日", "5 Mar 2026")
    assert (zh.moment(at), en.moment(at)) == ("2026-03-05 01:30", "5 Mar 2026 01:30")
    assert zh.date(date(2026, 3, 4)) == "2026年3月4日"
    assert (zh.short(date(2026, 3, 4)), en.short(date(2026, 3, 4))) == ("3月4日", "4 Mar")
    assert (zh.month(date(2026, 3, 1)), en.month(date(2026, 3, 1))) == ("2026年3月", "Mar 2026")
    assert (zh.date(None), zh.moment(None)) == ("–", "–")
    assert zh.span(timedelta(minutes=5)) == "5分钟"


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        (None, "", "zh"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "fr,zh-CN;q=0.8,en;q=0.5", "zh"),
        ("en", "zh-CN", "en"),
        ("fr", "fr", "zh"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_browsers(
    cookie: str | None, accepted: str, language: str
) -> None:
    assert words.chosen(cookie, accepted) == language
