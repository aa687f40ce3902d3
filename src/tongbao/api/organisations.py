"""Organisations over HTTP: registered, renamed, suspended, resumed, closed."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Final

from litestar import Response, get, patch, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Struct

from tongbao.alliance import organisations
from tongbao.alliance.types import Organisation, Role, Status
from tongbao.api import etags, reach
from tongbao.api.acting import Actor, Me, Req, act, note, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.nouns import tell
from tongbao.api.paging import pages
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Code, Id, Name, PathId
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.losses import default


class OrganisationOut(Struct, frozen=True, kw_only=True):
    """An organisation of the alliance."""

    id: Id
    code: Code
    name: str
    role: Role
    status: Status
    registered_at: datetime


class OrganisationIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A legal entity to be registered; it issues under a contract only."""

    code: Code
    name: Name
    role: Role = "merchant"


class RenameIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another name; the code stays."""

    name: Name


@post("/v1/organisations", **operators("alliance:write"))
async def register(
    request: Req, caller: Me, actor: Actor, data: JSONBody[OrganisationIn]
) -> Response[OrganisationOut]:
    """Register an organisation, active from now on."""
    return await act(
        request,
        caller,
        actor,
        data,
        OrganisationOut,
        lambda conn, at: organisations.register(conn, data.code, data.name, data.role, at),
    )


@get("/v1/organisations", **everybody("alliance:read"))
async def find_all(
    request: Req,
    caller: Me,
    code: Annotated[str | None, QueryParameter(description="Only the one with this code.")] = None,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[OrganisationOut]:
    """List organisations in the order of their ids."""

    def ask(conn: Connection, after: int, most: int) -> list[Organisation]:
        if caller.operator and code is None:
            return organisations.list_after(conn, after, most)
        found = [organisations.get(conn, caller.organisation_id)]
        if caller.operator and code is not None:
            with suppress(organisations.OrganisationNotFound):
                found = [organisations.find(conn, code)]
        return [one for one in found if one.id > after and code in (None, one.code)]

    return await pages(request, OrganisationOut, cursor, limit, 0, lambda o: o.id, ask)


@get("/v1/organisations/{organisation:str}", **everybody("alliance:read"))
async def get_one(request: Req, caller: Me, organisation: PathId) -> Response[OrganisationOut]:
    """Give an organisation, with its ETag."""
    who = reach.organisation(caller, organisation)
    found = await show(request, OrganisationOut, lambda conn: organisations.get(conn, who))
    return etags.answer(request, found)


@patch("/v1/organisations/{organisation:str}", **operators("alliance:write"))
async def rename(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[RenameIn]
) -> Response[OrganisationOut]:
    """Give an organisation another name; needs its ETag in If-Match."""
    who = number(organisation)

    def do(conn: Connection) -> OrganisationOut:
        now = organisations.lock_open(conn, who)
        etags.check(request, tell(OrganisationOut, now))
        note(conn, request, caller, actor, clock.now())
        return tell(OrganisationOut, organisations.rename(conn, who, data.name))

    return etags.answer(request, await parts.write(request, do))


@post(
    "/v1/organisations/{organisation:str}/suspend", **operators("alliance:write", status_code=200)
)
async def suspend(
    request: Req, caller: Me, actor: Actor, organisation: PathId
) -> Response[OrganisationOut]:
    """Stop an organisation from issuing; its points stay good."""
    return await _become(request, caller, actor, organisation, default.suspend)


@post("/v1/organisations/{organisation:str}/resume", **operators("alliance:write", status_code=200))
async def resume(
    request: Req, caller: Me, actor: Actor, organisation: PathId
) -> Response[OrganisationOut]:
    """Let a suspended organisation issue again."""
    return await _become(
        request,
        caller,
        actor,
        organisation,
        lambda conn, who: organisations.set_status(conn, who, "active"),
    )


@post("/v1/organisations/{organisation:str}/close", **operators("alliance:write", status_code=200))
async def close(
    request: Req, caller: Me, actor: Actor, organisation: PathId
) -> Response[OrganisationOut]:
    """Close an organisation for ever; nothing may be left of it."""
    return await _become(
        request,
        caller,
        actor,
        organisation,
        lambda conn, who: organisations.set_status(conn, who, "closed"),
    )


async def _become(
    request: Req,
    caller: Me,
    actor: str,
    organisation: str,
    become: Callable[[Connection, int], Organisation],
) -> Response[Any]:
    who = number(organisation)
    return await act(
        request, caller, actor, None, OrganisationOut, lambda conn, at: become(conn, who)
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    register, find_all, get_one, rename, suspend, resume, close,
]  # fmt: skip
