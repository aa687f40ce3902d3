"""What differs between a till and the ledger is said in the reader's language, without codes."""

import pytest

from tongbao.kernel.amounts import AmountMalformed
from tongbao.kernel.errors import Refusal
from tongbao.kernel.files import FileMalformed, RowEncoding, ValueMissing
from tongbao.reconcile.refusals import TillValueMalformed
from tongbao.web import till_notes, told, words

ZH = words.of("zh", "Asia/Shanghai")
EN = words.of("en", "Asia/Shanghai")


@pytest.mark.parametrize(
    ("refusal", "zh"),
    [
        (AmountMalformed(amount="abc"), "金额格式不正确，最多两位小数。"),
        (
            TillValueMalformed(
                field="outlet", given="nowhere", wanted="outlet of this organisation"
            ),
            "门店为 'nowhere'，不是本机构的门店",
        ),
        (ValueMissing(field="receipt"), "小票号为空"),
        (RowEncoding(encoding="UTF-8"), "该行不是 UTF-8 编码"),
    ],
)
def test_why_a_line_cannot_be_read(refusal: Refusal, zh: str) -> None:
    kept = f"{refusal.code}: {refusal}"
    assert till_notes.note(kept, ZH) == zh
    assert refusal.code not in till_notes.note(kept, EN)


@pytest.mark.parametrize(
    ("kept", "zh", "en"),
    [
        ("2026-05-02", "2026年5月2日", "2 May 2026"),
        ("here it is of outlet B", "本系统记在门店 B", "here it is of outlet B"),
        ("here it is of the kind award", "本系统记为积分发放", "here it is: Award"),
        ("operation 12", "业务 12", "Operation 12"),
        ("insufficient-points", "可用积分不足", "there were not enough points"),
        (
            "count: 3 at the till, 4 here; points: 1.50 at the till, 2.00 here",
            "笔数：收银端 3，本系统 4 · 积分：收银端 1.50，本系统 2.00",
            "count: 3 at the till, 4 here · points: 1.50 at the till, 2.00 here",
        ),
        (
            "earned (fen): 120 at the till, 130 here",
            "发放积分：收银端 1.20，本系统 1.30",
            "points given: 1.20 at the till, 1.30 here",
        ),
        ("whatever else", "whatever else", "whatever else"),
    ],
)
def test_what_else_is_noted(kept: str, zh: str, en: str) -> None:
    assert (till_notes.note(kept, ZH), till_notes.note(kept, EN)) == (zh, en)


def test_what_has_no_receipt_is_called_by_its_line_or_its_sum() -> None:
    assert till_notes.label("line 7", ZH) == "第 7 行"
    assert till_notes.label("debit 13", ZH) == "受理积分"
    assert till_notes.label("R-2026-7", ZH) == "R-2026-7"


def test_a_file_that_cannot_be_read_is_refused_in_the_readers_language() -> None:
    no = FileMalformed(file="day.csv", reason="its header cannot be read: the line is not UTF-8")
    assert told.refusal(ZH, no) == "day.csv 无法使用：无法读取表头：该行不是 UTF-8 编码"
