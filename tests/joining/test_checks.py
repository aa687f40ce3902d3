"""Checks: each finds what it is about, and passes what is in order."""

from typing import Any

import pytest

from tests.bank.desk import details
from tests.joining.wanting import AT, CAFE, HOW, applied, wanted
from tests.world import World
from tongbao.alliance import formats, organisations
from tongbao.bank.types import Details
from tongbao.joining import checks, decide
from tongbao.joining.types import Application
from tongbao.kernel.db import Connection


def account(name: str) -> Details:
    """Give an account in a name."""
    return Details(number="62220210", name=name, cnaps="102290000012")


def results(conn: Connection, application: Application) -> dict[str, str]:
    """Give what each check of an application came to."""
    return {check.name: check.result for check in checks.of(conn, application)}


def test_all_is_in_order_with_who_has_everything_in_order(db: Connection, world: World) -> None:
    assert world.operator
    found = checks.of(db, applied(db))
    assert [check.name for check in found] == list(checks.NAMES)
    assert {check.result for check in found} == {"passed"}


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"credit_code": "12310000425000000H"}, "credit-code"),
        ({"region": "110105"}, "registered-at"),
        ({"region": "310108"}, "region"),  # 闸北 was merged with 静安 in 2015
        ({"name": "a", "account": account("A")}, "name"),
        ({"name": " A ", "account": account("a")}, "name"),
        ({"format": "broker"}, "format"),
        ({"account": account("沈一鸣")}, "holder"),
    ],
)
def test_what_deserves_a_look_is_shown(
    db: Connection, world: World, changed: dict[str, Any], name: str
) -> None:
    assert world.operator
    formats.add(db, "broker", "Broker", "6211")
    found = results(db, applied(db, wanted(**changed)))
    assert {check for check, result in found.items() if result != "passed"} == {name}
    assert found[name] == "look"


def test_brackets_of_either_width_are_the_same_name(db: Connection, world: World) -> None:
    assert world.operator
    same = account("拾光 (上海) 咖啡")
    found = results(db, applied(db, wanted(name="拾光（上海）咖啡", account=same)))
    assert found["holder"] == "passed"


def test_anothers_account_is_seen(db: Connection, world: World) -> None:
    number = details(world.organisations["B"]).number
    theirs = Details(number=number, name=CAFE.name, cnaps="102290000012")
    found = {c.name: c for c in checks.of(db, applied(db, wanted(account=theirs)))}
    assert found["account-used"].result == "look"
    assert found["account-used"].facts["organisation"] == world.organisations["B"]


def test_two_applications_of_one_applicant_are_seen(db: Connection, world: World) -> None:
    assert world.operator
    first = applied(db)
    second = applied(db, wanted(credit_code="91110105MA00ABCD1G", region="110105"))
    found = {check.name: check for check in checks.of(db, second)}
    assert found["applied"].facts == {"applications": [first.id]}
    decide.refuse(db, first.id, "too much", by="Lin", at=AT)
    assert results(db, second)["applied"] == "passed"


def test_who_takes_part_cannot_join_again_until_it_has_left(db: Connection, world: World) -> None:
    assert world.operator
    second, first = applied(db), applied(db)
    joined = decide.accept(db, first.id, HOW, by="Lin", at=AT, today=AT.date())
    assert results(db, joined)["known"] == "passed"  # it is itself
    assert results(db, second)["known"] == "failed"
    with pytest.raises(decide.ApplicationCheckFailed):
        decide.accept(db, second.id, HOW, by="Lin", at=AT, today=AT.date())
    assert joined.organisation_id is not None
    organisations.set_status(db, joined.organisation_id, "closed")
    assert results(db, second)["known"] == "passed"
