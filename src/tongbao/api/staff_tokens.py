"""Tokens with which scripts of the staff call, in the person's name, for a working day."""

import asyncio
from typing import Annotated, Any, Final

from litestar import Request, Response, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tongbao.api import entry
from tongbao.hosting import parts, staff_token
from tongbao.kernel import limits

_EXAMPLE: Final = {
    "login": "wei@example.cn", "password": "correct horse battery staple", "code": "271828",
    "scopes": ["clearing:read"],
}  # fmt: skip


class SignInIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Name, password and the code of the second factor; without ``scopes`` all of the role."""

    login: Annotated[str, Meta(min_length=1, max_length=limits.NAME)]
    password: Annotated[str, Meta(min_length=1, max_length=limits.PASSWORD)]
    code: Annotated[str, Meta(min_length=1, max_length=limits.CODE)]
    scopes: Annotated[tuple[str, ...], Meta(max_length=limits.CODE)] | None = None


class StaffTokenOut(Struct, frozen=True, kw_only=True):
    """A token for ``Authorization: Bearer``, and what it allows."""

    token: str
    scopes: tuple[str, ...]
    expires_in: int


@post(
    "/v1/staff/tokens",
    status_code=200,
    opt={"open": True, "refuses": (401, 403), "example": _EXAMPLE, "unhurried": False},
)
async def make(
    request: Request[Any, Any, Any], data: JSONBody[SignInIn]
) -> Response[StaffTokenOut]:
    """Sign in and get a token for twelve hours; the second factor must be set up."""
    made, scopes = await asyncio.to_thread(
        staff_token.make,
        parts.of(request),
        data.login,
        data.password,
        data.code,
        data.scopes,
        device=request.headers.get("user-agent", ""),
        address=entry.of(request).address(request),
    )
    said = StaffTokenOut(
        token=made, scopes=tuple(scopes), expires_in=int(limits.STAFF_TOKEN.total_seconds())
    )
    return Response(said, status_code=200, headers={"Cache-Control": "no-store"})


ROUTES: Final[list[BaseRouteHandler]] = [make]
