"""The general ledger over HTTP, for bookkeeping elsewhere."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final

from litestar import get
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.response import Stream

from tongbao.api import reach, uploads
from tongbao.api.acting import Me, Req, position
from tongbao.api.liability import Position
from tongbao.api.lookup import number
from tongbao.api.proposals import Whose
from tongbao.api.reach import everybody
from tongbao.hosting import parts
from tongbao.hosting.database import snapshot
from tongbao.kernel import clock
from tongbao.liability import months
from tongbao.liability.book import open_book
from tongbao.liability.export import Format, Written, export


@get("/v1/general-ledger", **everybody("statements:read", media_type="application/octet-stream"))
async def get_book(
    request: Req,
    caller: Me,
    organisation: Whose = None,
    first: Annotated[
        date | None,
        QueryParameter(name="from", description="First business day; unset: the beginning."),
    ] = None,
    last: Annotated[
        date | None, QueryParameter(name="to", description="Last business day; unset: yesterday.")
    ] = None,
    at_position: Position = None,
    *,
    detail: Annotated[
        bool, QueryParameter(description="Every transfer; else sums by day and accounts.")
    ] = False,
    form: Annotated[
        Format, QueryParameter(name="format", description="How it is written.")
    ] = "csv",
) -> Stream:
    """Export an organisation's own book (the operator: the alliance's), with balances."""
    who, zone = reach.whose(caller, organisation), parts.of(request).settings.time_zone
    begins = None if first is None else months.check_day(first)
    until = months.last_day_over(clock.now(), zone) if last is None else months.check_day(last)

    def make(path: Path) -> Written:
        seen = position(request) if at_position is None else number(at_position)
        with snapshot(parts.of(request).pool) as conn:
            book = open_book(conn, zone, begins, until, seen, who, detail=detail)
            with path.open("w", encoding="utf-8", newline="") as out:
                return export(conn, book, form, out)

    return await uploads.fetched(
        make, lambda _: f"general-ledger-{until}.{form}", "text/plain; charset=utf-8"
    )


ROUTES: Final[list[BaseRouteHandler]] = [get_book]
