"""What a list exports is what a spreadsheet reads as it is meant: shares, days, no formulas."""

import csv
import io
from datetime import UTC, datetime

from tongbao.web import words
from tongbao.web.export import csv_of
from tongbao.web.lists import Column, Listing

ZH = words.of("zh", "Asia/Shanghai")
LISTING = Listing(
    name="shares",
    query=b"",
    sort="name",
    columns=(
        Column(name="name", title="Outlet"),
        Column(name="share", title="Share", kind="percent"),
        Column(name="day", title="Day", kind="date"),
        Column(name="at", title="When", kind="moment"),
    ),
    empty="",
)


def test_a_share_is_a_percentage_and_a_day_has_no_time() -> None:
    at = datetime(2026, 10, 30, 20, tzinfo=UTC)
    rows = [
        {"name": "=1+1", "share": 524_264, "day": at, "at": at},
        {"name": "A", "share": 60_000, "day": at.date(), "at": None},
    ]
    text = csv_of(LISTING, rows, ZH, {}, more=False).content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1:] == [
        ["'=1+1", "52.4264%", "2026-10-31", "2026-10-31 04:00:00+08:00"],
        ["A", "6%", "2026-10-30", ""],
    ]
