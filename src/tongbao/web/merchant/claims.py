"""A claim: what one operation, here or elsewhere, moved between this organisation and others."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from psycopg.rows import dict_row

from tongbao.hosting import parts
from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.points.refusals import OperationNotFound
from tongbao.web import labels, pages, who
from tongbao.web.who import MERCHANT, sees

Q = sql.load(__package__, "claim_queries.sql")


@get("/merchant/claims/{operation:int}", opt=sees(*MERCHANT))
async def claim_page(request: Request[Any, Any, Any], operation: FromPath[int]) -> Response[str]:
    """Show what an operation moved between this organisation and others, and nothing else of it."""
    given = {"organisation": who.of(request).organisation_id, "operation": operation}

    def ask(conn: Connection) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        with conn.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(Q.operation_of_claim, given).fetchone()
            moved = cursor.execute(Q.moved_with_mine, given).fetchall()
        if found is None or not (moved or found["mine"]):
            raise OperationNotFound(operation=operation)
        return found, moved

    found, moved = await parts.read(request, ask)
    if found["mine"]:
        return pages.go(f"/merchant/operations/{operation}")
    return pages.page(
        request,
        "merchant/claim.html",
        one=found,
        points=[row for row in moved if row["unit"] == "PTS"],
        money=[row for row in moved if row["unit"] == "CNY"],
        kinds=labels.OPERATIONS,
        movements=labels.MOVEMENTS,
    )


ROUTES: Final[list[BaseRouteHandler]] = [claim_page]
