"""Contracts over HTTP: signed version by version, and what is in force at a time."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from tongbao.alliance import contracts, organisations
from tongbao.alliance.types import Contract, Cycle, Terms
from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act, show
from tongbao.api.listing import Page
from tongbao.api.lookup import number
from tongbao.api.paging import whole
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Id, PathId, Time
from tongbao.kernel import clock, limits
from tongbao.kernel.db import Connection

Rate = Annotated[int, Meta(ge=0, le=limits.RATE, description="Parts per million")]
Fen = Annotated[int, Meta(ge=0, le=limits.AMOUNT, description="Fen of CNY")]
Levels = Annotated[tuple[Rate, ...], Meta(max_length=limits.ALERT_LEVELS)]


class TermsOut(Struct, frozen=True, kw_only=True):
    """What an organisation has agreed to: rates in parts per million, amounts in fen of CNY."""

    earn_rate: Rate
    earn_step: int
    prepaid_share: Rate
    reimbursement: Rate
    acceptance_fee: Rate
    issue_fee: Rate
    redemption_share: Rate
    expiry_months: int | None
    breakage_to: Literal["issuer", "operator"]
    earn_on: Literal["cash", "total"]
    credit_limit: Fen | None
    cycle: Cycle
    block: Fen | None
    replenish_below: Fen | None
    alert_at: list[Rate]


class TermsIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms that change; null ends a limit, what is left out stays."""

    earn_rate: Rate | UnsetType = UNSET
    earn_step: Fen | UnsetType = UNSET
    prepaid_share: Rate | UnsetType = UNSET
    reimbursement: Rate | UnsetType = UNSET
    acceptance_fee: Rate | UnsetType = UNSET
    issue_fee: Rate | UnsetType = UNSET
    redemption_share: Rate | UnsetType = UNSET
    expiry_months: int | UnsetType | None = UNSET
    breakage_to: Literal["issuer", "operator"] | UnsetType = UNSET
    earn_on: Literal["cash", "total"] | UnsetType = UNSET
    credit_limit: Fen | UnsetType | None = UNSET
    cycle: Cycle | UnsetType = UNSET
    block: Fen | UnsetType | None = UNSET
    replenish_below: Fen | UnsetType | None = UNSET
    alert_at: Levels | UnsetType = UNSET


class ContractIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next version: as the one before, but for the terms given; ``fresh``: as when unset."""

    terms: TermsIn = TermsIn()
    valid_from: Time | None = None
    fresh: bool = False


class ContractOut(Struct, frozen=True, kw_only=True):
    """One dated version of an organisation's terms; it is never changed."""

    organisation: Id
    valid_from: datetime
    terms: TermsOut
    written_at: datetime


def given(terms: TermsIn) -> dict[str, Any]:
    """Give the terms that a body says, by name."""
    said = {name: getattr(terms, name) for name in Terms.__struct_fields__}
    return {name: value for name, value in said.items() if value is not UNSET}


@post("/v1/organisations/{organisation:str}/contracts", **operators("alliance:write"))
async def sign(
    request: Req, caller: Me, actor: Actor, organisation: PathId, data: JSONBody[ContractIn]
) -> Response[ContractOut]:
    """Sign the next version of a contract, from a time on; unset: from now on."""
    who = number(organisation)
    changes = given(data.terms)

    def do(conn: Connection, at: datetime) -> Contract:
        return contracts.amend(conn, who, changes, data.valid_from or at, at, fresh=data.fresh)

    return await act(request, caller, actor, data, ContractOut, do)


@get("/v1/organisations/{organisation:str}/contracts", **everybody("alliance:read"))
async def history(request: Req, caller: Me, organisation: PathId) -> Page[ContractOut]:
    """List all versions of a contract, oldest first."""
    who = reach.organisation(caller, organisation)

    def ask(conn: Connection) -> list[Contract]:
        organisations.get(conn, who)
        return contracts.history(conn, who)

    return await whole(request, ContractOut, ask)


@get("/v1/organisations/{organisation:str}/contracts/in-force", **everybody("alliance:read"))
async def in_force(
    request: Req,
    caller: Me,
    organisation: PathId,
    at: Annotated[
        datetime | None, QueryParameter(description="The business time; unset: now.")
    ] = None,
) -> ContractOut:
    """Give the version that rules at a time."""
    who = reach.organisation(caller, organisation)
    when = at or clock.now()
    return await show(request, ContractOut, lambda conn: contracts.version_at(conn, who, when))


ROUTES: Final[list[BaseRouteHandler]] = [sign, history, in_force]
