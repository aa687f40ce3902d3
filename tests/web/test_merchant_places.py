"""Places and staff of a merchant: managers add and change their own, nobody changes another's."""

import re
import secrets

import pytest

from tests.web.serving import Served
from tests.web.stepping import step_up
from tests.world import one
from tongbao.access import staff
from tongbao.alliance import brands, outlets, terminals
from tongbao.kernel import clock
from tongbao.points import operations as ops

NEW = {"name": "Westgate", "code": "westgate", "site": "SH-1", "format": "cinema", "brand": "Kino"}


@pytest.fixture(scope="module")
def lived(served: Served) -> Served:
    """Sell something at A."""
    world = served.world
    sale = ops.Award(
        key="a1", scope=world.organisations["A"], member=world.members[0],
        outlet=world.outlets["A"], amount=12_000,
    )  # fmt: skip
    one(served.db, sale, clock.now())
    return served


def test_an_outlet_is_added_with_its_brand_and_once(lived: Served) -> None:
    lived.sign_in("manager")
    key = secrets.token_urlsafe(18)
    first, again = (lived.send("/merchant/outlets/new", NEW, key=key) for _ in range(2))
    assert first.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    page = lived.get(first.headers["location"]).text
    for text in ("Westgate", "westgate", "Shanghai Mall", "Cinema", "Kino"):
        assert text in page
    found = outlets.find(lived.db, "westgate")
    assert found.organisation_id == lived.world.organisations["A"]
    taken = lived.send("/merchant/outlets/new", NEW)
    assert taken.status_code == 422
    assert 'id="why-code"' in taken.text
    assert "Westgate" in taken.text
    assert len(brands.list_of(lived.db, found.organisation_id)) == 1


def test_outlets_are_listed_with_what_they_sold(lived: Served) -> None:
    lived.sign_in("finance")
    rows = lived.get("/merchant/outlets?format=csv&sort=-sales").text.splitlines()
    assert "120.00" in rows[1]
    assert "A" in rows[1].split(",")[0]
    found = lived.get("/merchant/outlets?search=nowhere-at-all").text
    assert "Nothing fits" in found
    link = re.search(r"/merchant/outlets/\d+/operations\?since=[0-9-]+", lived.get(
        "/merchant/outlets?sort=-sales"
    ).text)  # fmt: skip
    assert link is not None
    assert "¥120.00" in lived.get(link[0]).text


def test_a_date_narrows_the_newcomers_and_operations(lived: Served) -> None:
    lived.sign_in("finance")
    for path in ("/merchant/newcomers", "/merchant/operations"):
        assert "/merchant/operations/" in lived.get(f"{path}?since=2020-01-01").text
        assert "Nothing fits" in lived.get(f"{path}?until=2020-01-01").text


def test_an_outlet_is_renamed_closed_and_opened_again(lived: Served) -> None:
    outlet = lived.world.outlets["A"]
    path = f"/merchant/outlets/{outlet}"
    lived.sign_in("manager")
    for fields, shown in (
        ({"action": "rename", "name": "A by the river", "brand": "Kino"}, "A by the river"),
        ({"action": "close"}, "Open it again"),
        ({"action": "reopen"}, "Close the outlet"),
    ):
        assert lived.send(f"{path}/change", fields).status_code == 303
        assert shown in lived.get(path).text
    bad = lived.send(f"{path}/change", {"action": "rename", "name": ""})
    assert bad.status_code == 422
    assert 'id="why-name"' in bad.text
    assert outlets.get(lived.db, outlet).name == "A by the river"


def test_a_terminal_is_added_blocked_and_freed(lived: Served) -> None:
    outlet = lived.world.outlets["A"]
    path = f"/merchant/outlets/{outlet}"
    lived.sign_in("manager")
    assert lived.send(f"{path}/terminals", {"terminal": "till-1"}).status_code == 303
    taken = lived.send(f"{path}/terminals", {"terminal": "till-1"})
    assert 'id="why-terminal"' in taken.text
    no_code = lived.send(f"{path}/terminals", {"terminal": "till 1"})
    assert (no_code.status_code, 'id="why-terminal"' in no_code.text) == (422, True)
    for action, active in (("block", False), ("unblock", True)):
        fields = {"terminal": "till-1", "action": action}
        assert lived.send(f"{path}/terminals/change", fields).status_code == 303
        assert terminals.find(lived.db, outlet, "till-1").active is active
    assert "till-1" in lived.get("/merchant/terminals?search=till").text


def test_a_cashier_is_added_to_an_outlet_and_gets_a_link(lived: Served) -> None:
    lived.sign_in("manager")
    fields = {"name": "New One", "login": "new.cashier", "role": "cashier"}
    roleless = lived.send("/merchant/staff/new", fields | {"role": ""})
    assert "Choose one of the list." in roleless.text
    placeless = lived.send("/merchant/staff/new", fields)
    assert placeless.status_code == 422
    assert 'id="why-outlet"' in placeless.text
    for foreign in (lived.world.outlets["B"], "x"):
        refused = lived.send("/merchant/staff/new", fields | {"outlet": str(foreign)})
        assert 'id="why-outlet"' in refused.text
    fields["outlet"] = str(lived.world.outlets["A"])
    assert lived.send("/merchant/staff/new", fields | {"role": "admin"}).status_code == 422
    made = lived.send("/merchant/staff/new", fields)
    assert made.status_code == 303
    person = made.headers["location"]
    link = re.search(r"/invitation/tbi_[A-Za-z0-9_-]+", lived.send(f"{person}/link", {}).text)
    assert link is not None
    lived.sign_in(None)
    assert lived.send(link[0], {"password": "a-long-enough-one"}).status_code == 303
    entered = lived.send("/sign-in", {"login": "new.cashier", "password": "a-long-enough-one"})
    assert entered.headers["location"] == "/till"


def test_a_person_is_locked_by_a_fresh_code_and_nobody_locks_themselves(lived: Served) -> None:
    cashier = f"/merchant/staff/{lived.people['cashier']}"
    lived.sign_in("manager")
    unproved = lived.send(f"{cashier}/change", {"action": "disable"})
    assert unproved.headers["location"] == "/account"
    step_up(lived, "manager")
    assert lived.send(f"{cashier}/change", {"action": "disable"}).status_code == 303
    assert "Disabled" in lived.get(cashier).text
    assert lived.send(f"{cashier}/change", {"action": "enable"}).status_code == 303
    own = f"/merchant/staff/{lived.people['manager']}"
    refused = lived.send(f"{own}/change", {"action": "disable"})
    assert refused.status_code == 422
    assert "own-account" in refused.text
    fields = {"action": "place", "role": "finance", "outlet": ""}
    assert lived.send(f"{cashier}/change", fields).status_code == 303
    assert staff.get(lived.db, lived.people["cashier"]).role == "finance"
    fields = {"action": "place", "role": "cashier", "outlet": str(lived.world.outlets["A"])}
    assert lived.send(f"{cashier}/change", fields).status_code == 303
    assert "A by the river" in lived.get("/merchant/staff").text


def test_places_and_people_of_another_are_not_there(lived: Served) -> None:
    outlet, at = lived.world.outlets["B"], clock.now()
    with lived.db.transaction():
        terminals.add(lived.db, outlet, "b-till")
        stranger = staff.add(
            lived.db, lived.world.organisations["B"], "b@test", "B", "manager", by="Lin", at=at
        ).id
    step_up(lived, "manager")
    for path in (
        f"/merchant/outlets/{outlet}",
        f"/merchant/outlets/{outlet}/operations",
        f"/merchant/staff/{stranger}",
        f"/merchant/staff/{lived.people['admin']}",
    ):
        assert lived.get(path).status_code == 404, path
    for path, fields in (
        (f"/merchant/outlets/{outlet}/change", {"action": "close"}),
        (f"/merchant/outlets/{outlet}/terminals", {"terminal": "mine"}),
        (f"/merchant/outlets/{outlet}/terminals/change", {"terminal": "b-till", "action": "block"}),
        (f"/merchant/staff/{stranger}/link", {}),
        (f"/merchant/staff/{stranger}/change", {"action": "disable"}),
    ):
        assert lived.send(path, fields).status_code == 404, path
    assert outlets.get(lived.db, outlet).open
    assert terminals.find(lived.db, outlet, "b-till").active
    assert not staff.get(lived.db, stranger).disabled
    for path in ("outlets", "terminals", "staff"):
        page = lived.get(f"/merchant/{path}").text
        assert "b-till" not in page
        assert "b@test" not in page
        assert f"/merchant/outlets/{outlet}" not in page
