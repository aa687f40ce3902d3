"""The sidebar marks where one is, also on pages that it does not name."""

from datetime import UTC, datetime

import pytest

from tongbao.access.sessions import SignedIn
from tongbao.web import navigation

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
MANAGER = SignedIn(
    id=1, staff_id=1, organisation_id=2, operator=False, login="m", name="M", role="manager",
    outlet_id=None, member_id=None, entered=True, totp=False, created_at=AT, expires_at=AT,
    stepped_up_at=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/merchant/claims/7", "/merchant/positions"),
        ("/merchant/counterparties", "/merchant/positions"),
        ("/merchant/webhooks/new", "/merchant/keys"),
        ("/merchant/terminals", "/merchant/outlets"),
        ("/merchant/debt", "/merchant/debt"),
        ("/merchant", "/merchant"),
    ],
)
def test_the_sidebar_knows_where_one_is(path: str, place: str) -> None:
    ways = navigation.of(MANAGER, path)
    assert [way.to for way in ways if way.here] == [place]
