import csv

import iso18245
import pytest

from tests.alliance import reference
from tongbao.alliance import mcc


@pytest.mark.parametrize("code", ["7832", "7011", "5812", "5411", "0742", "9950"])
def test_a_category_that_says_what_is_sold_is_taken(code: str) -> None:
    assert mcc.check(code) == code


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "it must have four digits"),
        ("783", "it must have four digits"),
        ("07832", "it must have four digits"),
        (" 783", "it must have four digits"),
        ("７８３２", "it must have four digits"),
        ("-783", "it must have four digits"),
        ("78\0", "it must have four digits"),
        ("0001", "its range is reserved"),
        ("3501", "its range is reserved"),
        ("9000", "its range is reserved"),
        ("5413", "no list has it"),
    ],
)
def test_anything_else_is_refused_with_the_reason(code: str, reason: str) -> None:
    with pytest.raises(mcc.MccUnknown) as refused:
        mcc.check(code)
    assert refused.value.facts["reason"] == reason


def test_a_refusal_repeats_only_the_beginning() -> None:
    with pytest.raises(mcc.MccUnknown) as refused:
        mcc.check("7" * 1_000_000)
    assert len(str(refused.value)) < 200


def test_every_code_of_the_official_list_is_taken_and_39_of_the_networks() -> None:
    with reference.find("iso18245_official_list.csv").open(encoding="utf-8") as file:
        official = {row["MCC"] for row in csv.DictReader(file)}
    taken = {code for code in map("{:04d}".format, range(10_000)) if _is_taken(code)}
    assert len(official) == 280
    assert official <= taken
    assert len(taken - official) == 39
    assert all(not iso18245.get_mcc(code).iso_description for code in taken - official)


def _is_taken(code: str) -> bool:
    try:
        mcc.check(code)
    except mcc.MccUnknown:
        return False
    return True
