"""Payment codes: known vectors, what is read and what is not, and how long a code is found."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongbao.till import payment_code
from tongbao.till.payment_code import PaymentCodeMalformed, make, near, read

SECRET = bytes(range(32))
NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)

devices = st.integers(0, payment_code.DEVICES - 1)
steps = st.integers(0, 2**40)
secrets = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize(
    ("device", "step", "code"),
    [
        (0, 0, "900000000049127138"),
        (1, 1, "900000000179632519"),
        (123_456_789, 29_000_000, "912345678988328889"),
        (999_999_999, 29_000_001, "999999999903866886"),
    ],
)
def test_the_vectors_of_the_documentation(device: int, step: int, code: str) -> None:
    assert make(SECRET, device, step) == code


@given(secrets, devices, steps)
def test_what_is_made_is_read_and_found(secret: bytes, device: int, step: int) -> None:
    code = read(make(secret, device, step))
    assert code.device == device
    assert len(code.digits) == 18
    assert payment_code.find_step(secret, code, near(step)) == step


@given(secrets, devices, steps, st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(
    secret: bytes, device: int, step: int, place: int, by: int
) -> None:
    good = make(secret, device, step)
    bad = good[:place] + str((int(good[place]) + by) % 10) + good[place + 1 :]
    with pytest.raises(PaymentCodeMalformed):
        read(bad)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert make(SECRET, read(text).device, 0)[:10] == read(text).digits[:10]
    except PaymentCodeMalformed:
        assert not payment_code.looks_like(text)


def test_spaces_and_dashes_of_a_typed_code_do_not_matter() -> None:
    code = make(SECRET, 7, 7)
    assert read(payment_code.grouped(code)).digits == code
    assert read("-".join(code)).digits == code
    assert read(f" {code} ").digits == code


@pytest.mark.parametrize(
    "wrong", ["", "9", "9" * 17, "9" * 19, "8" * 18, "٩" * 18, "9" * 100_000, "91234567898832888x"]
)
def test_what_cannot_be_a_code_is_malformed(wrong: str) -> None:
    with pytest.raises(PaymentCodeMalformed):
        read(wrong)


@pytest.mark.parametrize(
    ("late", "found"),
    [(-61, False), (-60, True), (-1, True), (0, True), (60, True), (119, True), (120, False)],
)
def test_a_code_is_good_a_minute_before_and_after_its_own(late: int, found: bool) -> None:
    shown = payment_code.step_at(NOON)
    code = read(make(SECRET, 5, shown))
    now = payment_code.step_at(NOON + timedelta(seconds=late))
    assert (payment_code.find_step(SECRET, code, near(now)) == shown) is found


def test_a_late_repetition_is_recognised_when_asked_to_look_back() -> None:
    shown = payment_code.step_at(NOON)
    code = read(make(SECRET, 5, shown))
    assert payment_code.find_step(SECRET, code, near(shown + 90, back=100)) == shown
    assert payment_code.find_step(SECRET, code, near(shown + 90)) is None


def test_codes_of_one_device_differ_from_minute_to_minute() -> None:
    codes = {make(SECRET, 5, step) for step in range(10_000)}
    assert len(codes) > 9_980  # seven digits: of ten thousand, about five meet by chance


def test_another_secret_shows_other_codes() -> None:
    other = bytes(32)
    code = read(make(other, 5, 10_000))
    assert payment_code.find_step(SECRET, code, near(10_000, back=1_440)) is None
