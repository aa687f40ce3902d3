"""What is due on a working day: every date is settled once, on the first working day after."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongbao.alliance.types import Cycle
from tongbao.clearing import calendar, windows
from tongbao.clearing.calendar import DAY, LIBRARY, CalendarNotAnnounced, Cutover
from tongbao.clearing.cycles import (
    CYCLES,
    Due,
    Period,
    due,
    due_windows,
    end_of,
    settled_on,
    start_of,
    through_window,
)
from tongbao.kernel.db import Connection

KNOWN_DAYS = st.dates(date(2005, 1, 1), date(2026, 11, 1))
CUTOVER = Cutover(ZoneInfo("Asia/Shanghai"))


def of(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-05-19", {"daily": of("2026-05-18", "2026-05-18")}),
        ("2026-05-17", {}),
        (  # a Monday
            "2026-05-18",
            {
                "daily": of("2026-05-15", "2026-05-17"),
                "weekly": of("2026-05-11", "2026-05-17"),
            },
        ),
        (  # the first after a golden week that a month ended in front of
            "2025-10-09",
            {
                "daily": of("2025-09-30", "2025-10-08"),
                "monthly": of("2025-09-01", "2025-09-30"),
                "weekly": of("2025-09-29", "2025-10-05"),
            },
        ),
        ("2025-09-28", {"daily": of("2025-09-26", "2025-09-27")}),  # a Sunday that is worked
        ("2026-10-10", {"daily": of("2026-10-09", "2026-10-09")}),  # a Saturday that is worked
        (
            "2026-10-12",
            {"daily": of("2026-10-10", "2026-10-11"), "weekly": of("2026-10-05", "2026-10-11")},
        ),
        (  # two weeks ended in the prolonged spring festival of 2020
            "2020-02-03",
            {
                "daily": of("2020-01-23", "2020-02-02"),
                "weekly": of("2020-01-20", "2020-02-02"),
                "monthly": of("2020-01-01", "2020-01-31"),
            },
        ),
    ],
)
def test_what_is_due_on_a_day(day: str, expected: dict[Cycle, Period]) -> None:
    assert due(LIBRARY, date.fromisoformat(day)) == expected


@given(KNOWN_DAYS, st.sampled_from(CYCLES))
def test_every_date_is_settled_once_on_the_day_that_is_foretold(day: date, cycle: Cycle) -> None:
    on = settled_on(LIBRARY, cycle, day)
    if on is None:
        assert cycle == "on_demand"
        return
    assert start_of(cycle, day) <= day <= end_of(cycle, day) < on
    period = due(LIBRARY, on)[cycle]
    assert period.first <= day <= period.last
    before = calendar.last_working_day(LIBRARY, on)
    while before > period.first - 45 * DAY:  # no other working day has it
        other = due(LIBRARY, before).get(cycle)
        assert other is None or other.last < period.first
        before = calendar.last_working_day(LIBRARY, before)


@given(KNOWN_DAYS)
def test_periods_follow_each_other_without_a_gap(day: date) -> None:
    on = calendar.next_working_day(LIBRARY, day)
    after = calendar.next_working_day(LIBRARY, on)
    assert due(LIBRARY, after)["daily"].first == due(LIBRARY, on)["daily"].last + DAY


def test_a_day_of_a_year_that_is_not_announced_is_refused() -> None:
    with pytest.raises(CalendarNotAnnounced):
        due(LIBRARY, date(2199, 1, 2))
    with pytest.raises(CalendarNotAnnounced):
        settled_on(LIBRARY, "daily", date(2198, 12, 31))
    assert settled_on(LIBRARY, "on_demand", date(2199, 1, 1)) is None


def test_a_window_belongs_to_the_last_date_that_had_ended_when_it_was_closed(
    db: Connection,
) -> None:
    def at(day: int, hour: int, minute: int = 0) -> datetime:
        return datetime(2200, 5, day, hour, minute, tzinfo=CUTOVER.zone).astimezone(UTC)

    def through(day: int) -> int | None:
        return through_window(db, date(2200, 5, day), CUTOVER)

    with db.transaction():
        windows.close(db, at(1, 0, 1))  # window 1, opened in the past
        windows.close(db, at(1, 9))  # 2: within the first
        windows.close(db, at(2, 0))  # 3: on the stroke
        windows.close(db, at(2, 0, 5))  # 4: within the second
        windows.close(db, at(3, 0, 5))  # 5: the second, a little late
        windows.close(db, at(6, 1))  # 6: nobody closed for days: it had seen the fifth end
    assert [through(day) for day in range(1, 7)] == [3, 5, 5, 5, 6, 6]
    assert through_window(db, date(2200, 4, 30), CUTOVER) == 1
    assert through_window(db, date(2000, 4, 30), CUTOVER) is None


def test_cycles_that_are_due_come_with_their_last_windows(db: Connection) -> None:
    begin = datetime(2026, 5, 1, 0, tzinfo=CUTOVER.zone)
    db.execute("UPDATE ledger.clearing_window SET opened_at = %s", (begin,))
    for day in range(31):
        with db.transaction():
            windows.close(db, begin + timedelta(days=day + 1))
    assert due_windows(db, date(2026, 6, 1), CUTOVER) == [
        Due(cycle=cycle, first=date(2026, 5, first), last=date(2026, 5, 31), through_window=31)
        for cycle, first in zip(CYCLES[1:], (29, 25, 1), strict=True)
    ]
    found = due_windows(db, date(2026, 5, 6), CUTOVER)
    assert [(one.cycle, one.through_window) for one in found] == [("daily", 5), ("weekly", 3)]
    assert due_windows(db, date(2026, 5, 31), CUTOVER) == []
    assert due_windows(db, date(2026, 4, 30), CUTOVER) == []
