"""Lists: searched, filtered, sorted, paged there and back, exported."""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from tests.web.serving import Served, people, run, url_of
from tests.world import AT, build
from tongbao.alliance import organisations
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.web import cursors, lists
from tongbao.web.cursors import Cursor
from tongbao.web.operator import organisations as page

LIST = "/operator/organisations"
COUNT = 2 * lists.PAGE + 7


@pytest.fixture(scope="module")
def many(module_db: Connection) -> Iterator[Served]:
    """Serve an alliance with organisations for three pages."""
    world = build(module_db, {name: Terms() for name in "AB"})
    with module_db.transaction():
        for n in range(COUNT - 2):
            name = f"Tea house {n % 10}" if n else "=cmd()|' %_\\"
            organisations.register(module_db, f"tea-{n}", name, "merchant", AT)
    with run(Settings(database_url=url_of(module_db))) as client:
        served = Served(client=client, db=module_db, world=world, people=people(module_db, world))
        served.sign_in("auditor")
        yield served


def codes(page: str) -> list[str]:
    return re.findall(r'<span class="second">([^<]+)</span>', page)


def link(page: str, rel: str) -> str:
    found = re.search(f'rel="{rel}" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else ""


@pytest.mark.parametrize("sort", ["name", "-name", "registered_at", "-circulation", "outlets"])
def test_pages_there_and_back_show_every_row_once(many: Served, sort: str) -> None:
    last = path = f"{LIST}?sort={sort}"
    pages = []
    while path:
        page = many.get(path).text
        pages.append(codes(page))
        last, path = path, link(page, "next")
    assert [len(page) for page in pages] == [50, 50, 7]
    seen = [code for page in pages for code in page]
    assert len(set(seen)) == COUNT
    again: list[list[str]] = []
    while last:
        page = many.get(last).text
        again.insert(0, codes(page))
        last = link(page, "prev")
    assert again == pages


def test_what_is_searched_is_found_to_the_letter(many: Served) -> None:
    assert codes(many.get(f"{LIST}?search=TEA-99").text) == ["tea-99"]
    assert codes(many.get(f"{LIST}?search=%25_%5C").text) == ["tea-0"]
    assert len(codes(many.get(f"{LIST}?search=house 7").text)) == 10
    nothing = many.get(f"{LIST}?search=' OR 1=1 --").text
    assert codes(nothing) == []
    assert "Nothing fits what you look for" in nothing


def test_a_search_of_what_grows_for_ever_reaches_the_newest_and_says_how_far(
    many: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "LISTING", replace(page.LISTING, reach=10))
    oldest, newest = "?search=tea-0", f"?search=tea-{COUNT - 3}"
    found = many.get(LIST + newest).text
    assert codes(found) == [f"tea-{COUNT - 3}"]
    assert re.search(r"The newest 10 were looked through, back to [^<]*2026", found)
    beyond = many.get(LIST + oldest).text
    assert codes(beyond) == []
    assert "The newest 10 were looked through" in beyond
    file = many.get(f"{LIST}{newest}&format=csv").content.decode("utf-8-sig")
    assert "There is more" in file.splitlines()[-1]
    # Where all are looked through, and where nothing is searched for, there is nothing to say.
    whole = many.get(LIST).text
    assert len(codes(whole)) == lists.PAGE
    monkeypatch.setattr(page, "LISTING", replace(page.LISTING, reach=COUNT))
    assert "looked through" not in whole + many.get(LIST + oldest).text


def test_filters_by_state_and_by_days(many: Served) -> None:
    with many.db.transaction():
        organisations.set_status(many.db, many.world.organisations["A"], "suspended")
    assert codes(many.get(f"{LIST}?status=suspended").text) == ["A"]
    with many.db.transaction():
        organisations.set_status(many.db, many.world.organisations["A"], "active")
    assert len(codes(many.get(f"{LIST}?since=2026-05-01&until=2026-05-01").text)) == lists.PAGE
    assert codes(many.get(f"{LIST}?since=2026-05-02").text) == []
    # Whoever takes the first day for the last means the days between.
    turned = many.get(f"{LIST}?since=2026-05-02&until=2026-05-01").text
    assert len(codes(turned)) == lists.PAGE
    assert 'name="since" value="2026-05-01"' in turned
    # What makes no sense is not asked.
    assert len(codes(many.get(f"{LIST}?status=x&since=y&sort=password&cursor=z").text)) == 50


@pytest.mark.parametrize(
    "cursor", [Cursor("x", 5), Cursor(5, "x"), Cursor(AT, 5), Cursor(5, 10**30)]
)
def test_a_cursor_of_another_list_is_refused(many: Served, cursor: Cursor) -> None:
    answer = many.get(f"{LIST}?sort=outlets&cursor={cursors.write(cursor)}")
    assert answer.status_code in (200, 400)


def test_the_whole_list_is_exported_as_a_file_without_formulas(many: Served) -> None:
    answer = many.get(f"{LIST}?format=csv&sort=name")
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'filename="organisations.csv"' in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) == COUNT + 1
    assert rows[0][:2] == ["Organisation", "Code"]
    assert all(not cell.startswith("=") for row in rows for cell in row)
    chinese = many.get(f"{LIST}?format=csv&search=tea-99", language="zh").text
    assert chinese.splitlines()[0].startswith("\ufeff机构,代码,")
