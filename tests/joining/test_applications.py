"""Applications: made and found by their link alone, put right, forgotten; nothing is given away."""

import secrets
from datetime import timedelta
from typing import Any

import pytest

from tests.joining.wanting import AT, CAFE, applied, apply, wanted
from tests.world import World
from tongbao.access.guesses import TooManyAttempts
from tongbao.bank.types import Details
from tongbao.joining import applications, decide
from tongbao.joining.applications import (
    ApplicationDecided,
    ApplicationNotAsked,
    ApplicationUnknown,
)
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal

pytestmark = pytest.mark.usefixtures("world")


def test_an_application_is_found_by_its_link_and_by_no_other(db: Connection) -> None:
    token = apply(db)
    found = applications.look(db, token)
    assert (found.state, found.wanted.name) == ("submitted", CAFE.name)
    assert found.wanted.phone == "+8613800138000"
    kind, number, secret = token.split("_", 2)
    others = [
        f"{kind}_{number}_{secrets.token_urlsafe(32)}", f"{kind}_{int(number) + 1}_{secret}",
        f"tbi_{number}_{secret}", number, "", token + "A",
    ]  # fmt: skip
    for other in others:
        with pytest.raises(ApplicationUnknown):
            applications.look(db, other)


def test_the_secret_of_the_link_is_not_kept(db: Connection) -> None:
    secret = apply(db).split("_", 2)[2]
    rows = db.execute("SELECT a::text FROM joining.application AS a").fetchall()
    assert all(secret not in row[0] for row in rows)


def test_the_same_form_is_one_application(db: Connection) -> None:
    secret = secrets.token_urlsafe(32)
    assert apply(db, secret=secret) == apply(db, secret=secret)
    assert len(applications.listed(db)) == 1


def test_who_applies_learns_nothing_of_others(db: Connection, world: World) -> None:
    first = apply(db)
    joined = apply(db, wanted(name="A"))  # as an organisation that takes part is called
    again = apply(db)
    assert len({first, joined, again}) == 3
    assert {applications.look(db, token).state for token in (first, joined, again)} == {"submitted"}
    assert world.organisations["A"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": " "}, "text-malformed"),
        ({"credit_code": "91310105MA1FW8X279"}, "credit-code-malformed"),
        ({"format": "casino"}, "format-not-found"),
        ({"format": "no code"}, "code-malformed"),
        ({"region": "999999"}, "region-unknown"),
        ({"phone": "12"}, "identity-malformed"),
        ({"outlet": "a\u202eb"}, "text-malformed"),
        (
            {"account": Details(number="1", name="x", cnaps="102290000012")},
            "bank-account-malformed",
        ),
        ({"account": Details(number="622202100111", name="x")}, "bank-account-malformed"),
    ],
)
def test_what_makes_no_sense_is_refused(db: Connection, changed: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        apply(db, wanted(**changed))
    assert refused.value.code == code
    assert applications.listed(db) == []


def test_one_address_applies_so_often_and_no_more(db: Connection) -> None:
    for _ in range(applications.ADDRESS.most):
        apply(db)
    with db.transaction():
        refused = applications.submit(
            db, CAFE, secrets.token_urlsafe(32), address="203.0.113.7", at=AT
        )
    assert isinstance(refused, TooManyAttempts)
    with db.transaction():
        elsewhere = applications.submit(
            db, CAFE, secrets.token_urlsafe(32), address="203.0.113.8", at=AT
        )
    assert isinstance(elsewhere, str)


def test_what_was_asked_is_answered_and_put_right(db: Connection) -> None:
    token = apply(db)
    found = applications.look(db, token)
    with pytest.raises(ApplicationNotAsked):
        applications.answer(db, token, CAFE, "yes", address="", at=AT)
    decide.ask(db, found.id, "Whose account is it?", by="Lin", at=AT)
    assert applications.look(db, token).state == "asked"
    right = wanted(outlet="拾光咖啡（长宁店）")
    later = AT + timedelta(hours=1)
    answered = applications.answer(db, token, right, "Ours.", address="", at=later)
    assert (answered.state, answered.wanted.outlet) == ("submitted", "拾光咖啡（长宁店）")
    said = [(one.kind, one.by, one.text) for one in applications.remarks(db, found.id)]
    assert said == [("question", "Lin", "Whose account is it?"), ("answer", "applicant", "Ours.")]


def test_what_is_decided_is_not_answered_any_more(db: Connection) -> None:
    token = apply(db)
    decide.refuse(db, applications.look(db, token).id, "no", by="Lin", at=AT)
    with pytest.raises(ApplicationDecided):
        applications.answer(db, token, CAFE, "please", address="", at=AT)


def test_who_was_refused_is_forgotten_after_a_while(db: Connection) -> None:
    refused, waiting = applied(db), applied(db)
    decide.refuse(db, refused.id, "no", by="Lin", at=AT)
    assert applications.forget(db, AT + limits.APPLICATION) == 0
    later = AT + limits.APPLICATION + timedelta(seconds=1)
    assert applications.forget(db, later) == 1
    assert applications.forget(db, later) == 0
    gone = applications.get(db, refused.id)
    assert gone.forgotten_at == later
    row = str(db.execute("SELECT a::text FROM joining.application AS a WHERE id = %s", (gone.id,))
              .fetchone())  # fmt: skip
    for personal in (CAFE.contact, "13800138000", CAFE.account.number):
        assert personal not in row
    assert applications.get(db, waiting.id).wanted.contact == CAFE.contact
