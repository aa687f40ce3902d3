"""Lists survive the way to PostgreSQL and back, whatever is in them."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongbao.kernel import arrays
from tongbao.kernel.db import Connection

pytestmark = pytest.mark.postgres

# The connection is only read from, so that one serves all examples.
read_only = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

BIGINTS = st.integers(-(2**63), 2**63 - 1)
# PostgreSQL has no NUL in texts, and half a surrogate pair is no text.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
FIRST, LAST = datetime.fromisoformat("1970-01-01"), datetime.fromisoformat("2900-01-01")
TIMES = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


def send(db: Connection, literal: str, kind: str) -> object:
    row = db.execute(f"SELECT %s::{kind}[]".encode(), (literal,)).fetchone()
    assert row is not None
    return row[0]


@read_only
@given(values=st.lists(BIGINTS))
def test_whole_numbers_come_back(db: Connection, values: list[int]) -> None:
    assert send(db, arrays.ints(values), "bigint") == values


@read_only
@given(values=st.lists(st.none() | BIGINTS))
def test_whole_numbers_and_nulls_come_back(db: Connection, values: list[int | None]) -> None:
    assert send(db, arrays.ints_or_null(values), "bigint") == values


@read_only
@given(values=st.lists(st.none() | TEXTS))
def test_any_texts_come_back(db: Connection, values: list[str | None]) -> None:
    assert send(db, arrays.texts(values), "text") == values


def test_nasty_texts_come_back(db: Connection) -> None:
    nasty = ["", "NULL", "null", None, "{}", ",", '"', "\\", '\\"', "a'b", " x ", "\n\t\r", "积分",
             "%s", "%(a)s", "{1,2}", "\x01", "😀", '","', "\\N", "$1", "--", "\u202e"]  # fmt: skip
    assert send(db, arrays.texts(nasty), "text") == nasty


@read_only
@given(values=st.lists(st.none() | TIMES))
def test_times_come_back(db: Connection, values: list[datetime | None]) -> None:
    assert send(db, arrays.times(values), "timestamptz") == values


def test_booleans_and_words_come_back(db: Connection) -> None:
    assert send(db, arrays.ints([True, False]), "boolean") == [True, False]
    assert send(db, arrays.words(["wallet", "held", "a1b2"]), "text") == ["wallet", "held", "a1b2"]


@pytest.mark.parametrize("build", [arrays.ints, arrays.words, arrays.texts, arrays.times])
def test_an_empty_list_is_an_empty_array(db: Connection, build: object) -> None:
    assert callable(build)
    assert send(db, build([]), "text") == []
