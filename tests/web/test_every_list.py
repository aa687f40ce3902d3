"""Every list of every role: searched, sorted, narrowed by days and exported, or it says why not."""

import re
import sys
from importlib.resources import files
from pathlib import Path

from tests.shape.files import import_everything
from tests.web.serving import Served
from tests.web.test_members_own import Phone
from tests.web.test_roles import routes
from tongbao.kernel.db import Connection
from tongbao.web.lists import Listing
from tongbao.web.member.history import HISTORY
from tongbao.web.member.near import NEAR
from tongbao.web.member.points import POINTS

DATE = 1082
"""What PostgreSQL calls the type of a day."""
TABLES = {
    "merchant/claim.html": "what one operation moved",
    "merchant/operation.html": "the lots and claims of one operation",
    "merchant/reconciliation.html": "the sums of both sides, by outlet",
    "merchant/settlement.html": "the windows of one payment, which add up",
    "merchant/statement.html": "a document, which is had as a file, too",
    "operator/default.html": "the steps of a waterfall, in their order",
    "operator/feed.html": "the newest operations; the list is a click away",
    "operator/leg.html": "the windows of one payment, which add up",
    "operator/member.html": "the lots and the newest operations of one member",
    "operator/operation.html": "what one operation moved",
    "operator/organisation.html": "the largest and the newest; the lists are a click away",
    "operator/roles.html": "the roles",
    "operator/settings.html": "the settings and the limits that rule",
    "operator/verification.html": "the laws, each as it was found",
}
"""Tables that are not lists: what each is instead."""


def listings() -> list[Listing]:
    """Give every list of the pages."""
    import_everything()
    modules = [module for name, module in sys.modules.items() if name.startswith("tongbao.web.")]
    found = [each for module in modules for each in vars(module).values()]
    return [each for each in found if isinstance(each, Listing)]


def columns_of(db: Connection, query: bytes) -> set[str]:
    """Give the names of what a query selects."""
    nothing: dict[str, None] = dict.fromkeys(re.findall(r"%\((\w+)\)", query.decode()))
    with db.transaction(force_rollback=True):
        found = db.execute(b"SELECT * FROM (" + query + b") AS listed LIMIT 0", nothing)
        return {column.name for column in found.description or ()}


def types_of(db: Connection, query: bytes) -> dict[str, int]:
    """Give the type of each column that a query selects."""
    nothing: dict[str, None] = dict.fromkeys(re.findall(r"%\((\w+)\)", query.decode()))
    with db.transaction(force_rollback=True):
        found = db.execute(b"SELECT * FROM (" + query + b") AS listed LIMIT 0", nothing)
        return {column.name: column.type_code for column in found.description or ()}


def test_every_list_is_searched_sorted_and_narrowed_by_days(module_db: Connection) -> None:
    lacks = []
    for one in listings():
        types = types_of(module_db, one.query)
        if not (one.search or one.asks):
            lacks.append(f"{one.name} cannot be searched")
        if not any(column.sort for column in one.columns):
            lacks.append(f"{one.name} cannot be sorted")
        if not (one.dates or one.sums) and not one.undated:
            lacks.append(f"{one.name} has no days, and does not say why")
        if (one.dates or one.sums) and one.undated:
            lacks.append(f"{one.name} has days, and says why not")
        if one.dates and one.days != (types[one.dates] == DATE):
            lacks.append(f"{one.name} takes days for times, or times for days")
    assert lacks == []


def test_every_page_with_a_list_offers_all_of_it(served: Served) -> None:
    seen = set()
    for method, path, handler in routes():
        roles = handler.opt.get("roles", ())
        if method != "GET" or not roles or "999999999" in path:
            continue
        served.sign_in(min(roles))
        page = served.get(path).text
        found = re.search(r'id="list-([a-z-]+)"', page)
        if found is None:
            continue
        seen.add(found[1])
        assert 'name="search"' in page, path
        assert 'format=csv" download' in page, path
        dated = next(one for one in listings() if one.name == found[1])
        assert ('name="since"' in page) != bool(dated.undated), path
        answer = served.get(f"{path}?format=csv&search=a&since=2026-01-01&until=2026-12-31")
        assert answer.headers["content-type"].startswith("text/csv"), path
    assert len(seen) > 20


def test_every_list_on_a_phone_offers_all_of_it(served: Served) -> None:
    phone = Phone(served, A=1)
    for path, listing in (("/m/history", HISTORY), ("/m/near", NEAR), ("/m/points", POINTS)):
        page = phone.get(path).text
        for part in ('name="search"', 'name="sort"', 'format=csv" download'):
            assert part in page, f"{path} lacks {part}"
        for day in ("since", "until"):
            assert (f'name="{day}"' in page) != bool(listing.undated), path
        answer = phone.get(f"{path}?format=csv&search=a&since=2026-01-01&until=2026-12-31")
        assert answer.headers["content-type"].startswith("text/csv"), path


def test_a_table_that_is_no_list_says_why() -> None:
    folder = Path(str(files("tongbao.web"))) / "templates"
    found = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.html")
        if "<table" in path.read_text()
    }
    assert found == {"parts/list.html", *TABLES}


def test_lists_are_asked_only_for_columns_that_they_have(module_db: Connection) -> None:
    found = listings()
    assert len(found) > 30
    for one in found:
        has = columns_of(module_db, one.query)
        more = columns_of(module_db, one.more) - {one.key} if one.more else set()
        asked = {one.key, one.sort.lstrip("-"), *one.search, *(each.name for each in one.choices)}
        asked |= {column.name for column in one.columns if column.sort}
        asked |= {one.dates} if one.dates else set()
        shown = {name for each in one.columns for name in (each.name, each.second) if name}
        assert asked <= has, f"{one.name} is asked for {asked - has}"
        assert has.isdisjoint(more), f"{one.name} has {has & more} twice"
        for each in one.columns:
            assert bool(each.second) == bool(each.second_title), f"{one.name}: {each.name}"
        assert shown <= has | more, f"{one.name} lacks {shown - has - more}"


def test_every_list_that_is_empty_says_what_to_do_or_to_expect() -> None:
    assert [one.name for one in listings() if not one.advice] == []
