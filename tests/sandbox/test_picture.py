"""The matrix of claims: the largest on both sides, the rest summed, nothing lost."""

from tongbao.sandbox.picture import REST, Owed, matrix

CLAIMS = [
    Owed("a", "x", 500),
    Owed("a", "y", 300),
    Owed("b", "x", 200),
    Owed("b", "z", 100),
    Owed("c", "y", 50),
]


def test_rows_and_columns_are_the_largest_and_the_rest_is_summed() -> None:
    heads, rows = matrix(CLAIMS, rows=2, columns=1)
    assert heads == ["x", REST, "total"]
    assert rows == [("a", [500, 300, 800]), ("b", [200, 100, 300])]


def test_each_row_sums_to_its_total() -> None:
    _, rows = matrix(CLAIMS, rows=9, columns=9)
    assert [sum(amounts[:-1]) for _, amounts in rows] == [amounts[-1] for _, amounts in rows]
    assert sum(amounts[-1] for _, amounts in rows) == sum(owed.amount for owed in CLAIMS)


def test_without_claims_it_is_empty() -> None:
    assert matrix([], rows=3, columns=3) == ([REST, "total"], [])
