"""What pages say of what the service did, and of what was refused: no code, no id for a name."""

import pytest

from tongbao.kernel.texts import CodeMalformed, TextMalformed
from tongbao.web import told, words
from tongbao.web.who import FieldMissing

ZH = words.of("zh", "Asia/Shanghai")
EN = words.of("en", "Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("application 12", "入网申请 12", "Application 12"),
        ("bank", "银行", "The bank"),
        ("bank desk", "银行业务岗", "The bank desk"),
        ("li.na", "li.na", "li.na"),
        (
            "the application 12 was late",
            "the application 12 was late",
            "the application 12 was late",
        ),
    ],
)
def test_what_the_service_did_itself_is_said_in_words(text: str, zh: str, en: str) -> None:
    assert (told.noted(text, ZH), told.noted(text, EN)) == (zh, en)


def test_a_refusal_beside_its_field_names_neither_field_nor_code() -> None:
    assert told.refusal(ZH, FieldMissing(name="format")) == "请填写此项。"
    assert "12" in told.refusal(EN, TextMalformed(name="reason", most=12))
    assert told.refusal(ZH, CodeMalformed(name="code", given="ä", most=32)).endswith("最多 32 位。")
