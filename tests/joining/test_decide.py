"""Deciding: asked, refused, accepted, once; who is accepted has everything at once or nothing."""

from typing import Any

import msgspec
import pytest

from tests.announced import wait
from tests.joining.wanting import AT, CAFE, HOW, applied, wanted
from tests.world import World, broken_laws
from tongbao.access import staff
from tongbao.alliance import contracts, organisations, outlets, sites, terminals
from tongbao.alliance.types import Terms
from tongbao.bank import accounts
from tongbao.desk import proposals
from tongbao.events import outbox
from tongbao.events.types import ORGANISATION_JOINED
from tongbao.joining import applications, decide
from tongbao.joining.applications import ApplicationDecided
from tongbao.joining.types import Acceptance, Application
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal


def accept(conn: Connection, application: int, how: Acceptance = HOW) -> Application:
    """Accept in a transaction of its own."""
    with conn.transaction():
        return decide.accept(conn, application, how, by="Lin", at=AT, today=AT.date())


def test_who_is_accepted_has_everything_to_begin_with(db: Connection, world: World) -> None:
    assert world.operator
    found = accept(db, applied(db).id)
    assert (found.state, found.decided_by) == ("accepted", "Lin")
    assert found.organisation_id and found.outlet_id and found.staff_id and found.proposal_id
    joined = organisations.get(db, found.organisation_id)
    assert (joined.code, joined.name, joined.status) == ("shiguang", CAFE.name, "active")
    assert contracts.terms_at(db, joined.id, AT) == HOW.terms
    outlet = outlets.get(db, found.outlet_id)
    assert (outlet.code, outlet.name, outlet.format) == ("shiguang-1", CAFE.outlet, "cafe")
    assert sites.find(db, "shiguang-1").region == CAFE.region
    assert [one.code for one in terminals.list_of(db, outlet.id)] == [decide.TERMINAL]
    manager = staff.get(db, found.staff_id)
    assert (manager.login, manager.role, manager.status) == ("shiguang", "manager", "invited")
    assert manager.organisation_id == joined.id
    proposal = proposals.get(db, found.proposal_id)
    assert (proposal.kind, proposal.state, proposal.proposed_by) == (
        accounts.KIND, "proposed", "Lin",
    )  # fmt: skip
    assert broken_laws(db) == {}


def test_everybody_concerned_is_told(db: Connection, world: World) -> None:
    assert world.operator
    found = accept(db, applied(db).id)
    wait(db)
    told = [event for event in outbox.after(db, 0, 0, 100) if event.type == ORGANISATION_JOINED]
    assert [event.owner for event in told] == [found.organisation_id]


def test_the_account_counts_when_another_person_has_approved_it(
    db: Connection, world: World
) -> None:
    assert world.operator
    found = accept(db, applied(db).id)
    assert found.proposal_id and found.organisation_id
    with pytest.raises(proposals.SamePerson):
        accounts.approve(db, found.proposal_id, by="lin", at=AT)
    assert accounts.at_day(db, [found.organisation_id], AT.date()) == {}
    accounts.approve(db, found.proposal_id, by="Wu", at=AT)
    account = accounts.at_day(db, [found.organisation_id], AT.date())[found.organisation_id]
    assert account.details.number == CAFE.account.number
    assert account.details.mandate == f"JOIN-{found.id}"


def test_without_consent_there_is_no_mandate(db: Connection, world: World) -> None:
    assert world.operator
    found = accept(db, applied(db, wanted(collect=False)).id)
    assert found.proposal_id
    assert accounts.approve(db, found.proposal_id, by="Wu", at=AT).details.mandate is None


def test_an_outlet_may_stand_at_a_site_that_is_there(db: Connection, world: World) -> None:
    assert world.operator
    mall = sites.find(db, "SH-1")
    found = accept(db, applied(db).id, msgspec.structs.replace(HOW, site=mall.id))
    assert found.outlet_id
    assert outlets.get(db, found.outlet_id).site_id == mall.id


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"code": "A"}, "organisation-code-taken"),
        ({"code": "a code"}, "code-malformed"),
        ({"login": "Ä"}, "login-malformed"),
        ({"site": 999_999}, "site-not-found"),
        ({"terms": Terms(reimbursement=2_000_000)}, "terms-malformed"),
    ],
)
def test_what_cannot_be_leaves_nothing_behind(
    db: Connection, world: World, how: dict[str, Any], code: str
) -> None:
    assert world.operator
    before = len(organisations.list_after(db))
    found = applied(db)
    with pytest.raises(Refusal) as refused:
        accept(db, found.id, msgspec.structs.replace(HOW, **how))
    assert refused.value.code == code
    assert len(organisations.list_after(db)) == before
    assert applications.get(db, found.id).state == "submitted"


def test_a_name_to_sign_in_with_is_nobody_elses(db: Connection, world: World) -> None:
    staff.add(db, world.operator, "shiguang", "Lin", "admin", by="Lin", at=AT)
    with pytest.raises(staff.LoginTaken):
        accept(db, applied(db).id)


def test_it_is_decided_once(db: Connection, world: World) -> None:
    assert world.operator
    found = applied(db)
    decide.refuse(db, found.id, "We have too many cafés.", by="Lin", at=AT)
    refused = applications.get(db, found.id)
    assert (refused.state, refused.reason) == ("refused", "We have too many cafés.")
    with pytest.raises(ApplicationDecided):
        accept(db, found.id)
    with pytest.raises(ApplicationDecided):
        decide.refuse(db, found.id, "no", by="Wu", at=AT)
    with pytest.raises(ApplicationDecided):
        decide.ask(db, found.id, "Why?", by="Wu", at=AT)
