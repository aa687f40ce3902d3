"""Who stands before the till, and what guessing costs."""

from datetime import timedelta

import pytest

from tests.till.conftest import SECRETS, Till
from tests.world import AT
from tongbao.access.guesses import TooManyAttempts
from tongbao.kernel.errors import Refusal
from tongbao.points.operations import CodeUse
from tongbao.till import payment_code
from tongbao.till.identify import (
    WRONG_AT_ORGANISATION,
    WRONG_AT_TERMINAL,
    Identified,
    Means,
    PaymentCodeUnknown,
    Place,
    identify,
    means_of,
)

HERE = Place(7, "o1", "t1")
STEP = payment_code.step_at(AT)


def ask(till: Till, means: Means, value: str, place: Place = HERE, late: int = 0) -> object:
    with till.conn.transaction():
        at = AT + timedelta(seconds=late)
        return identify(till.conn, means, value, place, at, secrets=SECRETS)


def wrong(till: Till, place: Place, number: int) -> object:
    return ask(till, "code", payment_code.make(bytes(32), 999_999, STEP + 5_000 + number), place)


def test_a_card_and_a_code_lead_to_the_same_member(till: Till) -> None:
    member = till.world.members[3]
    phone = till.phone(member)
    assert ask(till, "card", "CARD000003") == Identified(member)
    assert ask(till, "code", phone.shows()) == Identified(member, CodeUse(phone.device, STEP))


@pytest.mark.parametrize(
    ("scanned", "means"),
    [
        ("912345678988328889", "code"),
        ("9123 4567 8988 3288 89", "code"),
        ("912345678988328888", "card"),
        ("CARD000003", "card"),
        ("13812345678", "phone"),
        ("+86 138 1234 5678", "phone"),
        ("", "card"),
    ],
)
def test_what_was_scanned_is_told_by_its_form(scanned: str, means: str) -> None:
    assert means_of(scanned) == means


def test_a_code_is_recognised_long_after_but_only_by_the_posting_used(till: Till) -> None:
    phone = till.phone(till.world.members[0])
    told = ask(till, "code", phone.shows(), late=3_600)
    assert told == Identified(phone.member, CodeUse(phone.device, STEP))
    assert isinstance(ask(till, "code", phone.shows(), late=90_000), PaymentCodeUnknown)


def test_a_revoked_device_shows_nothing(till: Till) -> None:
    phone = till.phone(till.world.members[0])
    till.conn.execute("UPDATE access.device SET revoked_at = %s", (AT,))
    assert isinstance(ask(till, "code", phone.shows()), PaymentCodeUnknown)


def test_a_terminal_that_guesses_is_stopped_and_the_one_beside_it_is_not(till: Till) -> None:
    phone = till.phone(till.world.members[0])
    told = [wrong(till, HERE, n) for n in range(WRONG_AT_TERMINAL.most)]
    assert all(isinstance(one, PaymentCodeUnknown) for one in told)
    blocked = ask(till, "code", phone.shows())
    assert isinstance(blocked, TooManyAttempts)
    assert blocked.facts["seconds"] == 600
    assert isinstance(ask(till, "code", phone.shows(), Place(7, "o1", "t2")), Identified)
    later = phone.shows(AT + timedelta(seconds=600))
    assert isinstance(ask(till, "code", later, late=600), Identified)


def test_names_of_many_terminals_do_not_help(till: Till) -> None:
    phone = till.phone(till.world.members[0])
    for n in range(WRONG_AT_ORGANISATION.most):
        wrong(till, Place(7, "o1", f"t{n}"), n)
    assert isinstance(ask(till, "code", phone.shows(), Place(7, "o9", "t9")), TooManyAttempts)
    assert isinstance(ask(till, "code", phone.shows(), Place(8)), Identified)


def test_right_codes_cost_nothing(till: Till) -> None:
    phone = till.phone(till.world.members[0])
    for _ in range(3 * WRONG_AT_TERMINAL.most):
        assert isinstance(ask(till, "code", phone.shows()), Identified)


@pytest.mark.parametrize(
    ("means", "value", "code"),
    [
        ("code", "912345678988328888", "payment-code-malformed"),
        ("card", "CARD999999", "identity-not-found"),
        ("card", "", "identity-malformed"),
        ("phone", "12", "identity-malformed"),
    ],
)
def test_what_leads_to_nobody_is_refused(till: Till, means: Means, value: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        ask(till, means, value)
    assert refused.value.code == code
