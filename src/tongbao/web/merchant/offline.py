"""What tills did without a network: what each was allowed, and what came home of it, how late."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from psycopg.rows import dict_row

from tongbao.access import audit, sessions
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.till import allowances
from tongbao.till.allowances import AllowanceNotFound
from tongbao.web import forms, lists, offline, who
from tongbao.web.forms import Done, Form
from tongbao.web.offline import Q
from tongbao.web.pages import Said
from tongbao.web.who import MERCHANT, sees
from tongbao.web.words import mark

LINES: Final = offline.lines("/merchant", lambda row: f"/merchant/terminals/{row['terminal_id']}")
ALLOWANCES: Final = offline.allowances(lambda row: f"/merchant/allowances/{row['id']}")


@get("/merchant/offline", opt=sees(*MERCHANT))
async def line_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what the organisation's tills did offline, and what became of it."""
    values = {"organisation": who.of(request).organisation_id, "allowance": None}
    return await lists.show(request, "merchant/offline.html", LINES, values)


@get("/merchant/allowances", opt=sees(*MERCHANT))
async def allowance_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List what the organisation's terminals may do, or might have done, offline."""
    values = {
        "organisation": who.of(request).organisation_id, "terminal": None, "at": clock.now(),
    }  # fmt: skip
    return await lists.show(request, "merchant/allowances.html", ALLOWANCES, values)


@get("/merchant/allowances/{allowance:int}", opt=sees(*MERCHANT))
async def allowance_page(
    request: Request[Any, Any, Any], allowance: FromPath[int]
) -> Response[Any]:
    """Show an allowance, what is left of it, and what came home of it."""
    return await _page(request, allowance, None)


@get("/merchant/allowances/{allowance:int}/grant", opt=sees("manager"))
async def grant_file(request: Request[Any, Any, Any], allowance: FromPath[int]) -> Response[bytes]:
    """Give the signed grant of an allowance, as its terminal takes it."""
    mine, key = who.of(request).organisation_id, parts.of(request).settings.access_secret
    grant = await parts.read(request, lambda conn: allowances.get(conn, allowance, mine, key=key))
    headers = {"Content-Disposition": f'attachment; filename="grant-{allowance}.json"'}
    return Response(msgspec.json.encode(grant), media_type="application/json", headers=headers)


@post("/merchant/allowances/{allowance:int}/end", opt=sees("manager"))
async def end_allowance(request: Request[Any, Any, Any], allowance: FromPath[int]) -> Response[Any]:
    """End an allowance now; what happened before is still taken."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, _form: Form) -> Done:
        sessions.check_step_up(me, at)
        about = _about(conn, allowance, me.organisation_id)
        allowances.end(conn, allowance, me.organisation_id, at)
        subject, said = f"terminal {about['place']}", {"allowance": allowance}
        audit.note(conn, "allowance-ended", me.actor(address), at, subject=subject, said=said)
        text = mark("It is ended. What the terminal did before is still taken.")
        return Done(f"/merchant/allowances/{allowance}", Said(text))

    return await forms.submit(request, do, lambda _form, no: _page(request, allowance, no))


async def _page(
    request: Request[Any, Any, Any], allowance: int, refusal: Refusal | None
) -> Response[Any]:
    mine, key = who.of(request).organisation_id, parts.of(request).settings.access_secret
    at = clock.now()

    def ask(conn: Connection) -> dict[str, Any]:
        return {
            "grant": allowances.get(conn, allowance, mine, key=key),
            "about": _about(conn, allowance, mine),
        }

    shown = await parts.read(request, ask)
    until, ended = shown["grant"].valid_until, shown["about"]["ended_at"]
    state = "expired" if until <= at else "active"
    if ended is not None and ended < until:
        state, until = "revoked", ended
    return await lists.show(
        request,
        "merchant/allowance.html",
        LINES,
        {"organisation": mine, "allowance": allowance},
        path=f"/merchant/allowances/{allowance}",
        status=422 if refusal else 200,
        state=state,
        states=offline.STATES,
        until=until,
        refused=forms.beside(refusal, {}),
        **shown,
    )


def _about(conn: Connection, allowance: int, mine: int) -> dict[str, Any]:
    """Give where an allowance of an organisation is; refuses ``allowance-not-found``."""
    given = {"allowance": allowance, "organisation": mine}
    with conn.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(Q.allowance_of, given).fetchone()
    if found is None:
        raise AllowanceNotFound(allowance=allowance)
    return found


ROUTES: Final[list[BaseRouteHandler]] = [
    line_list,
    allowance_list,
    allowance_page,
    grant_file,
    end_allowance,
]
