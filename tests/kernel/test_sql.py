"""Named SQL is split by its headers, and mistakes in it are found when it is loaded."""

import pytest

from tongbao.kernel import sql

TEXT = """
-- Everything above the first name is a remark.
-- name: list_things
-- The index needs both columns.
SELECT a, b
  -- half a remark
FROM things WHERE a = %(a)s;

-- name: count_things
SELECT count(*) FROM things
"""


def test_statements_are_found_by_name_without_their_remarks() -> None:
    assert sql.parse(TEXT) == {
        "list_things": b"SELECT a, b\nFROM things WHERE a = %(a)s",
        "count_things": b"SELECT count(*) FROM things",
    }


def test_a_name_may_occur_once() -> None:
    with pytest.raises(AssertionError, match="list_things is defined twice"):
        sql.parse(TEXT + TEXT)


def test_a_name_needs_a_statement() -> None:
    with pytest.raises(AssertionError, match="nothing is empty"):
        sql.parse("-- name: nothing\n-- only a remark\n")


def test_statements_are_attributes_and_unknown_ones_are_named() -> None:
    queries = sql.Queries("tongbao.things", sql.parse(TEXT))
    assert queries.count_things == b"SELECT count(*) FROM things"
    with pytest.raises(AttributeError, match=r"tongbao\.things has no query named other"):
        _ = queries.other
