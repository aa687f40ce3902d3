"""Working days, with those that make up for long holidays, and when a business date begins."""

import json
import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world import AT
from tongbao.clearing import announced, calendar
from tongbao.clearing.announced import CalendarMalformed, SpecialDay, Year
from tongbao.clearing.calendar import (
    DAY,
    LIBRARY,
    Calendar,
    CalendarNotAnnounced,
    Cutover,
    business_date,
    cutover_after,
    is_working_day,
    last_working_day,
    next_working_day,
)
from tongbao.kernel.db import Connection
from tongbao.kernel.texts import TextMalformed

SHANGHAI = ZoneInfo("Asia/Shanghai")
DATA = Path(os.environ.get("TONGBAO_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
LISTS = DATA / "reference" / "holiday_cn"
KNOWN_DAYS = st.dates(date(2005, 1, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("day", "works", "why"),
    [
        ("2026-10-01", False, "national day"),
        ("2026-10-07", False, "the last of the golden week"),
        ("2026-10-08", True, "a Thursday"),
        ("2026-10-10", True, "a Saturday that is worked for it"),
        ("2026-10-11", False, "a Sunday"),
        ("2026-02-14", True, "a Saturday that is worked for the spring festival"),
        ("2026-02-16", False, "new year's eve, a Monday"),
        ("2026-02-28", True, "a Saturday that is worked for it"),
        ("2020-01-31", False, "the spring festival was prolonged while it lasted"),
    ],
)
def test_golden_weeks_and_the_days_that_make_up_for_them(day: str, works: bool, why: str) -> None:
    assert is_working_day(LIBRARY, date.fromisoformat(day)) is works, why


def test_a_golden_week_is_skipped_in_both_directions() -> None:
    assert next_working_day(LIBRARY, date(2025, 9, 30)) == date(2025, 10, 9)
    assert last_working_day(LIBRARY, date(2025, 10, 9)) == date(2025, 9, 30)
    assert next_working_day(LIBRARY, date(2025, 9, 27)) == date(2025, 9, 28)  # a Sunday, worked


@given(KNOWN_DAYS)
def test_the_next_working_day_is_the_first_after_it(day: date) -> None:
    after = next_working_day(LIBRARY, day)
    assert after > day
    assert is_working_day(LIBRARY, after)
    between = [day + n * DAY for n in range(1, (after - day).days)]
    assert not any(is_working_day(LIBRARY, one) for one in between)
    assert last_working_day(LIBRARY, after) <= day or last_working_day(LIBRARY, after) == day


def test_a_year_that_is_not_announced_is_refused_and_not_guessed() -> None:
    far = date(2199, 6, 1)
    for ask in (is_working_day, next_working_day, last_working_day):
        with pytest.raises(CalendarNotAnnounced) as refused:
            ask(LIBRARY, far)
        assert refused.value.facts == {"year": 2199}
    with pytest.raises(CalendarNotAnnounced):
        next_working_day(LIBRARY, date(2003, 6, 2))


@pytest.mark.skipif(not LISTS.is_dir(), reason="the lists of announced days are not here")
def test_the_library_agrees_with_the_announcements_day_by_day() -> None:
    listed: dict[date, bool] = {}
    years = set()
    for path in sorted(LISTS.glob("*.json")):
        said = json.loads(path.read_text("utf-8"))
        if said["days"]:
            years.add(said["year"])
        listed |= {date.fromisoformat(d["date"]): not d["isOffDay"] for d in said["days"]}
    years = {year for year in years if year in calendar._YEARS}
    assert years >= {2020, 2021, 2022, 2023, 2024, 2025, 2026}
    for year in years:
        day = date(year, 1, 1)
        while day.year == year:
            assert is_working_day(LIBRARY, day) is listed.get(day, day.isoweekday() <= 5), day
            day += DAY


@pytest.mark.skipif(not LISTS.is_dir(), reason="the lists of announced days are not here")
def test_a_list_of_a_year_that_is_not_announced_yet_is_refused() -> None:
    read = announced.read_file(LISTS / "2026.json")
    assert (read.year, read.days[0].day, read.days[0].is_off) == (2026, date(2026, 1, 1), True)
    for path in LISTS.glob("*.json"):
        if not json.loads(path.read_text("utf-8"))["days"]:
            with pytest.raises(CalendarMalformed, match="not announced yet"):
                announced.read_file(path)


def off(day: str, name: str = "") -> SpecialDay:
    return SpecialDay(day=date.fromisoformat(day), is_off=True, name=name)


def test_what_the_operator_records_goes_first(db: Connection) -> None:
    day, sunday = date(2199, 6, 3), date(2199, 6, 2)
    assert (day.isoweekday(), sunday.isoweekday()) == (1, 7)
    year = Year(year=2199, days=[off("2199-06-03", "端午节"), off("2198-12-31")])
    announced.record_year(db, year, by="Lin", at=AT)
    announced.record_day(db, sunday, working=True, name="调休", by="Lin", at=AT)
    announced.record_day(db, date(2026, 5, 6), working=False, name="", by="Lin", at=AT)
    known = calendar.read(db)
    assert not is_working_day(known, day)
    assert is_working_day(known, sunday)
    assert is_working_day(known, date(2199, 6, 4))
    assert not is_working_day(known, date(2199, 6, 8))
    assert is_working_day(LIBRARY, date(2026, 5, 6))
    assert not is_working_day(known, date(2026, 5, 6))
    assert not is_working_day(known, date(2198, 12, 31))
    with pytest.raises(CalendarNotAnnounced):
        is_working_day(known, date(2198, 12, 30))
    assert [(one.day, one.working, one.name) for one in announced.recorded(db, 2199)] == [
        (sunday, True, "调休"),
        (day, False, "端午节"),
    ]


def test_a_year_recorded_again_takes_the_place_of_itself(db: Connection) -> None:
    announced.record_year(db, Year(year=2199, days=[off("2199-06-03")]), by="Lin", at=AT)
    announced.record_year(db, Year(year=2199, days=[off("2199-06-04")]), by="Lin", at=AT)
    known = calendar.read(db)
    assert known.days == {date(2199, 6, 4): False}
    # A year the library knows is then what the operator says, and nothing else.
    announced.record_year(db, Year(year=2026, days=[off("2026-01-01")]), by="Lin", at=AT)
    assert is_working_day(calendar.read(db), date(2026, 10, 1))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no columns"),
        ("{", "Input data was truncated"),
        ('{"year": 2199, "days": []}', "not announced yet"),
        ('{"year": 2199}', "missing"),
        ('{"year": 1, "days": [{"date": "2199-01-01", "isOffDay": true}]}', "no year of ours"),
        ('{"year": 2199, "days": [{"date": "2199-02-30", "isOffDay": true}]}', "date"),
        ('{"year": 2199, "days": [{"date": "2190-01-01", "isOffDay": true}]}', "belong"),
        ('{"year": 2199, "days": [{"date": "2199-01-05", "isOffDay": false}]}', "is off"),
        ("date,name\n2199-01-01,x\n", "no columns"),
        ("date,working\n2199-01-01,perhaps\n", "line 2"),
        ("date,working\n2199-01-32,no\n", "day"),
        ("date,working\n2199-01-01,no\n2199-01-01,yes\n", "twice"),
        ("date,working\n", "no year of ours|no days"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "days"
    path.write_text(text)
    with pytest.raises(CalendarMalformed, match=reason):
        announced.read_file(path)


def test_files_that_are_huge_missing_or_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "days"
    with pytest.raises(CalendarMalformed):
        announced.read_file(path)
    for content in (b"\xff\xfe\x00", b"[" * 2_000_000, b"{" * 900_000):
        path.write_bytes(content)
        with pytest.raises(CalendarMalformed):
            announced.read_file(path)


def test_a_list_may_be_a_table_too(db: Connection, tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text(
        "\ufeffdate,working,name\n2199-01-01,no,元旦\n2199-01-05,YES,\n2199-01-02,no,\n"
    )
    year = announced.read_file(path)
    assert year.year == 2199
    announced.record_year(db, year, by="Lin", at=AT)
    assert is_working_day(calendar.read(db), date(2199, 1, 5))
    bad = Year(year=2199, days=[off("2199-01-01", "a\x00b")])
    with pytest.raises(TextMalformed):
        announced.record_year(db, bad, by="Lin", at=AT)


@pytest.mark.parametrize(
    ("cutover", "at", "day"),
    [
        ("00:00", "2026-05-01T15:59:59+00:00", "2026-05-01"),
        ("00:00", "2026-05-01T16:00:00+00:00", "2026-05-02"),
        ("23:00", "2026-05-01T14:59:59+00:00", "2026-05-01"),
        ("23:00", "2026-05-01T15:00:00+00:00", "2026-05-02"),
        ("02:30", "2026-05-01T18:29:59+00:00", "2026-05-01"),
        ("02:30", "2026-05-01T18:30:00+00:00", "2026-05-02"),
        ("12:00", "2026-05-01T04:00:00+00:00", "2026-05-02"),
        ("11:59", "2026-05-01T04:00:00+00:00", "2026-05-01"),
    ],
)
def test_a_business_date_begins_at_the_cut_over(cutover: str, at: str, day: str) -> None:
    rule = Cutover(SHANGHAI, time.fromisoformat(cutover))
    assert business_date(datetime.fromisoformat(at), rule) == date.fromisoformat(day)


CUTOVERS = st.builds(
    Cutover,
    st.sampled_from(["Asia/Shanghai", "Europe/Paris", "America/New_York", "Pacific/Apia"]).map(
        ZoneInfo
    ),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
FIRST, LAST = datetime(2009, 1, 1), datetime(2026, 12, 1)  # noqa: DTZ001 - st adds the zone
TIMES = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


@given(CUTOVERS, TIMES, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_business_dates_never_go_back_and_change_at_the_next_cut_over(
    cutover: Cutover, at: datetime, later: timedelta
) -> None:
    day, ends = business_date(at, cutover), cutover_after(at, cutover)
    assert ends > at
    assert business_date(ends, cutover) > day
    assert business_date(ends - timedelta(microseconds=1), cutover) == day
    assert business_date(at + later, cutover) >= day
    assert calendar.begins(day, cutover) <= at


def test_nothing_recorded_is_an_empty_calendar(db: Connection) -> None:
    assert calendar.read(db) == Calendar() == LIBRARY
