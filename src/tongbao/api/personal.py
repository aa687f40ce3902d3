"""Personal data whole: for who may see it, with a reason, and in the log."""

from typing import Any, Final

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from tongbao.access import audit, masking
from tongbao.access.keys import Caller
from tongbao.api import entry, lookup
from tongbao.api.caller import needs
from tongbao.api.members import owned
from tongbao.api.wire import PathId
from tongbao.api.wire_members import Revealed, RevealedIdentity, RevealIn
from tongbao.hosting import parts
from tongbao.kernel import clock, limits, texts
from tongbao.kernel.db import Connection
from tongbao.members import identities
from tongbao.members.types import WholeIdentity


@post(
    "/v1/members/{member_id:str}/reveal",
    status_code=200,
    opt=needs("members:reveal", reads=True, example={"reason": "lost card"}),
)
async def reveal(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    member_id: PathId,
    data: JSONBody[RevealIn],
) -> Revealed:
    """Show what a member of yours is known by, whole; who has looked, and why, is logged.

    Of phones nobody knows more than the end. It needs no key, and may be repeated.
    """
    number = lookup.number(member_id)
    reason = texts.line("reason", data.reason, limits.TEXT)
    actor = caller.actor(entry.of(request).address(request))

    def do(conn: Connection) -> Revealed:
        owned(conn, caller, number)
        said = {"reason": reason}
        audit.note(
            conn, "member-revealed", actor, clock.now(), subject=f"member {number}", said=said
        )
        mine = (0, caller.organisation_id)
        found = identities.reveal(conn, number)
        shown = [one for one in found if caller.operator or one.issuer_id in mine]
        return Revealed(id=str(number), identities=tuple(map(_whole, shown)))

    return await parts.write(request, do)


def _whole(one: WholeIdentity) -> RevealedIdentity:
    masked = masking.end(one.hint) if one.value is None else masking.card(one.value)
    issuer = str(one.issuer_id) if one.issuer_id else None
    return RevealedIdentity(kind=one.kind, masked=masked, value=one.value, issuer=issuer)


ROUTES: Final[list[BaseRouteHandler]] = [reveal]
