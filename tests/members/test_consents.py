from datetime import timedelta
from typing import Any, cast

import psycopg
import pytest

from tests.world import AT, build
from tongbao.alliance.types import Terms
from tongbao.kernel.db import Connection
from tongbao.kernel.texts import ChoiceMalformed
from tongbao.members import consents
from tongbao.members.lock import MemberNotFound

LATER = AT + timedelta(days=1)


def test_a_consent_is_given_and_taken_back_for_one_purpose_of_one_organisation(
    db: Connection,
) -> None:
    world = build(db, {"A": Terms(), "B": Terms()}, people=1)
    member, a, b = world.members[0], *world.organisations.values()
    assert not consents.allows(db, member, a, "marketing")
    consents.record(db, member, a, "marketing", given=True, by="member", at=AT)
    consents.record(db, member, a, "marketing", given=True, by="import", at=LATER)
    consents.record(db, member, consents.ALLIANCE, "profiling", given=True, by="member", at=AT)
    assert consents.allows(db, member, a, "marketing")
    assert not consents.allows(db, member, b, "marketing")
    assert not consents.allows(db, member, a, "sharing")
    consents.record(db, member, a, "marketing", given=False, by="member", at=LATER)
    assert not consents.allows(db, member, a, "marketing")
    assert [(c.organisation_id, c.given) for c in consents.current(db, member)] == [
        (0, True), (a, False),
    ]  # fmt: skip
    assert [c.given for c in consents.history(db, member)] == [True, True, False]


def test_what_cannot_be_consented_to_is_refused(db: Connection) -> None:
    world = build(db, {"A": Terms()}, people=1)
    member, a = world.members[0], world.organisations["A"]
    for wrong in (member, 999_999, -1):
        with pytest.raises(consents.ConsentPlaceUnknown):
            consents.record(db, member, wrong, "marketing", given=True, by="member", at=AT)
    with pytest.raises(ChoiceMalformed):
        consents.record(db, member, a, cast(Any, "spying"), given=True, by="member", at=AT)
    with pytest.raises(MemberNotFound):
        consents.record(db, a, a, "marketing", given=True, by="member", at=AT)


def test_what_was_said_cannot_be_changed(db: Connection) -> None:
    world = build(db, {"A": Terms()}, people=1)
    consents.record(db, world.members[0], 0, "marketing", given=True, by="member", at=AT)
    with pytest.raises(psycopg.Error):
        db.execute("UPDATE members.consent SET given = false")
