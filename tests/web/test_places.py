"""Where the alliance is: the plan of provinces, and the sites in each."""

import re

from tests.losses.fall import award, spend
from tests.web.serving import Served
from tests.world import one
from tongbao.clearing import windows
from tongbao.kernel import clock
from tongbao.web import words
from tongbao.web.operator.places import GRID, provinces, squares


def test_every_province_has_a_place_of_its_own() -> None:
    assert len(GRID) == len(set(GRID.values())) == 34
    found = [
        {"province": "31", "sites": 2, "outlets": 5, "volume": 900},
        {"province": "11", "sites": 1, "outlets": 1, "volume": 100},
    ]
    known = {
        one.province: one for one in squares(found, provinces(words.of("zh", "Asia/Shanghai")))
    }
    assert (known["31"].level, known["11"].level, known["44"].level) == (5, 1, 0)
    assert (known["15"].name, known["23"].name, known["31"].name) == ("内蒙古", "黑龙江", "上海")


def test_the_plan_is_in_english_too() -> None:
    known = {one.province: one for one in squares([], provinces(words.of("en", "Asia/Shanghai")))}
    assert all(one.name.isascii() for one in known.values())
    assert known["15"].lines == ("Inner", "Mongolia")
    assert known["61"].name != known["14"].name == "Shanxi"
    letters = {one.letters for one in known.values()}
    assert len(letters) == 34
    assert all(len(two) == 2 for two in letters)


def test_the_plan_counts_what_was_done_where(served: Served) -> None:
    for operation in (award(served.world, "A", 8_000), spend(served.world, "B", 8_000, "s")):
        assert one(served.db, operation, clock.now()).status == "posted"
    with served.db.transaction():
        windows.close(served.db, clock.now())
    served.sign_in("marketer")
    page = served.get("/operator/places").text
    assert page.count("<rect") == 34
    assert 'href="/operator/places?province=31"' in page
    assert "Shanghai: outlets 2, points 160" in page
    assert "Beijing: outlets 0" in page
    assert "Shanghai Mall" in page
    beijing = served.get("/operator/places?province=11").text
    assert "Beijing Mall" in beijing
    assert "Shanghai Mall" not in beijing
    assert re.search(r'aria-current="true"', beijing)
    assert "Shanghai Mall" in served.get("/operator/places?format=csv").text


def test_a_number_of_a_site_leads_to_the_outlets_it_is_made_of(served: Served) -> None:
    assert one(served.db, award(served.world, "A", 4_000), clock.now()).status == "posted"
    with served.db.transaction():
        windows.close(served.db, clock.now())
    served.sign_in("auditor")
    page = served.get("/operator/places?search=Shanghai&since=2026-01-01").text
    row = page[page.index('<td data-label="Outlets"') :]
    led = [where.replace("&amp;", "&") for where in re.findall(r'<a href="([^"]+)">', row)[:4]]
    assert [where.split("sort=")[1].split("&")[0] for where in led] == [
        "name", "organisation", "-issued", "-accepted",
    ]  # fmt: skip
    total = re.search(r'data-label="Points given"[^>]*>\s*<span><a [^>]*>([\d.]+)<', page)
    assert total is not None
    site = served.get(led[2]).text
    given = re.findall(r'data-label="Points given"[^>]*>\s*<span><a [^>]*>([\d.]+)<', site)
    assert len(given) == 2
    assert sum(map(float, given)) == float(total[1])
    operations = re.search(r'href="(/operator/organisations/\d+/operations\?search=[^"]+)"', site)
    assert operations is not None
    assert "Award" in served.get(operations[1].replace("&amp;", "&")).text
    assert served.get("/operator/places/999999").status_code == 404
    assert "Outlet" in served.get(f"{led[0]}&format=csv").text
