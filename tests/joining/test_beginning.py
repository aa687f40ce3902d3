"""Beginning: what lets in is given once, and the way to the first payout is seen step by step."""

import secrets

import pytest

from tests.joining.wanting import AT, HOW, apply
from tests.world import World
from tongbao.access import invitations, keys
from tongbao.bank import accounts
from tongbao.joining import applications, beginning, decide
from tongbao.joining.beginning import ApplicationBegun, ApplicationNotAccepted, Beginning
from tongbao.joining.types import Progress
from tongbao.kernel.db import Connection


def begin(conn: Connection, token: str) -> Beginning:
    """Begin with chance of its own."""
    invitation, key = (secrets.token_urlsafe(32) for _ in range(2))
    with conn.transaction():
        return beginning.begin(
            conn, token, invitation=invitation, key=key, address="203.0.113.7", at=AT
        )[1]


def accepted(conn: Connection) -> str:
    """Apply and be accepted; give the token of the link."""
    token = apply(conn)
    found = applications.look(conn, token)
    with conn.transaction():
        decide.accept(conn, found.id, HOW, by="Lin", at=AT, today=AT.date())
    return token


def test_nothing_begins_before_it_is_accepted(db: Connection, world: World) -> None:
    assert world.operator
    with pytest.raises(ApplicationNotAccepted):
        begin(db, apply(db))


def test_link_and_key_are_given_once_and_let_in(db: Connection, world: World) -> None:
    assert world.operator
    token = accepted(db)
    given = begin(db, token)
    caller = keys.check(db, given.key, AT)
    found = applications.look(db, token)
    assert caller.organisation_id == found.organisation_id
    assert caller.scopes == {"points:read", "points:write", "members:read"}
    assert (given.login, given.outlet, given.terminal) == ("shiguang", "shiguang-1", "1")
    assert invitations.look(db, given.invitation, AT).id == found.staff_id
    with pytest.raises(ApplicationBegun):
        begin(db, token)


def test_progress_is_seen(db: Connection, world: World) -> None:
    assert world.operator
    token = accepted(db)

    def progress() -> Progress:
        found = beginning.progress(db, applications.look(db, token))
        assert found is not None
        return found

    assert (progress().begun_at, progress().account, progress().live) == (None, "proposed", False)
    begin(db, token)
    assert progress().begun_at == AT
    found = applications.look(db, token)
    assert found.proposal_id
    accounts.approve(db, found.proposal_id, by="Wu", at=AT)
    assert (progress().account, progress().live) == ("approved", False)
    waiting = applications.look(db, apply(db))
    assert beginning.progress(db, waiting) is None
