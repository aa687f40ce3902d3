import pytest

from tongbao.kernel import lists


def test_a_list_up_to_its_limit_is_let_through() -> None:
    lists.check("codes", range(3), 3)


def test_a_longer_list_is_refused_with_both_numbers() -> None:
    with pytest.raises(lists.ListTooLong) as refused:
        lists.check("codes", range(4), 3)
    assert str(refused.value) == "codes has 4 entries; at most 3 go at once"
