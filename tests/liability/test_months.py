"""Months begin at midnight in the alliance's time zone."""

from datetime import UTC, date, datetime

import pytest

from tongbao.liability import months
from tongbao.liability.months import MonthMalformed

MAY = date(2026, 5, 1)


def test_a_month_is_read_as_it_is_written() -> None:
    assert months.parse(" 2026-05 ") == MAY
    assert months.show(MAY) == "2026-05"


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "26-05", "2026-5", "1999-12",
                                  "2026-05-01", "9999-12", "２０２６-05"])  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(MonthMalformed):
        months.parse(text)


@pytest.mark.parametrize(
    ("by", "there"),
    [
        (0, MAY),
        (1, date(2026, 6, 1)),
        (8, date(2027, 1, 1)),
        (-5, date(2025, 12, 1)),
        (-17, date(2024, 12, 1)),
    ],
)
def test_months_are_added_and_counted(by: int, there: date) -> None:
    assert months.add(MAY, by) == there
    assert months.between(MAY, there) == by


def test_a_month_ends_where_the_next_begins_by_the_alliances_clock() -> None:
    assert months.end(MAY, "Asia/Shanghai") == datetime(2026, 5, 31, 16, tzinfo=UTC)
    last = datetime(2026, 5, 31, 15, 59, 59, tzinfo=UTC)
    assert months.of(last, "Asia/Shanghai") == MAY
    assert months.last_complete(last, "Asia/Shanghai") == date(2026, 4, 1)
    assert months.last_complete(months.end(MAY, "Asia/Shanghai"), "Asia/Shanghai") == MAY
    assert months.end(date(2026, 3, 1), "Europe/Berlin") == datetime(2026, 3, 31, 22, tzinfo=UTC)
