"""The pages hold together: links resolve, decisions are titles, packages say what they promise."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shape.files import DOCS, ROOT, SOURCE, name, parse

PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
PACKAGES = sorted(path.parent for path in SOURCE.glob("*/__init__.py"))
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def slug(title: str) -> str:
    """Write a heading the way links to it are written."""
    words = re.sub(r"[^\w\- ]", "", title.lower())
    return words.strip().replace(" ", "-")


def prose(page: Path) -> str:
    """Give a page without its code blocks."""
    return FENCE.sub("", page.read_text("utf-8"))


def broken_links(page: Path) -> Iterator[str]:
    """Find the relative links of a page that lead nowhere, anchors included."""
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            yield link
        elif anchor and target.suffix == ".md":
            titles = re.findall(r"^#+ (.+)$", prose(target), re.MULTILINE)
            if anchor not in map(slug, titles):
                yield link


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_resolve(page: Path) -> None:
    assert list(broken_links(page)) == []


@pytest.mark.parametrize("page", DECISIONS, ids=name)
def test_a_decision_is_its_own_title(page: Path) -> None:
    title = page.read_text("utf-8").splitlines()[0]
    assert title.startswith("# ")
    assert slug(title.removeprefix("# ")) == page.stem


@pytest.mark.parametrize("package", PACKAGES, ids=name)
def test_a_package_says_what_it_owns_promises_and_never_does(package: Path) -> None:
    docstring = ast.get_docstring(parse(package / "__init__.py")) or ""
    said = [word for word in ("Owns:", "Promises:", "Never:") if f"\n{word}" in docstring]
    assert said == ["Owns:", "Promises:", "Never:"]


def test_the_reference_says_every_event_type() -> None:
    from tongbao.events.types import OPERATION_TYPES, OperationPosted

    page = (ROOT / "docs" / "reference" / "events.md").read_text("utf-8")
    missing = [f"| `{kind}` | `{name}` |" for kind, name in OPERATION_TYPES.items()]
    assert [row for row in missing if row not in page] == []
    assert [f for f in OperationPosted.__struct_fields__ if f"`{f}`" not in page] == []


def test_the_reference_says_every_event_of_clearing() -> None:
    from tongbao.events import types

    page = (ROOT / "docs" / "reference" / "events.md").read_text("utf-8")
    names = [
        types.WINDOW_CLOSED, types.HEADROOM_NARROWED, types.PREPAID_LOWERED,
        types.ORGANISATION_JOINED,
        *types.SETTLEMENT_TYPES.values(), *types.LEG_TYPES.values(),
    ]  # fmt: skip
    data = (
        types.WindowClosed, types.SettlementChanged, types.LegChanged, types.HeadroomNarrowed,
        types.PrepaidLowered, types.OrganisationJoined,
    )  # fmt: skip
    assert [name for name in names if f"| `{name}` |" not in page] == []
    assert [f for one in data for f in one.__struct_fields__ if f"`{f}`" not in page] == []


def test_the_reference_says_every_field_of_statements_books_and_tills() -> None:
    from tongbao.liability import export
    from tongbao.reconcile import actions, columns
    from tongbao.statements import items, tables, types

    structs = (
        types.Statement, types.Period, types.Account, types.Line, types.Fee, types.Accepted,
        types.Issuer, types.Redeemer,
    )  # fmt: skip
    names = {
        "statements": [
            *(field for struct in structs for field in struct.__struct_fields__),
            *tables.COLUMNS,
            *(item for _, item in items.PLACES),
        ],
        "general-ledger": [*export._COLUMNS],
        "till-files": [*actions.REMEDIES],
    }
    headers = [
        header
        for fields in (columns.LINES, columns.TOTALS)
        for known in fields.values()
        for header in known
    ]
    pages = {page: (DOCS / "reference" / f"{page}.md").read_text("utf-8") for page in names}
    missing = [
        f"{page}: {name}"
        for page in names
        for name in names[page]
        if f"`{name}`" not in pages[page]
    ]
    assert missing == []
    assert [header for header in headers if header not in pages["till-files"]] == []
