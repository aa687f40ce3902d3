"""Periods: ranges of closed windows, asked for by their ids or by business dates."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tongbao.clearing import windows
from tongbao.clearing.calendar import Cutover
from tongbao.clearing.windows import WindowNotFound
from tongbao.kernel.db import Connection
from tongbao.statements import periods
from tongbao.statements.periods import PeriodEmpty, PeriodMalformed, PeriodOpen

SHANGHAI = ZoneInfo("Asia/Shanghai")
CUTOVER = Cutover(SHANGHAI)
DAY = timedelta(days=1)


def close_at(conn: Connection, *days: int) -> None:
    """Close a window at the end of each of these days of June."""
    for day in days:
        with conn.transaction():
            windows.close(conn, datetime(2031, 6, day, tzinfo=SHANGHAI) + DAY)


@pytest.fixture
def june(db: Connection) -> Connection:
    """Close a window at the end of the 1st, 2nd and 4th of June; nobody looked on the 3rd.

    In a year to come: the first window is opened by the migration.
    """
    with db.transaction():
        windows.close(db, datetime(2031, 6, 1, tzinfo=SHANGHAI))
    close_at(db, 1, 2, 4)
    return db


def test_a_day_has_the_windows_that_settlement_counts_to_it(june: Connection) -> None:
    second = periods.of_dates(june, date(2031, 6, 2), date(2031, 6, 2), CUTOVER)
    assert (second.first_window, second.last_window) == (3, 3)
    assert (second.first_date, second.last_date) == (date(2031, 6, 2), date(2031, 6, 2))
    whole = periods.of_dates(june, date(2031, 6, 1), date(2031, 6, 4), CUTOVER)
    assert (whole.first_window, whole.last_window) == (2, 4)
    assert whole.closed_at == datetime(2031, 6, 5, tzinfo=SHANGHAI)


def test_days_follow_each_other_without_a_gap(june: Connection) -> None:
    seen: list[int] = []
    for day in range(1, 5):
        try:
            one = periods.of_dates(june, date(2031, 6, day), date(2031, 6, day), CUTOVER)
        except PeriodEmpty:
            continue
        seen += range(one.first_window, one.last_window + 1)
    assert seen == [2, 3, 4]


def test_a_day_on_which_nothing_was_closed_is_empty(june: Connection) -> None:
    with pytest.raises(PeriodEmpty):
        periods.of_dates(june, date(2031, 6, 3), date(2031, 6, 3), CUTOVER)
    with pytest.raises(PeriodEmpty):
        periods.of_dates(june, date(1999, 1, 1), date(1999, 1, 2), CUTOVER)


def test_a_day_that_is_not_over_is_refused(june: Connection) -> None:
    for last in (date(2031, 6, 5), date(2031, 6, 6), date(2032, 1, 1)):
        with pytest.raises(PeriodOpen):
            periods.of_dates(june, date(2031, 6, 1), last, CUTOVER)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2031, 6, 2), date(2031, 6, 1)),
        (date(2015, 1, 1), date(2031, 6, 1)),
        (date.min, date.min),
        (date.max - DAY, date.max),
    ],
)
def test_a_period_that_is_none_is_refused(june: Connection, first: date, last: date) -> None:
    with pytest.raises(PeriodMalformed):
        periods.of_dates(june, first, last, CUTOVER)


def test_windows_are_asked_for_by_their_ids(june: Connection) -> None:
    one = periods.of_windows(june, 2, 4)
    assert (one.first_window, one.last_window, one.first_date) == (2, 4, None)
    assert one.opened_at == datetime(2031, 6, 1, tzinfo=SHANGHAI)
    with pytest.raises(PeriodMalformed):
        periods.of_windows(june, 3, 2)
    with pytest.raises(PeriodOpen):
        periods.of_windows(june, 1, 5)
    for first, last in ((0, 1), (1, 99), (-3, -1), (2**40, 2**40)):
        with pytest.raises(WindowNotFound):
            periods.of_windows(june, first, last)
