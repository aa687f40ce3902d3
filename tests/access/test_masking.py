import pytest

from tongbao.access import masking


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+8613812341234", "138****1234"),
        ("13812341234", "138****1234"),
        ("+442071838750", "+44****8750"),
        ("110", "****10"),
        ("", "****"),
    ],
)
def test_a_phone(number: str, shown: str) -> None:
    assert masking.phone(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [("6225880137065432", "****5432"), ("123456", "****56"), ("12", "****"), ("", "****")],
)
def test_a_card(number: str, shown: str) -> None:
    assert masking.card(number) == shown


@pytest.mark.parametrize(
    ("full", "shown"), [("张三丰", "张**"), ("Wei Lin", "W** L**"), ("", ""), ("李", "李**")]
)
def test_a_name(full: str, shown: str) -> None:
    assert masking.name(full) == shown


@pytest.mark.parametrize(
    ("address", "shown"), [("wei@example.cn", "w***@example.cn"), ("@x", "****"), ("", "****")]
)
def test_an_address(address: str, shown: str) -> None:
    assert masking.email(address) == shown


def test_the_end_of_an_identity() -> None:
    assert masking.end("1234") == "****1234"
