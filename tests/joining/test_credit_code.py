"""Credit codes by GB 32100: what is one, and what it says."""

import pytest

from tongbao.joining import credit_code
from tongbao.joining.credit_code import CreditCodeMalformed


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("91310105MA1FW8X278", "91310105MA1FW8X278"),
        (" 91310105ma1fw8x278 ", "91310105MA1FW8X278"),
        ("9131 0105 MA1F W8X2 78", "91310105MA1FW8X278"),
        ("91110000600037341L", "91110000600037341L"),  # the example of the standard's authority
    ],
)
def test_a_code_is_kept_without_what_people_write_between(given: str, kept: str) -> None:
    assert credit_code.check(given) == kept


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("91310105MA1FW8X279", "last character"),
        ("91310105MA1FW8X287", "last character"),
        ("91310105MA1FW8X27", "18"),
        ("91310105MAIFW8X278", "without I"),
        ("A1310105MA1FW8X278", "18 digits"),
        ("", "18"),
        ("9" * 41, "too long"),
    ],
)
def test_what_is_none_is_refused_and_says_why(given: str, why: str) -> None:
    with pytest.raises(CreditCodeMalformed) as refused:
        credit_code.check(given)
    assert why in str(refused.value)


def test_every_slip_of_one_character_is_found() -> None:
    good = "91310105MA1FW8X278"
    for place, other in ((p, c) for p in range(18) for c in "0123456789ABCDEFGHJKLMNPQRTUWXY"):
        if good[place] != other:
            with pytest.raises(CreditCodeMalformed):
                credit_code.check(good[:place] + other + good[place + 1 :])


def test_a_code_says_who_has_registered_and_where() -> None:
    assert credit_code.is_business("91310105MA1FW8X278")
    assert not credit_code.is_business("12310000425000000H")
    assert credit_code.region("91310105MA1FW8X278") == "310105"
