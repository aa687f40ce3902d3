"""Exception items over HTTP: what somebody has to work on, who does, and how it ended."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Struct

from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.paging import pages
from tongbao.api.proposals import Whose
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Code, Id, Name, PathId, Reason
from tongbao.desk import exceptions
from tongbao.desk.exceptions import ExceptionItem, ExceptionNotFound
from tongbao.kernel import clock
from tongbao.kernel.db import Connection

State = Literal["open", "closed"]
WRITE: Final = operators("clearing:write", status_code=200)


class ExceptionOut(Struct, frozen=True, kw_only=True):
    """Something to work on; ``age`` is how many days it has waited, ``facts`` its kind's own."""

    id: Id
    kind: str
    organisation: Id | None
    subject: str
    facts: dict[str, Any]
    state: State
    raised_at: datetime
    age: int
    assigned_to: str | None
    assigned_by: str | None
    assigned_at: datetime | None
    closed_by: str | None
    closed_at: datetime | None
    closed_how: str | None
    closed_reason: str | None


class AssignIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who works on it; null: nobody in particular."""

    to: Name | None


class ExceptionCloseIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it ended, as a code such as written-off, and why."""

    how: Code
    reason: Reason


@get("/v1/exceptions", **everybody("clearing:read"))
async def list_items(
    request: Req,
    caller: Me,
    kind: Annotated[
        str | None, QueryParameter(description="Only this kind, such as advice.")
    ] = None,
    organisation: Whose = None,
    in_state: Annotated[
        Literal["open", "closed", "all"],
        QueryParameter(name="state", description="Open ones unless told."),
    ] = "open",
    assigned: Annotated[
        str | None, QueryParameter(description="Only those that this person works on.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[ExceptionOut]:
    """List exception items, the oldest first, with how long they have waited."""
    who = reach.whose(caller, organisation)
    wanted = None if in_state == "all" else in_state
    return await pages(
        request, ExceptionOut, cursor, limit, 0, lambda one: one.id,
        lambda conn, after, most: exceptions.listed(
            conn, kind, who, most, now=clock.now(), state=wanted, after=after, assigned=assigned
        ),
    )  # fmt: skip


@get("/v1/exceptions/{item:str}", **everybody("clearing:read"))
async def get_item(request: Req, caller: Me, item: PathId) -> ExceptionOut:
    """Give an exception item with all its facts."""
    which = number(item)

    def ask(conn: Connection) -> ExceptionItem:
        found = exceptions.get(conn, which, now=clock.now())
        reach.check(caller, found.organisation_id, ExceptionNotFound(item=which))
        return found

    return await show(request, ExceptionOut, ask)


@post("/v1/exceptions/{item:str}/assign", **WRITE)
async def assign(
    request: Req, caller: Me, actor: Actor, item: PathId, data: JSONBody[AssignIn]
) -> Response[ExceptionOut]:
    """Say who works on an item."""

    def do(conn: Connection, at: datetime) -> ExceptionItem:
        return exceptions.assign(conn, number(item), data.to, by=actor, at=at)

    return await act(request, caller, actor, data, ExceptionOut, do)


@post("/v1/exceptions/{item:str}/close", **WRITE)
async def close(
    request: Req, caller: Me, actor: Actor, item: PathId, data: JSONBody[ExceptionCloseIn]
) -> Response[ExceptionOut]:
    """Close an item: somebody has dealt with it."""

    def do(conn: Connection, at: datetime) -> ExceptionItem:
        return exceptions.close_item(
            conn, number(item), by=actor, how=data.how, reason=data.reason, at=at
        )

    return await act(request, caller, actor, data, ExceptionOut, do)


ROUTES: Final[list[BaseRouteHandler]] = [list_items, get_item, assign, close]
