"""Find what requests name: members by what they are known by, outlets by their code.

All that one request names is looked up at once. A card that leads to nobody is a refusal of what
needs it, not of the others.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import Request
from msgspec import Struct

from tongbao.access.keys import Caller
from tongbao.alliance import outlets
from tongbao.alliance.outlets import OutletNotFound
from tongbao.api.wire import MemberRef
from tongbao.hosting import parts
from tongbao.hosting.gathering import Gathering
from tongbao.kernel import clock, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, Refusal
from tongbao.kernel.settings import Settings
from tongbao.members.identities import IdentityNotFound
from tongbao.members.keys import normalise
from tongbao.members.types import Identity, Key
from tongbao.points.operations import CodeUse
from tongbao.till import identify, payment_code
from tongbao.till.identify import Identified

_KEPT: Final = 100_000
_ID: Final = re.compile(r"[1-9][0-9]{0,17}")


class MemberAmbiguous(Malformed):
    code = "member-ambiguous"
    text = "a member is named in exactly one way: id, phone, card, external or code"


class IdUnreadable(Malformed):
    code = "id-unreadable"
    text = "{given!r} is not an id"


class Place(Struct, frozen=True):
    """An outlet and its organisation."""

    id: int
    organisation: int


class Found(Struct, frozen=True):
    """What was found for what a request names, or why it was not."""

    caller: Caller
    members: dict[MemberRef, int | Refusal]
    outlets: dict[str, Place]
    codes: dict[MemberRef, CodeUse]

    def code(self, ref: MemberRef) -> CodeUse | None:
        """Give the payment code that named a member, for the operation that uses it up."""
        return self.codes.get(ref)

    def member(self, ref: MemberRef) -> int:
        """Give the member named; refuses ``member-ambiguous``, ``identity-not-found``."""
        found = self.members[ref]
        if isinstance(found, Refusal):
            raise found
        return found

    def outlet(self, code: str) -> int:
        """Give one of the caller's outlets; refuses ``outlet-not-found``.

        The operator may name anybody's.
        """
        return self.place(code).id

    def place(self, code: str) -> Place:
        """Give it with its organisation."""
        found = self.outlets.get(code)
        if found is None or not _is_own(self.caller, found):
            raise OutletNotFound(outlet=code)
        return found


def number(given: str) -> int:
    """Give an id as the number that it is; refuses ``id-unreadable``."""
    if _ID.fullmatch(given) is None:
        raise IdUnreadable(given=texts.shown(given))
    return int(given)


async def find(
    request: Request[Any, Any, Any],
    caller: Caller,
    members: Iterable[MemberRef] = (),
    codes: Iterable[str] = (),
    terminal: str | None = None,
) -> Found:
    """Look up what a request names; whatever is not there is refused when it is needed.

    An outlet never changes its organisation, so what was found stays true. A wrong payment code
    costs ``terminal`` a try.
    """
    known: dict[str, Place] = request.app.state.outlets
    settings = parts.of(request).settings
    members, codes = list(members), list(codes)
    refs, wanted = _sorted(caller, members, settings.identity_secret)
    shown = {ref: ref.code for ref in members if _by_code(ref)}
    # Another's is asked for each time, like nobody's: no sooner is it answered.
    missing = {code for code in codes if not _is_own(caller, known.get(code))}
    if wanted:
        names: Gathering[Key, int] = request.app.state.names
        owners = await names.find(list(wanted.values()))
        for ref, key in wanted.items():
            refs[ref] = owners.get(key) or IdentityNotFound(kind=key.kind)
    if missing:
        places = await parts.read(request, lambda conn: _places(conn, missing))
        if len(known) >= _KEPT:
            known.clear()
        known.update(places)
    used: dict[MemberRef, CodeUse] = {}
    if shown:
        place = identify.Place(caller.organisation_id, "".join(sorted(codes)[:1]), terminal or "")
        told = await parts.write(request, lambda conn: _identify(conn, shown, place, settings))
        for ref, found in told.items():
            refs[ref] = found if isinstance(found, Refusal) else found.member
            if not isinstance(found, Refusal) and found.code is not None:
                used[ref] = found.code
    return Found(caller, refs, known, used)


def _is_own(caller: Caller, place: Place | None) -> bool:
    """Say whether a place is one that the caller may name."""
    return place is not None and (caller.operator or place.organisation == caller.organisation_id)


def _by_code(ref: MemberRef) -> bool:
    return ref.code is not None and ref == MemberRef(code=ref.code)


def _identify(
    conn: Connection, shown: Mapping[MemberRef, str | None], place: identify.Place, chosen: Settings
) -> dict[MemberRef, Identified | Refusal]:
    """Give whose phones show these payment codes; each wrong one is counted."""
    at, found = clock.now(), dict[MemberRef, Identified | Refusal]()
    for ref, code in shown.items():
        step = payment_code.step_at(at)
        try:
            found[ref] = identify.by_code(
                conn, code or "", place, at, step, key=chosen.access_secret
            )
        except Refusal as refusal:
            found[ref] = refusal
    return found


def identity_of(caller: Caller, ref: MemberRef) -> Identity:
    """Give what a member is known by; refuses ``member-ambiguous``, ``identity-not-found``.

    What somebody else calls a member, only that one and the operator may ask for.
    """
    named = [
        (kind, value)
        for kind, value in (("phone", ref.phone), ("card", ref.card), ("external", ref.external))
        if value is not None
    ]
    if len(named) != 1 or ref.id is not None or ref.code is not None:
        raise MemberAmbiguous
    kind, value = named[0]
    issuer = 0 if ref.issuer is None else number(ref.issuer)
    if kind == "external" and ref.issuer is None:
        issuer = caller.organisation_id
    if kind == "external" and issuer != caller.organisation_id and not caller.operator:
        raise IdentityNotFound(kind=kind)
    return Identity(kind=kind, value=value, issuer_id=issuer)  # type: ignore[arg-type]  # of three


def _sorted(
    caller: Caller, members: Iterable[MemberRef], secret: str
) -> tuple[dict[MemberRef, int | Refusal], dict[MemberRef, Key]]:
    """Give what is known of members without asking, and the keys of those to ask for."""
    known: dict[MemberRef, int | Refusal] = {}
    wanted: dict[MemberRef, Key] = {}
    for ref in members:
        try:
            if ref.id is not None and ref == MemberRef(id=ref.id):
                known[ref] = number(ref.id)
            elif not _by_code(ref):
                wanted[ref] = normalise(identity_of(caller, ref), secret)
        except Refusal as refusal:
            known[ref] = refusal
    return known, wanted


def _places(conn: Connection, codes: Iterable[str]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for code in codes:
        try:
            found = outlets.find(conn, code)
        except OutletNotFound:
            continue
        places[code] = Place(found.id, found.organisation_id)
    return places
