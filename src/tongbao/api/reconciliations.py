"""Reconciliations over HTTP: a till's file against the ledger, and what differs."""

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from msgspec import Struct

from tongbao.access.keys import Caller
from tongbao.alliance import outlets
from tongbao.alliance.outlets import OutletNotFound
from tongbao.api import reach, uploads
from tongbao.api.acting import Actor, Me, Req, note, show
from tongbao.api.listing import ROWS, Cursor, Limit, Page
from tongbao.api.lookup import number
from tongbao.api.nouns import tell
from tongbao.api.paging import pages, whole
from tongbao.api.proposals import Whose
from tongbao.api.reach import everybody
from tongbao.api.wire import Id, Money, PathId, SignedPoints
from tongbao.clearing import calendar
from tongbao.hosting import parts
from tongbao.hosting.database import begun
from tongbao.kernel import clock, limits
from tongbao.kernel.db import Connection
from tongbao.reconcile import till
from tongbao.reconcile.refusals import ReconciliationNotFound
from tongbao.reconcile.till_file import How
from tongbao.reconcile.types import Asked, Difference, Form, Reconciliation, Subject, Total

_LAST: Final = 2**63 - 1
READ: Final = everybody("clearing:read")


class ReconciliationOut(Struct, frozen=True, kw_only=True):
    """One file compared with the ledger; ``balanced`` when there is no difference at all.

    ``counts``: differences by code. ``replayed``: it had been compared before.
    """

    id: Id
    organisation: Id
    business_day: date
    outlet: Id | None
    form: Form
    name: str
    run: int
    lines: int
    matched: int
    differences: int
    counts: dict[str, int]
    asked_by: str
    at: datetime
    balanced: bool
    replayed: bool


class TotalOut(Struct, frozen=True, kw_only=True):
    """Both sides' sums at one outlet (0: of the whole organisation); null: not given."""

    outlet: str
    subject: Subject
    here_count: int
    here_points: SignedPoints
    here_cash: Money
    till_count: int | None
    till_points: SignedPoints | None
    till_cash: Money | None


class DifferenceOut(Struct, frozen=True, kw_only=True):
    """One thing that differs; ``action`` is what to do about it, ``advice`` as a sentence."""

    n: int
    code: str
    action: str
    kind: str
    line: int | None
    label: str
    outlet: Id | None
    operation: Id | None
    till_amount: Money | None
    till_points: SignedPoints | None
    here_amount: Money | None
    here_points: SignedPoints | None
    here_at: datetime | None
    note: str | None
    advice: str


@post(
    "/v1/reconciliations",
    **everybody("reconcile:write", upload=True, request_max_body_size=None),
)
async def reconcile(
    request: Req,
    caller: Me,
    actor: Actor,
    day: Annotated[date, QueryParameter(description="The business day.")],
    organisation: Whose = None,
    outlet: Annotated[
        str | None, QueryParameter(description="Only this outlet, by its code.")
    ] = None,
    name: Annotated[str | None, QueryParameter(description="What the file is called.")] = None,
    delimiter: Annotated[
        str | None, QueryParameter(description="What separates fields; unset: found out.")
    ] = None,
    encoding: Annotated[
        Literal["utf-8", "gb18030"], QueryParameter(description="How the text is written.")
    ] = "utf-8",
    amounts: Annotated[
        Literal["yuan", "fen"], QueryParameter(description="What amounts are in.")
    ] = "yuan",
    *,
    again: Annotated[
        bool, QueryParameter(description="Compare what was compared before once more.")
    ] = False,
) -> Response[ReconciliationOut]:
    """Compare a till's lines, or its totals, of a day with the ledger; the body is the CSV file.

    Its content is its key: sent again, it is answered as before. What is wrong with a line is a
    difference.
    """
    who = reach.whose(caller, organisation) or caller.organisation_id
    how = How(delimiter=delimiter, encoding=encoding, amounts=amounts)
    cutover = calendar.cutover_of(parts.of(request).settings)

    def compare(path: Path) -> Reconciliation:
        with begun(parts.of(request).pool) as conn:
            asked = Asked(
                organisation_id=who,
                day=day,
                by=actor,
                cutover=cutover,
                outlet_id=None if outlet is None else _outlet(conn, caller, outlet),
                again=again,
            )
            at = clock.now()
            note(conn, request, caller, actor, at)
            return till.reconcile(conn, path, asked, at, how)

    async with uploads.received(request, name, limits.TILL_FILE) as path:
        done = await asyncio.to_thread(compare, path)
    headers = {"Idempotent-Replayed": "true"} if done.replayed else None
    return Response(tell(ReconciliationOut, done), status_code=201, headers=headers)


@get("/v1/reconciliations", **READ)
async def list_reconciliations(
    request: Req,
    caller: Me,
    organisation: Whose = None,
    day: Annotated[date | None, QueryParameter(description="Only of this business day.")] = None,
    cursor: Cursor = None,
    limit: Limit = ROWS,
) -> Page[ReconciliationOut]:
    """List reconciliations, the newest first."""
    who = reach.whose(caller, organisation)
    return await pages(
        request, ReconciliationOut, cursor, limit, _LAST, lambda one: one.id,
        lambda conn, before, most: till.listed(conn, who, day, before=before, limit=most),
    )  # fmt: skip


@get("/v1/reconciliations/{reconciliation:str}", **READ)
async def get_reconciliation(request: Req, caller: Me, reconciliation: PathId) -> ReconciliationOut:
    """Give a reconciliation."""
    return await show(
        request, ReconciliationOut, lambda conn: _of(conn, caller, number(reconciliation))
    )


@get("/v1/reconciliations/{reconciliation:str}/totals", **READ)
async def list_totals(request: Req, caller: Me, reconciliation: PathId) -> Page[TotalOut]:
    """List both sides' sums by outlet and subject."""

    def ask(conn: Connection) -> list[Total]:
        return till.sums(conn, _of(conn, caller, number(reconciliation)).id)

    return await whole(request, TotalOut, ask)


@get("/v1/reconciliations/{reconciliation:str}/differences", **READ)
async def list_differences(
    request: Req, caller: Me, reconciliation: PathId, cursor: Cursor = None, limit: Limit = ROWS
) -> Page[DifferenceOut]:
    """List what differs, in the order of the file, each with what to do about it."""

    def ask(conn: Connection, after: int, most: int) -> list[Difference]:
        return till.differences(conn, _of(conn, caller, number(reconciliation)).id, after, most)

    return await pages(request, DifferenceOut, cursor, limit, 0, lambda one: one.n, ask)


def _of(conn: Connection, caller: Caller, which: int) -> Reconciliation:
    found = till.get(conn, which)
    reach.check(caller, found.organisation_id, ReconciliationNotFound(reconciliation=which))
    return found


def _outlet(conn: Connection, caller: Caller, code: str) -> int:
    found = outlets.find(conn, code)
    reach.check(caller, found.organisation_id, OutletNotFound(outlet=code))
    return found.id


ROUTES: Final[list[BaseRouteHandler]] = [
    reconcile, list_reconciliations, get_reconciliation, list_totals, list_differences,
]  # fmt: skip
