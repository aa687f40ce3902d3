"""Statements on paper: what they say in Chinese and in English, and what their pages can take."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pypdf
import pytest

from tests.statements.books import stated
from tests.statements.day import two_windows
from tongbao.kernel.db import Connection
from tongbao.statements import paper, periods
from tongbao.statements.types import (
    Accepted,
    Account,
    Issuer,
    Line,
    Party,
    Period,
    Redeemer,
    Statement,
)

AT = datetime(2026, 5, 1, 16, tzinfo=UTC)
MEMORY = Path("/proc/self/status")


def made(name: str = "星澜影城", count: int = 0, **more: object) -> Statement:
    """Make a statement with ``count`` counterparties on either side, without a ledger."""
    issuers = [
        Issuer(code=f"org-{n:05d}", name=f"Organisation {n}", redemptions=1, points=100 + n,
               claims=1, due=100 + n)
        for n in range(count)
    ]  # fmt: skip
    redeemers = [
        Redeemer(code=f"org-{n:05d}", name=f"Organisation {n}", claims=1, owed=100 + n)
        for n in range(count)
    ]
    whole = Statement(
        number="xinglan-000001-000002",
        organisation=Party(id=2, code="xinglan", name=name),
        operator=Party(id=1, code="tongbao", name="通宝联盟"),
        period=Period(first_window=1, last_window=2, opened_at=AT, closed_at=AT),
        accounts=[Account(account="position", unit="CNY", opening=0, change=-5, closing=-5)],
        lines=[Line(account="position", item="claims_owed", count=1, amount=-5)],
        fees=[],
        accepted=Accepted(),
        issuers=msgspec.Raw(msgspec.json.encode(issuers)),
        redeemers=msgspec.Raw(msgspec.json.encode(redeemers)),
    )
    return msgspec.structs.replace(whole, **more)


def read(pdf: bytes) -> tuple[int, str]:
    """Give how many pages there are, and their text without spaces."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    return len(reader.pages), re.sub(r"\s", "", "".join(p.extract_text() for p in reader.pages))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh",
            ("积分清算对账单", "期初头寸", "受理积分应收", "退还受理手续费", "税额", "贵方应付"),
        ),
        (
            "en",
            ("Clearingstatement", "Openingposition", "Claimsforpointsaccepted", "VAT", "owedbyyou"),
        ),
    ],
)
def test_a_statement_says_in_either_language_what_it_says_as_data(
    db: Connection, language: str, words: tuple[str, ...]
) -> None:
    two_windows(db)
    one = stated(db, periods.of_windows(db, 1, 2))["B"]
    printed = paper.pdf(one, language)
    _, text = read(printed)
    for word in (*words, one.number, "330.00", "-165.00", "-8.25", "4.13", "-321.75", "0.23"):
        assert word in text, word
    assert paper.pdf(one, language) == printed


def test_a_pdf_carries_its_fonts() -> None:
    reader = pypdf.PdfReader(io.BytesIO(paper.pdf(made(), "zh")))
    fonts: Any = reader.pages[0]["/Resources"]
    for font in fonts["/Font"].values():
        (below,) = font.get_object()["/DescendantFonts"]
        descriptor = below.get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & descriptor.keys()


@pytest.mark.parametrize(
    "name",
    [
        "#emph[markup] *is* $no$ markup \\ // @here",
        "长" * 200,
        "x" * 200,
        "<b>&amp;</b>\u200b\u202e\u0300 \U0001f9e7",
    ],
    ids=["markup", "long Chinese", "long word", "odd"],
)
def test_a_name_is_text_whatever_is_in_it(name: str) -> None:
    pages, text = read(paper.pdf(made(name), "en"))
    assert pages == 1
    if name.isascii():
        assert re.sub(r"\s", "", name) in text.replace("\u200b", "")


def test_of_many_counterparties_the_largest_are_listed_and_the_rest_summed() -> None:
    count = paper.LARGEST + 7
    one = made(count=count)
    texts = paper.page(one, "en", "Asia/Shanghai")
    (table,) = (each for each in texts["tables"] if each.title == "Points accepted, by issuer")
    assert len(table.rows) == paper.LARGEST + 2
    assert table.rows[0][0].startswith(f"Organisation {count - 1} ")
    assert table.rows[-2][:2] == ["7 others", f"{sum(100 + n for n in range(7)) / 100:,.2f}"]
    assert table.rows[-1][1] == f"{sum(100 + n for n in range(count)) / 100:,.2f}"
    assert any("JSON and CSV" in note for note in texts["notes"])
    pages, text = read(paper.pdf(one, "en"))
    assert pages > 10
    assert f"1/{pages}" in text and f"{pages}/{pages}" in text


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_large_statements() -> None:
    def used() -> int:
        (line,) = (x for x in MEMORY.read_text("ascii").splitlines() if x.startswith("VmRSS"))
        return int(line.split()[1]) // 1024

    one = made(count=400)
    paper.pdf(one, "zh")
    before = used()
    for n in range(8):
        paper.pdf(msgspec.structs.replace(one, number=f"xinglan-{n}"), "zh")
    assert used() - before < 100
