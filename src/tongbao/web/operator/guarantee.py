"""The guarantee fund: what stands behind defaults, who contributes, and its assessment."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler

from tongbao.hosting import parts
from tongbao.kernel import clock, limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.losses import caps
from tongbao.losses.caps import Rule
from tongbao.web import forms, lists, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Column, Listing
from tongbao.web.operator.proposing import noted
from tongbao.web.who import sees
from tongbao.web.words import mark

Q = sql.load(__package__, "guarantee_queries.sql")

LISTING: Final = Listing(
    name="fund",
    query=Q.fund_members,
    sort="-cap",
    search=("name", "code"),
    hint=mark("Name or code"),
    dates="ruled_at",
    columns=(
        lists.by_name(mark("Organisation"), lambda row: f"/operator/organisations/{row['id']}"),
        Column(name="required", title=mark("Has to contribute"), kind="money", sort=True),
        Column(name="contributed", title=mark("Has contributed"), kind="money", sort=True),
        Column(name="cap", title=mark("Bears at most"), kind="money", sort=True),
        Column(name="ruled_at", title=mark("Decided"), kind="moment"),
    ),
    empty=mark("Nobody has a part in the fund yet"),
    advice=mark("Propose an assessment: it says what each organisation has to contribute."),
)


@get("/operator/fund", opt=sees("admin", "settlement", "auditor"))
async def fund_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """List who has a part in the guarantee fund, with what stands behind defaults."""
    return await _page(request, None, None)


@post("/operator/fund/assessment", opt=sees("admin", "settlement"))
async def assess(request: Request[Any, Any, Any]) -> Response[Any]:
    """Propose to assess everybody by a rule; another person decides."""
    at, me = clock.now(), who.of(request)

    def do(conn: Connection, form: Form) -> Done:
        rule = Rule(
            largest=form.number("largest"),
            share=form.fen("share") * (limits.RATE // 10_000),
            least=form.fen("least"),
            times=form.number("times"),
        )
        reason = form.text("reason")
        made = caps.propose_assessment(conn, rule, by=me.login, reason=reason, at=at)
        return noted(request, conn, made, at)

    return await forms.submit(request, do, lambda form, no: _page(request, form, no))


async def _page(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[Any]:
    at = clock.now()
    stands = await parts.read(request, lambda conn: caps.standing(conn, at))
    return await lists.show(
        request,
        "operator/fund.html",
        LISTING,
        path="/operator/fund",
        status=422 if refusal else 200,
        stands=stands,
        rule=Rule(),
        form=form,
        refused=forms.beside(refusal, {}),
    )


ROUTES: Final[list[BaseRouteHandler]] = [fund_page, assess]
