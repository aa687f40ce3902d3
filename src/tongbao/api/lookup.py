"""Find what a request names: members by what they are known by, outlets by their code."""

import re
from typing import Any, Final

from litestar import Request

from tongbao.access.keys import Caller
from tongbao.alliance import outlets
from tongbao.alliance.outlets import OutletNotFound
from tongbao.api.wire import MemberRef
from tongbao.hosting import parts
from tongbao.kernel import texts
from tongbao.kernel.errors import Malformed
from tongbao.members import identities
from tongbao.members.types import Identity

_KEPT: Final = 100_000
_ID: Final = re.compile(r"[1-9][0-9]{0,17}")


class MemberAmbiguous(Malformed):
    code = "member-ambiguous"
    text = "a member is named in exactly one way: id, phone, card or external"


class IdUnreadable(Malformed):
    code = "id-unreadable"
    text = "{given!r} is not an id"


def number(given: str) -> int:
    """Give an id as the number that it is; refuses ``id-unreadable``."""
    if _ID.fullmatch(given) is None:
        raise IdUnreadable(given=texts.shown(given))
    return int(given)


async def member(request: Request[Any, Any, Any], caller: Caller, ref: MemberRef) -> int:
    """Give the id of the member named; refuses ``member-ambiguous``, ``identity-not-found``."""
    if ref.id is not None and _count(ref) == 1:
        return number(ref.id)
    identity = identity_of(caller, ref)
    secret = parts.of(request).settings.identity_secret
    return await parts.read(request, lambda conn: identities.find(conn, identity, secret=secret))


def identity_of(caller: Caller, ref: MemberRef) -> Identity:
    """Give what a member is known by; refuses ``member-ambiguous``."""
    named = [
        (kind, value)
        for kind, value in (
            ("phone", ref.phone),
            ("card", ref.card),
            ("external", ref.external),
        )
        if value is not None
    ]
    if len(named) != 1 or _count(ref) != 1:
        raise MemberAmbiguous
    kind, value = named[0]
    issuer = 0 if ref.issuer is None else number(ref.issuer)
    if kind == "external" and ref.issuer is None:
        issuer = caller.organisation_id
    return Identity(kind=kind, value=value, issuer_id=issuer)  # type: ignore[arg-type]  # of three


def _count(ref: MemberRef) -> int:
    return sum(one is not None for one in (ref.id, ref.phone, ref.card, ref.external))


async def outlet(request: Request[Any, Any, Any], caller: Caller, code: str) -> int:
    """Give the id of one of the caller's outlets; refuses ``outlet-not-found``.

    The operator may name anybody's. An outlet never changes its organisation, so what was found
    stays true.
    """
    known: dict[str, tuple[int, int]] = request.app.state.outlets
    found = known.get(code)
    if found is None:
        named = await parts.read(request, lambda conn: outlets.find(conn, code))
        found = named.id, named.organisation_id
        if len(known) >= _KEPT:
            known.clear()
        known[code] = found
    outlet_id, organisation_id = found
    if organisation_id != caller.organisation_id and not caller.operator:
        raise OutletNotFound(outlet=code)
    return outlet_id
