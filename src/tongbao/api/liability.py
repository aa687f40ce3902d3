"""Points as debt over HTTP: cohorts, breakage, and what was earned in closed periods."""

import asyncio
from datetime import date, datetime
from typing import Annotated, Final

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Struct

from tongbao.api import reach
from tongbao.api.acting import Actor, Me, Req, act, position
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.paging import pages, whole
from tongbao.api.proposals import Whose
from tongbao.api.reach import everybody, operators
from tongbao.api.wire import Id, Money, Month, PathId, PathMonth, SignedPoints
from tongbao.hosting import parts
from tongbao.kernel import clock, limits
from tongbao.kernel.db import Connection
from tongbao.liability import backtest, breakage, cohorts, months, periods
from tongbao.liability.backtest import Way
from tongbao.liability.cohorts import Liability
from tongbao.liability.types import AsOf, Cohort

READ: Final = everybody("statements:read")

On = Annotated[
    date | None, QueryParameter(description="As at the end of this business day; unset: now.")
]
Position = Annotated[
    str | None, QueryParameter(description="As at this position of the journal; unset: its end.")
]


Through = Annotated[
    str | None,
    QueryParameter(description="As at the end of this month, as 2026-05; unset: the last."),
]


class LiabilityOut(Struct, frozen=True, kw_only=True):
    """What one issuer owes for points; ``ledger``: what its account says, null of a past."""

    issuer: Id
    cohorts: int
    issued: SignedPoints
    redeemed: SignedPoints
    expired: SignedPoints
    forfeited: SignedPoints
    clawed_back: SignedPoints
    outstanding: SignedPoints
    ledger: SignedPoints | None


class CohortOut(Struct, frozen=True, kw_only=True):
    """What became of the points that one issuer gave in one month, named by its first day."""

    issuer: Id
    cohort: date
    issued: SignedPoints
    redeemed: SignedPoints
    expired: SignedPoints
    forfeited: SignedPoints
    clawed_back: SignedPoints
    outstanding: SignedPoints


class ExpectedOut(Struct, frozen=True, kw_only=True):
    """What a cohort will come to: ``rate`` (parts per million) of it will be redeemed."""

    rate: int
    ultimate: SignedPoints
    developed: int
    credibility: int
    basis: str


class ForecastOut(Struct, frozen=True, kw_only=True):
    """One cohort of an issuer (null: of all together), its age in months, what is expected."""

    issuer: Id | None
    cohort: date
    age: int
    given: SignedPoints
    redeemed: SignedPoints
    lost: SignedPoints
    breakage: SignedPoints
    expected: ExpectedOut


class ScoreOut(Struct, frozen=True, kw_only=True):
    """How well one way would have done, so many months ahead; errors in per cent.

    ``cuts``: ends of months it was tried at, ``cases``: issuers together. ``mape``: mean of the
    cases' errors, ``wape``: all errors together, ``bias``: how much too high all together.
    """

    way: Way
    ahead: int
    cuts: int
    cases: int
    predicted: SignedPoints
    happened: SignedPoints
    mape: float | None
    wape: float | None
    bias: float | None


class PeriodOut(Struct, frozen=True, kw_only=True):
    """A closed period; ``revenue`` was earned in it, ``deferred`` is the contract liability."""

    month: date
    begins_at: datetime | None
    ends_at: datetime
    position: Id
    cohorts: int
    changed: int
    allocated: Money
    recognised: Money
    revenue: Money
    deferred: Money
    closed_by: str
    closed_at: datetime
    replayed: bool


class PeriodIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The month that the period ends with."""

    month: Month


class RollForwardOut(Struct, frozen=True, kw_only=True):
    """How an issuer's contract liability went from one period's end to the next's."""

    issuer: Id
    opening: Money
    added: Money
    revenue: Money
    closing: Money


class RowOut(Struct, frozen=True, kw_only=True):
    """Where one cohort stood at the close of a period; rates in parts per million."""

    issuer: Id
    cohort: date
    month: date
    issued: SignedPoints
    redeemed: SignedPoints
    lost: SignedPoints
    clawed_back: SignedPoints
    outstanding: SignedPoints
    price: Money
    priced: SignedPoints
    first_rate: int
    estimate: Id | None
    rate: int
    expected: SignedPoints
    allocated: Money
    recognised: Money
    revenue: Money
    deferred: Money


@get("/v1/liability", **READ)
async def list_issuers(
    request: Req,
    caller: Me,
    organisation: Whose = None,
    on: On = None,
    position: Position = None,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[LiabilityOut]:
    """List what each issuer owes for points, beside what the ledger says."""
    who, zone = reach.whose(caller, organisation), parts.of(request).settings.time_zone
    as_of = _as_of(zone, on, position)

    def ask(conn: Connection, after: int, most: int) -> list[Liability]:
        return cohorts.issuers_after(conn, zone, after, most, as_of, who)

    return await pages(request, LiabilityOut, cursor, limit, 0, lambda one: one.issuer_id, ask)


@get("/v1/liability/cohorts", **READ)
async def list_cohorts(
    request: Req,
    caller: Me,
    organisation: Whose = None,
    on: On = None,
    position: Position = None,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[CohortOut]:
    """List what became of the points that each issuer gave in each month."""
    who, zone = reach.whose(caller, organisation), parts.of(request).settings.time_zone
    as_of = _as_of(zone, on, position)

    def ask(conn: Connection, after: tuple[int, date], most: int) -> list[Cohort]:
        return cohorts.page(conn, zone, after, most, as_of, who)

    return await pages(request, CohortOut, cursor, limit, (0, date.min), _place, ask)


@get("/v1/liability/breakage", **READ)
async def list_breakage(
    request: Req,
    caller: Me,
    organisation: Whose = None,
    through: Through = None,
) -> Page[ForecastOut]:
    """List how many points will never be redeemed, month by month, of one issuer or of all."""
    who, zone = reach.whose(caller, organisation), parts.of(request).settings.time_zone
    month = months.last_complete(clock.now(), zone) if through is None else months.parse(through)
    return await whole(request, ForecastOut, lambda conn: breakage.by_month(conn, zone, month, who))


@get("/v1/liability/backtest", **READ)
async def list_scores(
    request: Req,
    caller: Me,
    organisation: Whose = None,
    through: Through = None,
    ahead: Annotated[
        int, QueryParameter(ge=1, le=60, description="Months that it looks ahead.")
    ] = 6,
) -> Page[ScoreOut]:
    """List how well each way of estimating would have done before, by months ahead."""
    who, zone = reach.whose(caller, organisation), parts.of(request).settings.time_zone
    month = months.last_complete(clock.now(), zone) if through is None else months.parse(through)

    def ask(conn: Connection) -> list[ScoreOut]:
        return [
            ScoreOut(
                way=one.way,
                ahead=one.ahead,
                cuts=one.cuts,
                cases=one.cases,
                predicted=SignedPoints(round(one.predicted)),
                happened=SignedPoints(one.happened),
                mape=one.mape,
                wape=one.wape,
                bias=one.bias,
            )
            for one in backtest.backtest(conn, zone, month, ahead, who)
        ]

    return Page(await parts.read(request, ask))


@get("/v1/liability/periods", **operators("statements:read"))
async def list_periods(request: Req) -> Page[PeriodOut]:
    """List the closed periods, the newest first."""
    return await whole(request, PeriodOut, periods.newest)


@post("/v1/liability/periods", **operators("clearing:write"))
async def close(
    request: Req, caller: Me, actor: Actor, data: JSONBody[PeriodIn]
) -> Response[PeriodOut]:
    """Close the period that ends with a month: recognise what was earned. Twice is once."""
    zone, month = parts.of(request).settings.time_zone, months.parse(data.month)
    seen = await asyncio.to_thread(position, request)
    return await act(
        request, caller, actor, data, PeriodOut,
        lambda conn, at: periods.close(conn, zone, month, by=actor, at=at, position=seen),
    )  # fmt: skip


@get("/v1/liability/periods/{month:str}/issuers", **READ)
async def list_moved(
    request: Req, caller: Me, month: PathMonth, organisation: Whose = None
) -> Page[RollForwardOut]:
    """List how the contract liability of each issuer moved in a closed period."""
    who, which = reach.whose(caller, organisation), months.parse(month)
    return await whole(
        request, RollForwardOut,
        lambda conn: periods.roll_forward(conn, which, who, limits.BULK),
    )  # fmt: skip


@get("/v1/liability/periods/{month:str}/issuers/{organisation:str}/cohorts", **READ)
async def list_rows(
    request: Req, caller: Me, month: PathMonth, organisation: PathId
) -> Page[RowOut]:
    """List where each cohort of an issuer stood when a period was closed."""
    who, which = reach.organisation(caller, organisation), months.parse(month)
    return await whole(request, RowOut, lambda conn: periods.rows(conn, which, who))


def _place(one: Cohort) -> tuple[int, date]:
    return one.issuer_id, one.cohort


def _as_of(zone: str, on: date | None, position: str | None) -> AsOf:
    before = None if on is None else months.end_of_day(on, zone)
    return AsOf(before=before, position=None if position is None else number(position))


ROUTES: Final[list[BaseRouteHandler]] = [
    list_issuers, list_cohorts, list_breakage, list_scores, list_periods, close,
    list_moved, list_rows,
]  # fmt: skip
