"""Statements: what the organisation is told of a period, on a page, on paper and as data."""

import asyncio
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler

from tongbao.alliance import organisations
from tongbao.clearing import calendar
from tongbao.hosting import parts
from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.statements import items, paper, periods, statement, summing, tables, words, writing
from tongbao.statements.types import Statement
from tongbao.web import forms, lists, pages, who
from tongbao.web.lists import Column, Listing
from tongbao.web.who import MERCHANT, PageNotFound, sees
from tongbao.web.words import mark

Q = sql.load(__package__, "told_queries.sql")

TYPES: Final = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
_ELSEWHERE: Final = ("redeemed_elsewhere", "restored_elsewhere", "used_to_repay")
"""Points that others took or gave back: their operations are behind the position."""

LISTING: Final = Listing(
    name="statements",
    query=Q.windows,
    sort="-id",
    search=("number",),
    hint=mark("Number of the window"),
    dates="closed_at",
    columns=(
        Column(
            name="id",
            title=mark("Window"),
            kind="id",
            sort=True,
            to=lambda row: f"/merchant/statements/one?window={row['id']}",
        ),
        Column(name="opened_at", title=mark("Opened"), kind="moment"),
        Column(name="closed_at", title=mark("Closed at"), kind="moment"),
    ),
    empty=mark("There is no statement yet"),
    advice=mark("The first one is there when the first window has closed, at the cut-over."),
)


@get("/merchant/statements", opt=sees(*MERCHANT))
async def statement_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the periods that a statement can be had of."""
    mine = {"organisation": who.of(request).organisation_id}
    return await lists.show(
        request, "merchant/statements.html", LISTING, mine, refused={}, asked={}
    )


@get("/merchant/statements/one", opt=sees(*MERCHANT))
async def one_statement(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show the statement of a window or of business dates, or give it as a file."""
    asked = {name: str(request.query_params.get(name, "")) for name in ("window", "from", "to")}
    kind = str(request.query_params.get("format", ""))
    if kind and kind not in TYPES:
        raise PageNotFound
    try:
        stated = await _statement(request, asked)
    except Refusal as refusal:
        return await lists.show(
            request,
            "merchant/statements.html",
            LISTING,
            {"organisation": who.of(request).organisation_id},
            refused=forms.beside(refusal, {}),
            asked=asked,
        )
    if kind:
        return await _file(request, stated, kind)
    spoken = pages.words_of(request)
    place = words.LANGUAGES.index(spoken.language)
    called = {name: both[place] for name, both in words.WORDS.items()}
    others = {line.counterparty for line in stated.lines if line.counterparty}
    names = await parts.read(
        request, lambda conn: {code: organisations.find(conn, code).name for code in others}
    )
    return pages.page(
        request,
        "merchant/statement.html",
        stated=stated,
        called=called,
        names=names,
        points=items.POINTS,
        elsewhere=_ELSEWHERE,
        accounts=[account for account in stated.accounts if _is_shown(account, stated)],
        days=_days(stated, spoken.zone),
        query="&".join(f"{name}={value}" for name, value in asked.items() if value),
    )


def _days(stated: Statement, zone: ZoneInfo) -> tuple[date, date]:
    """Give the first and the last day of what a statement is about."""
    last = stated.period.closed_at - timedelta(microseconds=1)
    return stated.period.opened_at.astimezone(zone).date(), last.astimezone(zone).date()


async def _statement(request: Request[Any, Any, Any], asked: dict[str, str]) -> Statement:
    settings, mine = parts.of(request).settings, who.of(request).organisation_id
    cutover = calendar.cutover_of(settings)

    def make(conn: Connection) -> Statement:
        first, last = (_day(asked[name]) for name in ("from", "to"))
        period = periods.asked(conn, first, last, asked["window"] or None, cutover)
        summing.sum_windows(conn, settings.fee_vat, period.last_window)
        return statement.one(conn, period, mine)

    return await parts.write(request, make)


async def _file(request: Request[Any, Any, Any], stated: Statement, kind: str) -> Response[bytes]:
    wanted = str(request.query_params.get("language", ""))
    spoken = wanted if wanted in words.LANGUAGES else pages.words_of(request).language
    zone = parts.of(request).settings.time_zone
    if kind == "pdf":
        written = await asyncio.to_thread(paper.pdf, stated, spoken, zone)
    elif kind == "csv":
        written = (tables.head() + tables.rows(stated)).encode()
    else:
        written = writing.as_json(stated)
    headers = {"Content-Disposition": f'attachment; filename="{stated.number}.{kind}"'}
    return Response(written, media_type=TYPES[kind], headers=headers)


def _is_shown(account: Any, stated: Statement) -> bool:
    """Say whether there is anything to tell of an account."""
    moved = any(line.account == account.account for line in stated.lines)
    return moved or bool(account.opening or account.closing)


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        return None


ROUTES: Final[list[BaseRouteHandler]] = [statement_list, one_statement]
