"""Members over HTTP: enrolled, found by what they show, changed, merged, closed.

An organisation sees the members that it enrolled or has dealt with; any other only by what it
shows. It changes those that it enrolled.
"""

from typing import Any, Final

from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from tongbao.access.keys import Caller
from tongbao.alliance.organisations import OrganisationNotFound
from tongbao.api import calls, etags, listing, lookup, telling
from tongbao.api.caller import needs
from tongbao.api.listing import Expand
from tongbao.api.operations import hand_in
from tongbao.api.wire import OperationOut, PathId
from tongbao.api.wire_members import (
    CloseIn,
    EnrolIn,
    FindIn,
    IdentityIn,
    MemberChange,
    MemberOut,
    MergeIn,
)
from tongbao.api.writes import Made, write
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused
from tongbao.members import identities, members
from tongbao.members.lock import MemberNotFound
from tongbao.members.types import Identity, Member
from tongbao.points import operations as ops
from tongbao.points import statements

EXPANDABLE: Final = ("identities", "balances", "lots", "holds")


class MemberNotYours(Refused):
    code = "member-not-yours"
    text = "member {member} was enrolled by somebody else, who may change it"


@post(
    "/v1/members",
    status_code=201,
    opt=needs(
        "members:write", example={"identities": [{"kind": "phone", "value": "+8613812345678"}]}
    ),
)
async def enrol(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[EnrolIn],
) -> Response[MemberOut]:
    """Enrol a member, known by what is given, with an empty wallet."""
    secret = parts.of(request).settings.identity_secret

    def do(conn: Connection) -> Made:
        known = [_identity(caller, one) for one in data.identities]
        who = caller.organisation_id
        made = members.enrol(conn, known, clock.now(), secret=secret, enrolled_by=who)
        shown = telling.member(conn, caller, made, frozenset({"identities"}))
        return Made(body=shown, headers={"Location": f"/v1/members/{made.id}"})

    return await write(request, caller, data, do)


@post(
    "/v1/members/find",
    status_code=200,
    opt=needs("members:read", reads=True, example={"member": {"card": "6200 0000 0001"}}),
)
async def find(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    data: JSONBody[FindIn],
    expand: Expand = None,
) -> MemberOut:
    """Find a member by what it shows.

    A POST so that no phone stands in an address; it reads, and needs no key.
    """
    wanted = listing.expanded(expand, EXPANDABLE)
    found = await lookup.find(request, caller, [data.member])
    member_id = found.member(data.member)
    shown = data.member.id is None

    def ask(conn: Connection) -> MemberOut:
        found = members.resolve(conn, member_id) if shown else seen(conn, caller, member_id)
        return telling.member(conn, caller, found, wanted)

    return await parts.read(request, ask)


@get("/v1/members/{member_id:str}", opt=needs("members:read"))
async def show(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    member_id: PathId,
    expand: Expand = None,
) -> Response[MemberOut]:
    """Show a member; `expand` adds `identities`, `balances`, `lots`, `holds`."""
    wanted = listing.expanded(expand, EXPANDABLE)
    number = lookup.number(member_id)
    shown = await parts.read(
        request, lambda conn: telling.member(conn, caller, seen(conn, caller, number), wanted)
    )
    return etags.answer(request, shown)


@patch(
    "/v1/members/{member_id:str}",
    opt=needs("members:write", 403, 412, 428, example={"spend_locked": True}),
)
async def change(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    member_id: PathId,
    data: JSONBody[MemberChange],
) -> Response[MemberOut]:
    """Suspend a member or make it active; lock its spending or unlock it."""
    number = lookup.number(member_id)

    def do(conn: Connection) -> MemberOut:
        member = owned(conn, caller, number)
        etags.check(request, telling.member(conn, caller, member, frozenset()))
        if data.status is not None:
            member = members.set_status(conn, number, data.status)
        if data.spend_locked is not None:
            member = members.set_spend_lock(conn, number, locked=data.spend_locked)
        return telling.member(conn, caller, member, frozenset())

    return etags.answer(request, await parts.write(request, do))


@post(
    "/v1/members/{member_id:str}/identities",
    status_code=201,
    opt=needs("members:write", example={"kind": "card", "value": "6200 0000 0001"}),
)
async def add_identity(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    member_id: PathId,
    data: JSONBody[IdentityIn],
) -> Response[MemberOut]:
    """Give a member one more thing to be known by; one that it has already stays."""
    number = lookup.number(member_id)
    secret = parts.of(request).settings.identity_secret

    def do(conn: Connection) -> Made:
        member = owned(conn, caller, number)
        identities.add(conn, number, _identity(caller, data), clock.now(), secret=secret)
        return Made(body=telling.member(conn, caller, member, frozenset({"identities"})))

    return await write(request, caller, data, do)


@post("/v1/members/{member_id:str}/identities/remove", status_code=200, opt=needs("members:write"))
async def remove_identity(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    member_id: PathId,
    data: JSONBody[IdentityIn],
) -> Response[MemberOut]:
    """Take from a member something that it is known by; it is free for somebody else."""
    number = lookup.number(member_id)
    secret = parts.of(request).settings.identity_secret

    def do(conn: Connection) -> Made:
        member = owned(conn, caller, number)
        identities.remove(conn, number, _identity(caller, data), secret=secret)
        shown = telling.member(conn, caller, member, frozenset({"identities"}))
        return Made(body=shown, status=200)

    return await write(request, caller, data, do)


@post("/v1/members/{member_id:str}/merge", status_code=201, opt=needs("members:write"))
async def merge(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    member_id: PathId,
    data: JSONBody[MergeIn],
) -> Response[OperationOut]:
    """Let a membership live on in another: points, holds, debts and history follow.

    The operator's alone.
    """
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        into = lookup.number(data.into)
        number = await _seen_by_caller(request, caller, lookup.number(member_id))
        await _seen_by_caller(request, caller, into)
        return ops.Merge(key=call.key, scope=call.scope, asked=call.asked, member=number, into=into)

    return await hand_in(request, call, "merge", build)


@post("/v1/members/{member_id:str}/close", status_code=201, opt=needs("members:write"))
async def close(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    member_id: PathId,
    data: JSONBody[CloseIn],
) -> Response[OperationOut]:
    """End a membership; its points go to another member, or are forfeited.

    The operator's alone.
    """
    call = calls.of(request, caller, data)

    async def build() -> ops.Operation:
        return ops.Close(
            key=call.key,
            scope=call.scope,
            asked=call.asked,
            member=await _seen_by_caller(request, caller, lookup.number(member_id)),
            give_to=None if data.give_to is None else lookup.number(data.give_to),
            forfeit=data.forfeit,
        )

    return await hand_in(request, call, "close", build)


def seen(conn: Connection, caller: Caller, member_id: int) -> Member:
    """Give a member that the caller may see; refuses ``member-not-found``."""
    if not caller.operator and not statements.knows(conn, caller.organisation_id, member_id):
        raise MemberNotFound(member=member_id)
    return members.get(conn, member_id)


def owned(conn: Connection, caller: Caller, member_id: int) -> Member:
    """Give a member that the caller may change; refuses also ``member-not-yours``."""
    member = seen(conn, caller, member_id)
    if not caller.operator and member.enrolled_by != caller.organisation_id:
        raise MemberNotYours(member=member_id)
    return member


async def _seen_by_caller(request: Request[Any, Any, Any], caller: Caller, member_id: int) -> int:
    await parts.read(request, lambda conn: seen(conn, caller, member_id))
    return member_id


def _identity(caller: Caller, given: IdentityIn) -> Identity:
    """Give an identity; what somebody else gave a member only the operator may name."""
    issuer = 0
    if given.issuer is not None:
        issuer = lookup.number(given.issuer)
        if issuer != caller.organisation_id and not caller.operator:
            raise OrganisationNotFound(organisation=issuer)
    elif given.kind == "external":
        issuer = caller.organisation_id
    return Identity(kind=given.kind, value=given.value, issuer_id=issuer)


ROUTES: Final[list[BaseRouteHandler]] = [
    enrol, find, show, change, add_identity, remove_identity, merge, close,
]  # fmt: skip
