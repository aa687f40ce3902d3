"""The merchant's pictures by day: the day that is still open is no fall to nothing."""

import csv
import html
import json
import re
from datetime import timedelta
from typing import Any

from tests.web.serving import Served
from tests.world import do, one
from tongbao.kernel import clock
from tongbao.points import operations as ops
from tongbao.points.check import Rules


def charts(served: Served, language: str = "en") -> list[dict[str, Any]]:
    """Give what the overview draws."""
    page = served.get("/merchant", language=language).text
    found = re.findall(r'data-chart="([^"]*)"', page)
    return [json.loads(html.unescape(one)) for one in found]


def test_points_are_drawn_by_closed_days_and_todays_sales_are_said_to_be_so_far(
    served: Served,
) -> None:
    world, at = served.world, clock.now()
    sale: dict[str, Any] = {
        "scope": world.organisations["A"],
        "member": world.members[0],
        "outlet": world.outlets["A"],
    }
    served.sign_in("manager")
    one(served.db, ops.Award(key="today", amount=20_000, **sale), at)
    assert "The last day is today so far." in served.get("/merchant").text
    assert "最后一天为今日截至目前的数据。" in served.get("/merchant", language="zh").text
    (sales,) = charts(served)
    assert sales["x"][-1].endswith(" so far")
    assert sales["series"][0]["values"] == [0] * 29 + [20_000]

    earlier = ops.Award(key="before", amount=30_000, effective_at=at - timedelta(days=1), **sale)
    do(served.db, [earlier], at, rules=Rules(past=None))
    for language, so_far in (("en", " so far"), ("zh", "（截至目前）")):
        sales, points = charts(served, language)
        assert sales["x"][-1].endswith(so_far)
        assert sales["series"][0]["values"][-2:] == [30_000, 20_000]
        assert points["x"] == sales["x"][:-1]
        (given, *_) = points["series"]
        assert given["values"][-1] > 0


def test_the_list_says_what_each_operation_gave_spent_and_moved_otherwise(served: Served) -> None:
    world, at = served.world, clock.now()
    whose: dict[str, Any] = {
        "scope": world.organisations["B"],
        "member": world.members[0],
        "outlet": world.outlets["B"],
    }
    one(served.db, ops.Award(key="given", points=10_000, **whose), at)
    one(served.db, ops.Hold(key="held", points=1_500, **whose), at)
    one(served.db, ops.Purchase(key="spent", amount=9_000, points=4_000, **whose), at)
    with served.db.transaction():
        served.db.execute(
            "UPDATE access.staff SET organisation_id = %s WHERE id = %s",
            (world.organisations["B"], served.people["finance"]),
        )
    served.sign_in("finance")
    lines = served.get("/merchant/operations?format=csv").text.removeprefix("\ufeff")
    found = {
        row["Kind"]: (row["Points given"], row["Points spent"], row["Moved otherwise"])
        for row in csv.DictReader(lines.splitlines())
    }
    assert found == {
        "Award": ("100.00", "", ""),
        "Hold": ("", "", "-15.00"),
        "Purchase": ("0.50", "40.00", ""),
    }
    page = served.get("/merchant/operations", language="zh").text
    for heading in ("积分发放", "使用积分", "其他变动积分"):
        assert f'data-label="{heading}"' in page
