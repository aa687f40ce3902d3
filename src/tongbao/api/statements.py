"""Statements over HTTP: what an organisation is told of a period, as JSON, CSV or PDF."""

import asyncio
from datetime import date
from typing import Annotated, Final, Literal

from litestar import get
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.response import Stream

from tongbao.api import reach
from tongbao.api.acting import Me, Req
from tongbao.api.reach import everybody
from tongbao.api.wire import PathId
from tongbao.clearing import calendar
from tongbao.hosting import parts
from tongbao.hosting.database import begun
from tongbao.kernel.db import Connection
from tongbao.statements import paper, periods, statement, summing, tables, writing
from tongbao.statements.types import Statement

Form = Literal["json", "csv", "pdf"]

_TYPES: Final[dict[Form, str]] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
}


@get(
    "/v1/organisations/{organisation:str}/statement",
    **everybody("statements:read", media_type="application/octet-stream"),
)
async def get_statement(
    request: Req,
    caller: Me,
    organisation: PathId,
    first: Annotated[
        date | None, QueryParameter(name="from", description="The first business date.")
    ] = None,
    last: Annotated[
        date | None,
        QueryParameter(name="to", description="The last business date; unset: the first one."),
    ] = None,
    window: Annotated[
        str | None,
        QueryParameter(description="Instead of dates: a window, or two as in 7-12.", max_length=20),
    ] = None,
    form: Annotated[Form, QueryParameter(name="format", description="How it is written.")] = "json",
    language: Annotated[Literal["zh", "en"], QueryParameter(description="Of the PDF.")] = "zh",
) -> Stream:
    """Give the statement of a period; windows that are not summed yet are summed first."""
    who = reach.organisation(caller, organisation)
    settings = parts.of(request).settings
    cutover = calendar.cutover_of(settings)

    def make(conn: Connection) -> Statement:
        period = periods.asked(conn, first, last, window, cutover)
        summing.sum_windows(conn, settings.fee_vat, period.last_window)
        return statement.one(conn, period, who)

    def write() -> tuple[str, bytes]:
        with begun(parts.of(request).pool) as conn:
            stated = make(conn)
        return stated.number, _write(stated, form, language, settings.time_zone)

    number, written = await asyncio.to_thread(write)
    headers = {"Content-Disposition": f'inline; filename="{number}.{form}"'}
    return Stream([written], media_type=_TYPES[form], headers=headers)


def _write(stated: Statement, form: Form, language: str, zone: str) -> bytes:
    if form == "pdf":
        return paper.pdf(stated, language, zone)
    if form == "csv":
        return (tables.head() + tables.rows(stated)).encode()
    return writing.as_json(stated)


ROUTES: Final[list[BaseRouteHandler]] = [get_statement]
