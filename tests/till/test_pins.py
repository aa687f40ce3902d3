"""PINs: set, checked, and five tries a day."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.till.conftest import Till
from tests.world import AT
from tongbao.access.guesses import TooManyAttempts
from tongbao.kernel import db as database
from tongbao.members.lock import MemberNotFound
from tongbao.till import pins
from tongbao.till.pins import PinMalformed, PinRefused

SALT = bytes(16)


def give(till: Till, member: int, pin: str = "271828") -> None:
    with till.conn.transaction():
        pins.set_pin(till.conn, member, pin, SALT, AT)


def test_the_right_pin_passes_and_forgives_the_wrong_ones_before_it(till: Till) -> None:
    member = till.world.members[0]
    assert not pins.has_pin(till.conn, member)
    give(till, member)
    for _ in range(2):
        for _ in range(4):
            assert isinstance(pins.check(till.conn, member, "000000", AT), PinRefused)
        assert pins.check(till.conn, member, "271828", AT) is None


def test_five_wrong_ones_end_the_day_also_for_the_right_one(till: Till) -> None:
    member = till.world.members[0]
    give(till, member)
    told = [pins.check(till.conn, member, "111112", AT) for _ in range(6)]
    assert [type(one) for one in told] == [PinRefused] * 5 + [TooManyAttempts]
    assert isinstance(pins.check(till.conn, member, "271828", AT), TooManyAttempts)
    assert pins.check(till.conn, member, "271828", AT + timedelta(days=1)) is None
    give(till, member, "314159")
    assert pins.check(till.conn, member, "314159", AT) is None


def test_many_guesses_at_once_are_five(till: Till, database_url: str) -> None:
    member = till.world.members[0]
    give(till, member)

    def guess(n: int) -> str:
        with database.connect(database_url) as conn:
            told = pins.check(conn, member, f"{n:06d}", AT)
        return type(told).__name__

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(guess, range(24)))
    assert (told.count("PinRefused"), told.count("TooManyAttempts")) == (5, 19)


def test_who_has_no_pin_is_refused_like_who_gave_a_wrong_one(till: Till) -> None:
    assert isinstance(pins.check(till.conn, till.world.members[0], "271828", AT), PinRefused)
    assert isinstance(pins.check(till.conn, 1, "271828", AT), PinRefused)


@pytest.mark.parametrize(
    "pin", ["", "12345", "1234567", "123456", "987654", "000000", "12345a", "٢٧١٨٢٨", "2" * 10_000]
)
def test_easy_and_malformed_pins_are_not_taken(till: Till, pin: str) -> None:
    with pytest.raises(PinMalformed):
        give(till, till.world.members[0], pin)


def test_nobody_has_no_pin(till: Till) -> None:
    with pytest.raises(MemberNotFound):
        give(till, 1)
