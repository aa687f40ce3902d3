"""Amounts, times, quantities and points are read exactly, or refused with a code."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tongbao.intake.entry import Entry, read_entries
from tongbao.intake.mapping import Columns, Mapping
from tongbao.kernel import limits

GOOD = {
    "outlet": "mall-1", "member": "6222 0001", "receipt": "R1", "time": "2026-04-01 12:00:00",
    "amount": "12.34",
}  # fmt: skip
SHANGHAI = ZoneInfo("Asia/Shanghai")


def entry(how: Mapping = Mapping(), **cells: Any) -> Entry:  # noqa: B008 - frozen
    """Read one row; a cell that is None is a column that the file does not have."""
    values = {name: value for name, value in (GOOD | cells).items() if value is not None}
    places = {name: place for place, name in enumerate(values)}
    return next(read_entries([(0, 2, list(values.values()), None)], how, places, SHANGHAI))


def code(how: Mapping = Mapping(), **cells: Any) -> str | None:  # noqa: B008 - frozen
    fault = entry(how, **cells).fault
    return None if fault is None else fault.code


def test_a_good_row_has_its_values() -> None:
    found = entry(points="3", item="tea", quantity="2", line="7")
    assert found.fault is None
    assert (found.outlet, found.receipt, found.member) == ("mall-1", "R1", "6222 0001")
    assert found.at == datetime(2026, 4, 1, 4, tzinfo=UTC)
    assert (found.amount, found.points, found.up_to) == (1_234, 300, False)
    assert (found.line_id, found.item, found.quantity) == ("7", "tea", 2)


@pytest.mark.parametrize("text", ["1,5", "1.234", "1e3", "１２", "", "0x10", "1" * 40, "NaN", "-"])
def test_an_amount_that_is_none_is_refused(text: str) -> None:
    assert code(amount=text) == ("amount-malformed" if text else "value-missing")


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("4.440892e-16", 0), ("3.8599999999999999", 386), ("1.005", 101), ("-1.005", -101),
        ("1e2", 10_000), (".5", 50), ("5.", 500),
    ],
)  # fmt: skip
def test_fractions_are_rounded_only_by_name(text: str, fen: int) -> None:
    assert entry(Mapping(rounding="half-up"), amount=text).amount == fen
    assert entry(Mapping(rounding="half-up"), amount=text).fault is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234", 1234), ("-5", -5), ("1.5", "amount-malformed"),
        (str(limits.AMOUNT + 1), "amount-out-of-range"), ("1e999", "amount-out-of-range"),
    ],
)  # fmt: skip
def test_fen_are_whole(text: str, expected: int | str) -> None:
    found = entry(Mapping(amounts="fen"), amount=text)
    assert (found.fault.code if found.fault else found.amount) == expected


@pytest.mark.parametrize(
    ("quantity", "price", "expected"),
    [
        ("6", "2.55", 1_530), ("-12", "0.85", -1_020), ("0.534", "10", 534),
        ("1", "0.001", "amount-malformed"), ("0.3333", "0.01", "amount-malformed"),
        ("1_0", "1", "quantity-malformed"), ("1e30", "1", "quantity-malformed"),
        ("", "1", "value-missing"), ("1", "", "value-missing"), ("10", "0.001", 1),
    ],
)  # fmt: skip
def test_a_price_times_a_quantity_is_exact(quantity: str, price: str, expected: int | str) -> None:
    found = entry(amount=None, quantity=quantity, unit_price=price)
    assert (found.fault.code if found.fault else found.amount) == expected


def test_a_negative_quantity_makes_a_return_of_a_positive_amount() -> None:
    assert entry(quantity="-2").amount == -1_234
    assert entry(quantity="-2", amount="-12.34").amount == -1_234


@pytest.mark.parametrize(("text", "pieces"), [("", 1), ("0", 1), ("1.5", 1), ("3", 3), ("-4", 4)])
def test_what_is_no_number_of_pieces_is_one_piece(text: str, pieces: int) -> None:
    assert entry(quantity=text).quantity == pieces


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("", (0, False)), ("0", (0, False)), ("12.5", (1_250, False)),
        ("up to 100", (10_000, True)), ("ALL", (limits.AMOUNT, True)),
    ],
)  # fmt: skip
def test_points_to_spend_are_a_number_up_to_one_or_all(text: str, points: tuple[int, bool]) -> None:
    found = entry(points=text)
    assert (found.points, found.up_to) == points


@pytest.mark.parametrize("text", ["-1", "some", "up to", "up to -1", "1.234"])
def test_other_points_are_refused(text: str) -> None:
    assert code(points=text) == "points-malformed"


@pytest.mark.parametrize(
    "text", ["2026-04-01T04:00:00Z", "2026-04-01T12:00:00", "2026-04-01 12:00", "20260401T120000"]
)
def test_a_time_has_its_own_zone_or_the_mappings(text: str) -> None:
    assert entry(time=text).at == datetime(2026, 4, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-02-30", "12:00", "1775102400"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    assert code(time=text) == "time-malformed"


def test_a_time_is_read_as_the_mapping_writes_it() -> None:
    how = Mapping(time_format="%d.%m.%Y %H:%M")
    assert entry(how, time="01.04.2026 12:00").at == datetime(2026, 4, 1, 4, tzinfo=UTC)
    assert code(how, time="2026-04-01 12:00") == "time-malformed"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"outlet": ""}, "value-missing"),
        ({"outlet": "a b"}, "code-malformed"),
        ({"outlet": "x" * 65}, "code-malformed"),
        ({"member": "  "}, "value-missing"),
        ({"member": "a\0b"}, "text-malformed"),
        ({"member": "x" * 1_000}, "text-malformed"),
        ({"receipt": ""}, "value-missing"),
        ({"receipt": "x" * 201}, "text-malformed"),
        ({"receipt": "\udcff"}, "text-malformed"),
        ({"item": "a\nb"}, "text-malformed"),
        ({"time": ""}, "value-missing"),
    ],
)
def test_a_value_that_cannot_be_kept_is_refused(cells: dict[str, Any], expected: str) -> None:
    assert code(**cells) == expected


def test_the_columns_of_the_mapping_are_the_fields_that_are_read() -> None:
    known = {field.name for field in msgspec.structs.fields(Columns)}
    assert known == {*GOOD, "points", "line", "item", "quantity", "unit_price", "return_of"}
