"""Words of statements: everything has one, in both languages, and none is left over."""

import re

import pytest

from tests.shape.files import ROOT
from tongbao.statements.items import ACCOUNTS, PLACES
from tongbao.statements.words import LANGUAGES, WORDS, word

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_account_and_item_has_a_word(language: str) -> None:
    for key in {*ACCOUNTS, *(item for _, item in PLACES)}:
        assert word(key, language)


def test_chinese_is_chinese_and_english_is_not() -> None:
    for key, (chinese, english) in WORDS.items():
        assert _CHINESE.search(chinese), key
        assert not _CHINESE.search(english), key
        assert set(re.findall(r"{\w+}", chinese)) == set(re.findall(r"{\w+}", english)), key


def test_two_lines_of_an_account_are_never_called_the_same() -> None:
    for place in (0, 1):
        for account in ACCOUNTS:
            items = {item for where, item in PLACES if where == account}
            said = [WORDS[item][place] for item in items]
            assert len(said) == len(set(said)), account


def test_no_word_is_left_over() -> None:
    source = "".join(
        path.read_text("utf-8")
        for path in sorted((ROOT / "src/tongbao/statements").glob("*.py"))
        if path.name != "words.py"
    )
    made = {f"tile_{name}" for name in ("opening", "claims", "fees", "settled", "other", "closing")}
    made |= {f"{name}_note" for name in ("issuers", "redeemers")}
    made |= {f"fee_{name}" for name in ("acceptance", "issue")}
    items = {item for _, item in PLACES}
    assert [k for k in WORDS if k not in made | items and f'"{k}"' not in source] == []
