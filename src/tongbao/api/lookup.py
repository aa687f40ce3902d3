"""Find what a request names: members by what they are known by, outlets by their code."""

import re
from typing import Any, Final

from litestar import Request
from msgspec import Struct

from tongbao.access.keys import Caller
from tongbao.alliance import outlets
from tongbao.alliance.outlets import OutletNotFound
from tongbao.api.wire import MemberRef
from tongbao.hosting import parts
from tongbao.kernel import texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed
from tongbao.members import identities
from tongbao.members.identities import IdentityNotFound
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
    if kind == "external" and issuer != caller.organisation_id and not caller.operator:
        raise IdentityNotFound(kind=kind)
    return Identity(kind=kind, value=value, issuer_id=issuer)  # type: ignore[arg-type]  # of three


def _count(ref: MemberRef) -> int:
    return sum(one is not None for one in (ref.id, ref.phone, ref.card, ref.external))


class Place(Struct, frozen=True):
    """An outlet and its organisation."""

    id: int
    organisation: int


async def outlet(request: Request[Any, Any, Any], caller: Caller, code: str) -> int:
    """Give the id of one of the caller's outlets; refuses ``outlet-not-found``."""
    return (await outlet_of(request, caller, code)).id


async def outlet_of(request: Request[Any, Any, Any], caller: Caller, code: str) -> Place:
    """Give one of the caller's outlets; the operator may name anybody's.

    An outlet never changes its organisation, so what was found stays true. Refuses
    ``outlet-not-found``.
    """
    known: dict[str, Place] = request.app.state.outlets
    found = known.get(code)
    if found is None:
        found = await parts.read(request, lambda conn: _find(conn, code))
        if len(known) >= _KEPT:
            known.clear()
        known[code] = found
    return _own(caller, found, code)


def find_outlet(conn: Connection, caller: Caller, code: str) -> Place:
    """Give one of the caller's outlets, as ``outlet_of`` does, on a connection."""
    return _own(caller, _find(conn, code), code)


def _find(conn: Connection, code: str) -> Place:
    found = outlets.find(conn, code)
    return Place(found.id, found.organisation_id)


def _own(caller: Caller, found: Place, code: str) -> Place:
    if found.organisation != caller.organisation_id and not caller.operator:
        raise OutletNotFound(outlet=code)
    return found
