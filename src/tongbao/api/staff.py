"""Staff over HTTP: who signs in, for whom and in which role; and the log of what people did.

Nobody gives a role that allows what the own key does not.
"""

import secrets
from datetime import datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from tongbao.access import audit, bearer, invitations, sso, totp
from tongbao.access import staff as people
from tongbao.access.keys import Caller, check_within
from tongbao.access.roles import ROLES
from tongbao.alliance import outlets
from tongbao.api import entry, etags, listing, lookup, reach
from tongbao.api.caller import needs
from tongbao.api.listing import Cursor, Limit, Page
from tongbao.api.nouns import tell, tell_all
from tongbao.api.paging import by_id
from tongbao.api.proposals import Whose
from tongbao.api.wire import PathId
from tongbao.api.wire_staff import (
    EntryOut,
    InvitedOut,
    LinkIn,
    LinkOut,
    ResetIn,
    StaffChange,
    StaffIn,
    StaffOut,
)
from tongbao.api.writes import Made, write
from tongbao.hosting import parts
from tongbao.hosting.provider import Provider
from tongbao.kernel import clock
from tongbao.kernel.db import Connection

_NEW: Final = {"login": "wei@example.cn", "name": "韦玲", "role": "cashier"}


@post("/v1/staff", status_code=201, opt=needs("staff:write", 404, example=_NEW))
async def add(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[StaffIn],
) -> Response[InvitedOut]:
    """Add somebody, and get the token with which the person sets a password, shown this once."""
    check_within(ROLES[data.role], caller.scopes)
    whose = caller.organisation_id
    if data.organisation is not None:
        whose = reach.organisation(caller, data.organisation)
    actor = caller.actor(entry.of(request).address(request))
    member = None if data.member is None else lookup.number(data.member)

    def do(conn: Connection) -> Made:
        at = clock.now()
        made = people.add(
            conn,
            whose,
            data.login,
            data.name,
            data.role,
            by=caller.by,
            at=at,
            outlet_id=_outlet(conn, data.outlet),
            member_id=member,
        )
        secret = secrets.token_urlsafe(bearer.BYTES)
        token = invitations.invite(conn, made.id, secret, by=caller.by, at=at)
        audit.note(conn, "staff-added", actor, at, subject=f"staff {made.login}")
        shown = InvitedOut(staff=_told(made), invitation=token)
        return Made(body=shown, kept=InvitedOut(staff=shown.staff, invitation=None))

    return await write(request, caller, data, do)


@get("/v1/staff", opt=needs("staff:read"))
async def show_all(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    organisation: Whose = None,
    cursor: Cursor = None,
    limit: Limit = listing.ROWS,
) -> Page[StaffOut]:
    """List your staff; the operator: everybody's."""
    who = reach.whose(caller, organisation)
    return await by_id(
        request, cursor, limit,
        lambda conn, after, most: people.listed(conn, who, after, most), _told,
    )  # fmt: skip


@get("/v1/staff/{staff_id:str}", opt=needs("staff:read"))
async def show(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], staff_id: PathId
) -> Response[StaffOut]:
    """Show somebody on your staff."""
    number = lookup.number(staff_id)
    found = await parts.read(request, lambda conn: people.get(conn, number, _whose(caller)))
    return etags.answer(request, _told(found))


@patch(
    "/v1/staff/{staff_id:str}",
    opt=needs("staff:write", 412, 428, example={"disabled": True}),
)
async def change(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    staff_id: PathId,
    data: JSONBody[StaffChange],
) -> Response[StaffOut]:
    """Change somebody on your staff; another role, or being disabled, ends all sessions."""
    number = lookup.number(staff_id)
    actor = caller.actor(entry.of(request).address(request))
    if data.role is not UNSET:
        check_within(ROLES[data.role], caller.scopes)

    def do(conn: Connection) -> StaffOut:
        at = clock.now()
        old = people.get(conn, number, _whose(caller), lock=True)
        etags.check(request, _told(old))
        check_within(ROLES[old.role], caller.scopes)
        changed = people.change(
            conn,
            number,
            by=caller.by,
            at=at,
            name=data.name,
            role=data.role,
            outlet_id=data.outlet if data.outlet is UNSET else _outlet(conn, data.outlet),
            member_id=_number(data.member),
            disabled=data.disabled,
        )
        audit.note(conn, "staff-changed", actor, at, subject=f"staff {changed.login}")
        return _told(changed)

    return etags.answer(request, await parts.write(request, do))


@post("/v1/staff/{staff_id:str}/reset", status_code=201, opt=needs("staff:write"))
async def reset(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    staff_id: PathId,
    data: JSONBody[ResetIn],
) -> Response[InvitedOut]:
    """Get a token with which somebody sets a new password; the old one is good until then."""
    number = lookup.number(staff_id)
    actor = caller.actor(entry.of(request).address(request))

    def do(conn: Connection) -> Made:
        at = clock.now()
        whom = people.get(conn, number, _whose(caller), lock=True)
        check_within(ROLES[whom.role], caller.scopes)
        if data.second_factor:
            totp.remove(conn, number, by=caller.by, at=at)
            audit.note(conn, "second-factor-removed", actor, at, subject=f"staff {whom.login}")
        secret = secrets.token_urlsafe(bearer.BYTES)
        token = invitations.invite(conn, number, secret, by=caller.by, at=at, purpose="reset")
        audit.note(conn, "password-reset-begun", actor, at, subject=f"staff {whom.login}")
        shown = InvitedOut(staff=_told(people.get(conn, number)), invitation=token)
        return Made(body=shown, kept=InvitedOut(staff=shown.staff, invitation=None))

    return await write(request, caller, data, do)


@get("/v1/staff/{staff_id:str}/links", opt=needs("staff:read"))
async def links(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], staff_id: PathId
) -> Page[LinkOut]:
    """List the providers of single sign-on at which somebody may sign in."""
    number = lookup.number(staff_id)

    def ask(conn: Connection) -> list[sso.Link]:
        return sso.links_of(conn, people.get(conn, number, _whose(caller)).id)

    return Page(await parts.read(request, lambda conn: tell_all(LinkOut, ask(conn))))


@post("/v1/staff/{staff_id:str}/link", status_code=201, opt=needs("staff:write"))
async def link(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    staff_id: PathId,
    data: JSONBody[LinkIn],
) -> Response[LinkOut]:
    """Let somebody sign in at the provider of single sign-on; a link before this one ends."""
    number = lookup.number(staff_id)
    actor = caller.actor(entry.of(request).address(request))
    settings = parts.of(request).settings

    def do(conn: Connection) -> Made:
        at = clock.now()
        whom = people.get(conn, number, _whose(caller), lock=True)
        check_within(ROLES[whom.role], caller.scopes)
        issuer = Provider.of(settings).issuer
        made = sso.link(conn, number, issuer, data.email, by=caller.by, at=at)
        audit.note(conn, "sso-linked", actor, at, subject=f"staff {whom.login}")
        return Made(body=tell(LinkOut, made))

    return await write(request, caller, data, do)


@post("/v1/staff/{staff_id:str}/unlink", status_code=200, opt=needs("staff:write"))
async def unlink(
    request: Request[Any, Any, Any], caller: NamedDependency[Caller], staff_id: PathId
) -> Response[StaffOut]:
    """Let somebody sign in at the provider of single sign-on no more."""
    number = lookup.number(staff_id)
    actor = caller.actor(entry.of(request).address(request))
    settings = parts.of(request).settings

    def do(conn: Connection) -> Made:
        at = clock.now()
        whom = people.get(conn, number, _whose(caller), lock=True)
        check_within(ROLES[whom.role], caller.scopes)
        sso.unlink(conn, number, Provider.of(settings).issuer)
        audit.note(conn, "sso-unlinked", actor, at, subject=f"staff {whom.login}")
        return Made(body=_told(whom), status=200)

    return await write(request, caller, None, do)


@get("/v1/audit", opt=needs("audit:read"))
async def entries(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    kind: Annotated[
        str | None, QueryParameter(pattern=r"^[a-z-]{1,64}$", description="Only such as sign-in.")
    ] = None,
    since: Annotated[datetime | None, QueryParameter(description="Not what was before.")] = None,
    cursor: Cursor = None,
    limit: Limit = listing.ROWS,
) -> Page[EntryOut]:
    """List what your people and keys did, newest first; the operator: what anybody did."""
    before = listing.after("audit", cursor, int)
    found = await parts.read(
        request,
        lambda conn: audit.listed(
            conn,
            organisation=_whose(caller),
            kind=kind,
            since=since,
            before=before,
            limit=limit + 1,
        ),
    )
    return listing.page("audit", found, limit, _entry, lambda one: one.id)


def _whose(caller: Caller) -> int | None:
    return None if caller.operator else caller.organisation_id


def _outlet(conn: Connection, code: str | None) -> int | None:
    return None if code is None else outlets.find(conn, code).id


def _number(given: str | UnsetType | None) -> int | UnsetType | None:
    return lookup.number(given) if isinstance(given, str) else given


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)


def _told(found: people.Staff) -> StaffOut:
    return StaffOut(
        id=str(found.id),
        organisation=str(found.organisation_id),
        login=found.login,
        name=found.name,
        role=found.role,  # type: ignore[arg-type]  # a person is no partner
        status=found.status,
        second_factor=found.totp,
        created_at=found.created_at,
        outlet=_id(found.outlet_id),
        member=_id(found.member_id),
        signed_in_at=found.signed_in_at,
    )


def _entry(found: audit.Entry) -> EntryOut:
    return EntryOut(
        id=str(found.id),
        at=found.at,
        kind=found.kind,
        by=found.by,
        subject=found.subject,
        address=found.address,
        facts=found.facts,
        organisation=_id(found.organisation_id),
        staff=_id(found.staff_id),
        key=_id(found.key_id),
        member=_id(found.member_id),
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    add, show_all, show, change, reset, links, link, unlink, entries,
]  # fmt: skip
