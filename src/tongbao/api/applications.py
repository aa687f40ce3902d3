"""Applications over HTTP: who wants to join, asked, refused, accepted on terms."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Struct

from tongbao.alliance import sites
from tongbao.api.acting import Actor, Me, Req, act, show
from tongbao.api.contracts import TermsIn, given
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.paging import pages
from tongbao.api.reach import operators
from tongbao.api.wire import Code, Id, Name, PathId, Reason
from tongbao.hosting import parts
from tongbao.joining import applications, checks, decide
from tongbao.joining.types import Acceptance, Application, Result, State
from tongbao.kernel.db import Connection

READ: Final = operators("alliance:read")
DECIDE: Final = operators("alliance:write", status_code=200)


class PayoutAccountOut(Struct, frozen=True, kw_only=True):
    """Where payouts are to go."""

    number: str
    name: str
    bic: str | None
    cnaps: str | None


class WantedOut(Struct, frozen=True, kw_only=True):
    """What was applied with; ``collect``: what is owed may be collected from the account."""

    name: str
    credit_code: str
    format: Code
    region: str
    outlet: str
    contact: str
    phone: str
    account: PayoutAccountOut
    collect: bool


class ApplicationOut(Struct, frozen=True, kw_only=True):
    """An application as it stands; ``proposal`` is that of the bank account when accepted."""

    id: Id
    state: State
    wanted: WantedOut
    made_at: datetime
    changed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    organisation: Id | None
    proposal: Id | None
    begun_at: datetime | None
    forgotten_at: datetime | None


class CheckOut(Struct, frozen=True, kw_only=True):
    """What was looked at: in order, worth a look, or a reason why it cannot be accepted."""

    name: str
    result: Result
    facts: dict[str, Any]


class RemarkOut(Struct, frozen=True, kw_only=True):
    """What was asked or answered."""

    kind: Literal["question", "answer"]
    by: str
    at: datetime
    text: str


class SeenOut(Struct, frozen=True, kw_only=True):
    """An application with its checks, and what was asked and answered."""

    application: ApplicationOut
    checks: list[CheckOut]
    remarks: list[RemarkOut]


class AskIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the applicant is asked."""

    question: Reason


class RefuseIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why; the applicant reads it."""

    reason: Reason


class AcceptIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Code of the organisation, its manager's name to sign in with, and terms beside the usual.

    ``site`` is the code of the outlet's site; unset: a new one in the street.
    """

    code: Code
    login: Name
    site: Code | None = None
    terms: TermsIn = TermsIn()


class _Seen(Struct, frozen=True, kw_only=True):
    application: Application
    checks: list[Any]
    remarks: list[Any]


@get("/v1/applications", **READ)
async def list_applications(
    request: Req,
    in_state: Annotated[
        State | None, QueryParameter(name="state", description="Only those in this state.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[ApplicationOut]:
    """List applications, the oldest first."""
    return await pages(
        request, ApplicationOut, cursor, limit, 0, lambda one: one.id,
        lambda conn, after, most: applications.listed(conn, in_state, after, most),
    )  # fmt: skip


@get("/v1/applications/{application:str}", **READ)
async def get_application(request: Req, application: PathId) -> SeenOut:
    """Give an application with its checks, and what was asked and answered."""
    which = number(application)

    def ask(conn: Connection) -> _Seen:
        found = applications.get(conn, which)
        return _Seen(
            application=found,
            checks=checks.of(conn, found),
            remarks=applications.remarks(conn, which),
        )

    return await show(request, SeenOut, ask)


@post("/v1/applications/{application:str}/ask", **DECIDE)
async def ask_applicant(
    request: Req, caller: Me, actor: Actor, application: PathId, data: JSONBody[AskIn]
) -> Response[ApplicationOut]:
    """Ask an applicant for more."""

    def do(conn: Connection, at: datetime) -> Application:
        return decide.ask(conn, number(application), data.question, by=actor, at=at)

    return await act(request, caller, actor, data, ApplicationOut, do)


@post("/v1/applications/{application:str}/refuse", **DECIDE)
async def refuse(
    request: Req, caller: Me, actor: Actor, application: PathId, data: JSONBody[RefuseIn]
) -> Response[ApplicationOut]:
    """Refuse an application; the applicant reads the reason."""

    def do(conn: Connection, at: datetime) -> Application:
        return decide.refuse(conn, number(application), data.reason, by=actor, at=at)

    return await act(request, caller, actor, data, ApplicationOut, do)


@post("/v1/applications/{application:str}/accept", **DECIDE)
async def accept(
    request: Req, caller: Me, actor: Actor, application: PathId, data: JSONBody[AcceptIn]
) -> Response[ApplicationOut]:
    """Take an applicant in on the usual terms, but for those given."""
    zone = ZoneInfo(parts.of(request).settings.time_zone)

    def do(conn: Connection, at: datetime) -> Application:
        how = Acceptance(
            code=data.code,
            login=data.login,
            terms=msgspec.structs.replace(decide.USUAL, **given(data.terms)),
            site=None if data.site is None else sites.find(conn, data.site).id,
        )
        today: date = at.astimezone(zone).date()
        return decide.accept(conn, number(application), how, by=actor, at=at, today=today)

    return await act(request, caller, actor, data, ApplicationOut, do)


ROUTES: Final[list[BaseRouteHandler]] = [
    list_applications, get_application, ask_applicant, refuse, accept,
]  # fmt: skip
