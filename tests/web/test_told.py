"""What pages say of what the service did, and of what was refused: no code, no id for a name."""

import re
from string import Formatter

import pytest

from tests.shape.files import DOCS, import_everything, table_rows
from tests.web.test_words import CHINESE
from tongbao.access.passwords import PasswordWeak
from tongbao.alliance.organisations import OrganisationStatusRefused
from tongbao.bank.refusals import BankFileMalformed
from tongbao.kernel.errors import REFUSALS, Refusal
from tongbao.kernel.settings import SettingMalformed
from tongbao.kernel.texts import CodeMalformed, TextMalformed
from tongbao.reconcile.refusals import DisputeTooLate
from tongbao.web import told, words
from tongbao.web.who import FieldMissing
from tongbao.webhooks.addresses import UrlMalformed

ZH = words.of("zh", "Asia/Shanghai")
EN = words.of("en", "Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("application 12", "入网申请 12", "Application 12"),
        ("bank", "银行", "The bank"),
        ("it answers 410 Gone", "对方应答 410，已不存在", "it answers 410 Gone"),
        (
            "it has not answered well since 2026-11-02T02:00:00+00:00",
            "自 2026-11-02 10:00 起未能正常应答",
            "it has not answered well since 2 Nov 2026 10:00",
        ),
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


def test_every_published_refusal_has_a_chinese_text() -> None:
    import_everything()
    published = [row[0].strip("`") for row in table_rows(DOCS / "reference" / "refusals.md")]
    assert len(published) > 300
    unsaid = [
        code
        for code in published
        if not CHINESE.search(ZH.say(told.TEXTS.get(code, REFUSALS[code].text or code)))
    ]
    assert unsaid == [], "say them in a refusals file of locale/zh, or in told.TEXTS"


def test_what_pages_say_of_a_refusal_has_only_facts_that_it_gives() -> None:
    import_everything()
    for code, text in told.TEXTS.items():
        given = {name for _, name, _, _ in Formatter().parse(REFUSALS[code].text) if name}
        assert set(re.findall(r"%\((\w+)\)s", text)) <= given, code


@pytest.mark.parametrize(
    ("refusal", "zh", "en"),
    [
        (
            PasswordWeak(reason="have at least 10 characters"),
            "密码至少要有 10 个字符。",
            "The password must have at least 10 characters.",
        ),
        (
            UrlMalformed(url="x", reason="it must begin with https://"),
            "无法访问：须以 https:// 开头。",
            "This cannot be called: it must begin with https://.",
        ),
        (
            OrganisationStatusRefused(organisation=7, status="closed", wanted="active"),
            "当前状态为“已关闭”，不能变为“正常”。",
            "It is closed; it cannot become active.",
        ),
        (
            DisputeTooLate(operation=4_912_001, days=180),
            "该业务已超过 180 天。",
            "The operation is older than 180 days.",
        ),
        (
            BankFileMalformed(line=3, reason="Amt has no Ccy"),
            "第 3 行：Amt 缺少 Ccy",
            "Line 3: Amt has no Ccy",
        ),
        (
            SettingMalformed(setting="X", reason="it is 9"),
            "设置 X 无法使用：it is 9",
            "X cannot be used: it is 9",
        ),
    ],
)
def test_reasons_and_states_are_said_in_words(refusal: Refusal, zh: str, en: str) -> None:
    assert (told.refusal(ZH, refusal), told.refusal(EN, refusal)) == (zh, en)
