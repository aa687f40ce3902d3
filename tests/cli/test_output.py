"""What commands print: facts that people can read, tables with no empty lines."""

import pytest

from tongbao.cli import output


def test_facts_within_facts_are_given_and_unknown_ones_left_out() -> None:
    given = {"valid_from": "2026-09-01", "details": {"number": "62220001", "bic": None}}
    assert output.facts(given) == "valid_from=2026-09-01 number=62220001"


def test_a_table_without_names_of_columns_has_no_empty_head(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.table("Collateral", ["", ">"], [("deposit", "5.00")])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines == ["Collateral", "", "deposit   5.00", ""]


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 legs"), (1, "1 leg"), (2, "2 legs"), (1_000, "1,000 legs")]
)
def test_one_is_not_many(number: int, said: str) -> None:
    assert output.count(number, "leg") == said
