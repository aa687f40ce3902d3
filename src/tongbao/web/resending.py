"""Forms that were sent while the database did not answer: kept, so that they are sent again as is.

Nobody knows yet whether such a form was done. Sent again with its key it is done once; filled in
anew, it would be another.
"""

from contextlib import suppress
from typing import Any, Final, cast

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send

from tongbao.hosting.patience import AnswerOverdue
from tongbao.hosting.punctual import Punctual
from tongbao.kernel.errors import Refusal

_SENT: Final = "sent"
_SECRET: Final = frozenset({"password", "pin"})
_FORM: Final = "application/x-www-form-urlencoded"


class InTime(Punctual):
    """Let go of whoever waits too long, and keep the form that they have sent."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on, and let go of it when its time is over."""
        try:
            await super().handle(scope, receive, send, next_app)
        except AnswerOverdue:
            await keep(Request(scope, receive, send))
            raise


async def keep(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Keep the form of a request, if it is one, for the page that says that nothing is known."""
    kind = connection.headers.get("content-type", "").partition(";")[0].strip()
    if kind != _FORM:
        return
    with suppress(HTTPException, Refusal):  # too large, or it does not arrive
        given = await cast("Request[Any, Any, Any]", connection).form()
        connection.scope["state"][_SENT] = [(name, str(v)) for name, v in given.multi_items()]


def fields(request: Request[Any, Any, Any]) -> list[tuple[str, str]] | None:
    """Give the fields of the form that was kept; none where a secret is among them."""
    kept: list[tuple[str, str]] = request.scope["state"].get(_SENT, [])
    names = {name for name, _ in kept}
    return kept if "_key" in names and names.isdisjoint(_SECRET) else None
