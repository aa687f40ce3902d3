"""Organisations to choose from: those that fit what is typed, and the one that was chosen."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from psycopg.rows import dict_row

from tongbao.alliance import organisations
from tongbao.alliance.organisations import OrganisationNotFound
from tongbao.hosting import parts
from tongbao.kernel import sql, texts
from tongbao.kernel.db import Connection
from tongbao.web import forms, pages, searching
from tongbao.web.forms import Form
from tongbao.web.who import MERCHANT, OPERATOR, sees

Q = sql.load(__package__)

_OFFERED: Final = 20
_LONGEST: Final = 100


@get("/pick/organisations", opt=sees(*OPERATOR, *MERCHANT))
async def offer_organisations(request: Request[Any, Any, Any]) -> Response[str]:
    """Give the options of a field: open organisations with what is typed in their code or name."""
    field = request.headers.get("hx-trigger-name", "search")
    typed = str(request.query_params.get(field, "")).replace("\0", "").strip()[:_LONGEST]
    given = {"typed": typed, "pattern": f"%{searching.literal(typed)}%", "limit": _OFFERED}

    def ask(conn: Connection) -> list[dict[str, Any]]:
        with conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(Q.organisations_like, given).fetchall()

    return pages.page(request, "parts/options.html", found=await parts.read(request, ask))


def organisation(conn: Connection, form: Form, name: str) -> int:
    """Give the organisation whose code was chosen; refuses ``organisation-not-found`` beside it."""
    code = form.text(name)
    with forms.typed_in(name):
        try:
            return organisations.find(conn, code).id
        except texts.CodeMalformed:
            raise OrganisationNotFound(organisation=texts.shown(code)) from None


ROUTES: Final[list[BaseRouteHandler]] = [offer_organisations]
