"""Where a cashier stands: one outlet of the organisation, which the address names."""

from typing import Any, Final

from litestar import Request

from tongbao.access.roles import Role
from tongbao.access.sessions import SignedIn
from tongbao.alliance import outlets
from tongbao.alliance.outlets import OutletNotFound
from tongbao.alliance.types import Outlet
from tongbao.hosting import parts
from tongbao.kernel import texts
from tongbao.kernel.db import Connection
from tongbao.web import who

TILL: Final[tuple[Role, ...]] = ("cashier", "manager")
AT_TILL: Final = who.sees(*TILL, unhurried=False)
"""The ``opt`` of what is shown and done at a till."""


def outlet(conn: Connection, me: SignedIn, code: str) -> Outlet:
    """Give the outlet of a code; refuses ``outlet-not-found`` where it is not for ``me``."""
    found = outlets.find_many(conn, [code]).get(code)
    if found is None or not is_mine(me, found):
        raise OutletNotFound(outlet=texts.shown(code))
    return found


def is_mine(me: SignedIn, place: Outlet) -> bool:
    """Say whether ``me`` works at an outlet: a cashier at one, a manager at all."""
    if place.organisation_id != me.organisation_id:
        return False
    return me.outlet_id in (None, place.id)


async def here(request: Request[Any, Any, Any], code: str) -> Outlet:
    """Give the outlet that a request's address names; refuses ``outlet-not-found``."""
    me = who.of(request)
    return await parts.read(request, lambda conn: outlet(conn, me, code))
