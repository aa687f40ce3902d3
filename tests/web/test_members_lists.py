"""The lists of members on their phones: searched, narrowed by days, sorted, saved as files."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.web.serving import Served, people, run, url_of
from tests.web.test_members_own import Phone
from tests.world import broken_laws, build, one
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings
from tongbao.points.operations import Award, Purchase
from tongbao.web import lists
from tongbao.web.member import history

MIDNIGHT = datetime(2026, 5, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
"""When the second day of the history begins where the alliance is."""
OUTLETS = ["Bund", "cafe", "Palace_bj", "Rialto"]


@pytest.fixture(scope="module")
def served(module_db: Connection) -> Iterator[Served]:
    """Serve the pages of an alliance with outlets of two cities and two formats."""
    world = build(module_db, {name: Terms() for name in OUTLETS})
    with run(Settings(database_url=url_of(module_db))) as client:
        yield Served(client=client, db=module_db, world=world, people=people(module_db, world))


@pytest.fixture(scope="module")
def phone(served: Served) -> Phone:
    """Give a member who earned on the last minute of a day, and spent on the first of the next."""
    phone = Phone(served)
    earn(phone, MIDNIGHT - timedelta(minutes=1), 5_050, "@R-1", "Bund")
    bought = Purchase(
        key=f"buy-{phone.member}",
        scope=served.world.organisations["cafe"],
        member=phone.member,
        outlet=served.world.outlets["cafe"],
        amount=3_000,
        points=1_025,
        reference="R-2",
    )
    assert one(served.db, bought, MIDNIGHT).refusal is None
    earn(phone, MIDNIGHT + timedelta(days=1), 700, "R-3", "Bund")
    return phone


def earn(phone: Phone, at: datetime, points: int, reference: str, outlet: str) -> None:
    """Give a member points at a time."""
    world = phone.served.world
    given = Award(
        key=f"earn-{phone.member}-{reference}",
        scope=world.organisations[outlet],
        member=phone.member,
        outlet=world.outlets[outlet],
        points=points,
        reference=reference,
    )
    assert one(phone.served.db, given, at).refusal is None


def file_of(phone: Phone, path: str, language: str = "en") -> list[list[str]]:
    phone.use()
    answer = phone.served.get(path, language=language)
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def receipts(phone: Phone, asked: str) -> list[str]:
    """Give the references in the file of a history, in their order."""
    return [row[-1] for row in file_of(phone, f"/m/history?format=csv&{asked}")[1:]]


def shown(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'href="/m/history/(\d+)"', page)]


def link(page: str, rel: str) -> str:
    found = re.search(f'rel="{rel}" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else ""


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["R-3", "R-2", "'@R-1"]),
        ("sort=effective_at", ["'@R-1", "R-2", "R-3"]),
        ("since=2026-05-02", ["R-3", "R-2"]),
        ("until=2026-05-02", ["R-2", "'@R-1"]),
        ("since=2026-05-01&until=2026-05-01", ["'@R-1"]),
        ("since=2026-05-02&until=2026-05-02&sort=effective_at", ["R-2"]),
        ("since=2026-05-02&until=2026-05-01", ["R-2", "'@R-1"]),
        ("search=bund&sort=effective_at", ["'@R-1", "R-3"]),
        ("search=R-2", ["R-2"]),
    ],
)
def test_a_history_is_narrowed_by_whole_days_and_put_in_order(
    phone: Phone, asked: str, found: list[str]
) -> None:
    assert receipts(phone, asked) == found
    page = phone.get(f"/m/history?{asked}").text
    assert len(shown(page)) == len(found)
    assert ("Nothing found" in page) == (not found)


@pytest.mark.parametrize(
    "asked",
    [
        "since=never", "since=2026-02-30", "until=0000-00-00", "until=9999-12-31", "since=%00",
        "sort=id", "sort=%27", "cursor=x", "cursor=WyJzIiwiYSIsImIiLGZhbHNlXQ",
    ],
)  # fmt: skip
def test_what_is_no_day_no_order_and_no_place_narrows_nothing(phone: Phone, asked: str) -> None:
    answer = phone.get(f"/m/history?{asked}")
    assert (answer.status_code, len(shown(answer.text))) == (200, 3)
    assert receipts(phone, asked) == ["R-3", "R-2", "'@R-1"]


def test_the_page_says_which_days_it_shows_and_in_what_order(phone: Phone) -> None:
    page = phone.get("/m/history").text
    assert "All days · Newest first" in page
    assert "From 2 May 2026 ·" in phone.get("/m/history?since=2026-05-02").text
    assert "Until 2 May 2026 ·" in phone.get("/m/history?until=2026-05-02").text
    page = phone.get("/m/history?since=2026-05-02&until=2026-05-03&sort=effective_at").text
    assert "2 May 2026 – 3 May 2026 · Oldest first" in page
    assert "since=2026-05-02&amp;until=2026-05-03&amp;sort=effective_at&amp;format=csv" in page


def test_a_history_as_a_file_speaks_the_language_of_its_member(phone: Phone) -> None:
    head, *rows = file_of(phone, "/m/history?format=csv")
    assert head == [
        "When", "What", "Where", "Points", "Pending", "Held", "Owing", "Paid in money", "Receipt",
    ]  # fmt: skip
    when, wallet = "2026-05-02 00:00:00+08:00", "-10.06"  # one per cent of the money was earned
    assert rows[1] == [
        when, "Purchase", "cafe", wallet, "0.00", "0.00", "0.00", "19.75", "R-2",
    ]  # fmt: skip
    head, *rows = file_of(phone, "/m/history?format=csv", "zh-CN")
    assert head[:4] == ["时间", "事项", "地点", "积分"]
    assert rows[1][1] == "消费"
    numbers = {str(number) for number in shown(phone.get("/m/history").text)}
    assert numbers.isdisjoint(cell for row in rows for cell in row)


def test_a_history_is_only_ones_own(served: Served, phone: Phone) -> None:
    other = Phone(served)
    earn(other, MIDNIGHT, 100, "THEIRS", "Bund")
    assert receipts(other, "") == ["THEIRS"]
    assert receipts(other, "search=R-") == []
    assert receipts(phone, "search=THEIRS") == []
    served.sign_in("admin")
    assert served.get("/m/history?format=csv").headers["location"].startswith("/m/sign-in")
    assert served.get("/m/near?format=csv").headers["location"].startswith("/m/sign-in")


@pytest.mark.parametrize("sort", ["-effective_at", "effective_at"])
def test_a_long_history_is_paged_in_its_order_and_saved_whole(served: Served, sort: str) -> None:
    long = Phone(served)
    count = 2 * history.ROWS + 3
    for n in range(count):
        earn(long, MIDNIGHT + timedelta(minutes=n), 100, f"L-{n}", "Bund")
    path, pages = f"/m/history?sort={sort}&since=2026-05-02", []
    while path:
        page = long.get(path).text
        pages.append(shown(page))
        assert bool(link(page, "prev")) == (len(pages) > 1)
        path = link(page, "next")
    assert [len(page) for page in pages] == [history.ROWS, history.ROWS, 3]
    seen = [number for page in pages for number in page]
    assert seen == sorted(set(seen), reverse=sort.startswith("-"))
    order = range(count) if sort == "effective_at" else reversed(range(count))
    assert receipts(long, f"sort={sort}") == [f"L-{n}" for n in order]
    assert broken_laws(served.db) == {}


def test_a_file_of_too_much_says_that_there_is_more(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "EXPORT", 2)
    assert receipts(phone, "")[:2] == ["R-3", "R-2"]
    last = file_of(phone, "/m/history?format=csv")[-1]
    assert last == ["There is more: filter by date and export it in parts."]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("sort=what", ["cafe"]),
        ("sort=-name&kind=cinema", ["Rialto", "Palace_bj", "Bund"]),
        ("city=1101", ["Palace_bj"]),
        ("city=nowhere&kind=cafe", ["cafe"]),
        ("search=mall&city=3101&kind=cinema&sort=-name", ["Rialto", "Bund"]),
        ("search=none", []),
    ],
)
def test_outlets_near_are_found_put_in_order_and_saved(
    phone: Phone, asked: str, found: list[str]
) -> None:
    rows = file_of(phone, f"/m/near?format=csv&{asked}")[1:]
    assert [row[0] for row in rows][: len(found)] == found
    page = phone.get(f"/m/near?{asked}").text
    assert page.count('<div class="line">') == len(rows)
    assert ("No merchant here yet" in page) == (not found)


def test_outlets_are_in_the_order_that_was_chosen(phone: Phone) -> None:
    def cells(sort: str, column: int) -> list[str]:
        return [row[column] for row in file_of(phone, f"/m/near?format=csv&sort={sort}")[1:]]

    assert cells("what", 2) == ["Café", "Cinema", "Cinema", "Cinema"]
    assert cells("region", 4) == ["Beijing Mall", "Shanghai Mall", "Shanghai Mall", "Shanghai Mall"]
    assert cells("never", 0) == cells("name", 0)
    assert '<option value="what" selected>By what it is' in phone.get("/m/near?sort=what").text


def test_outlets_near_as_a_file_name_places_and_no_numbers(phone: Phone) -> None:
    head, *rows = file_of(phone, "/m/near?format=csv&search=palace")
    assert head == ["Outlet", "Merchant", "What it is", "City", "Place"]
    assert rows == [
        ["Palace_bj", "Palace_bj", "Cinema", "Chaoyang District, Beijing", "Beijing Mall"]
    ]
    assert file_of(phone, "/m/near?format=csv", "zh-CN")[0][:2] == ["门店", "商户"]


def test_outlets_near_are_paged_there_and_back(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE", 3)
    first = phone.get("/m/near").text
    second = phone.get(link(first, "next")).text
    assert (first.count('<div class="line">'), second.count('<div class="line">')) == (3, 1)
    assert phone.get(link(second, "prev")).text.count('<div class="line">') == 3
    assert phone.get("/m/near?cursor=x").status_code == 200
