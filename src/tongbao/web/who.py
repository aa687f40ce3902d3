"""Who looks: the session in a cookie, and which roles a page is for.

A route says in its ``opt`` who may see it: ``sees(...)`` for staff, ``MEMBER`` for members,
``OPEN`` for everybody. A page that says none of them is a mistake, which the guard finds on the
first request and a test before it.
"""

import hashlib
import hmac
from collections.abc import Awaitable
from typing import Any, Final, TypeVar, cast
from urllib.parse import quote, urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler

from tongbao.access import member_sessions, sessions
from tongbao.access.member_sessions import MemberIn
from tongbao.access.roles import Role
from tongbao.access.sessions import SessionUnknown, SignedIn
from tongbao.hosting import address as addresses
from tongbao.hosting import parts
from tongbao.kernel import clock, limits
from tongbao.kernel.errors import Malformed, NotFound, Refusal, Refused
from tongbao.web import resending

Found = TypeVar("Found")

COOKIE: Final = "tongbao_session"
MEMBER_COOKIE: Final = "tongbao_member"
FIELD: Final = "_proof"
"""The field of a form that shows it to be one of ours."""

OPERATOR: Final[tuple[Role, ...]] = ("admin", "settlement", "marketer", "auditor")
MERCHANT: Final[tuple[Role, ...]] = ("manager", "finance")
STAFF: Final[tuple[Role, ...]] = (*OPERATOR, *MERCHANT, "cashier")
OPEN: Final = {"open": True}
"""The ``opt`` of a page that everybody may see."""
MEMBER: Final = {"member": True, "unhurried": False}
"""The ``opt`` of a page for members, each of whom sees what is theirs."""

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class FormForeign(Refused):
    code = "form-foreign"
    text = "this form was not sent from a page of this session; open the page anew"


class PageNotFound(NotFound):
    code = "page-not-found"
    text = "there is no page here, or not for you"


class FieldMissing(Malformed):
    code = "field-missing"
    text = "{name} is needed"


class SignInFirst(Refused):
    """Somebody must sign in, and then comes back to where they were."""

    def __init__(self, back: str, door: str = "/sign-in") -> None:
        super().__init__()
        self.path = f"{door}?next={quote(back, safe='')}"


class CodeFirst(Refused):
    """Somebody has given the password and not yet the code."""


def sees(*roles: Role, entered: bool = True, unhurried: bool = True) -> dict[str, Any]:
    """Say in a route's ``opt`` which roles of staff may see it; ``entered``: after the code.

    What is not ``unhurried`` is answered in time: somebody stands at a till.
    """
    return {"roles": frozenset(roles), "entered": entered, "unhurried": unhurried}


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let somebody see a page, or send them to sign in; refuses what is not for their role."""
    if connection.scope["method"] not in _SAFE:  # type: ignore[typeddict-item]
        _check_origin(connection)
    if handler.opt.get("open"):
        return
    if handler.opt.get("member"):
        await _let_member_see(connection)
        return
    roles = handler.opt.get("roles")
    assert roles is not None, "a page says who may see it, or that everybody may"
    token = connection.cookies.get(COOKIE, "")
    who = await _or_keep(connection, find(connection, token))
    if who is None:
        raise SignInFirst(_back(connection))
    if handler.opt["entered"] and not who.entered:
        raise CodeFirst
    if who.role not in roles:
        raise PageNotFound
    connection.state.who = who
    if connection.scope["method"] not in _SAFE:  # type: ignore[typeddict-item]
        await _check_proof(cast("Request[Any, Any, Any]", connection), token)


async def _let_member_see(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    token = connection.cookies.get(MEMBER_COOKIE, "")
    member = await _or_keep(connection, find_member(connection, token))
    if member is None:
        raise SignInFirst(_back(connection), "/m/sign-in")
    connection.state.member = member
    if connection.scope["method"] not in _SAFE:  # type: ignore[typeddict-item]
        await _check_proof(cast("Request[Any, Any, Any]", connection), token)


async def _or_keep(
    connection: ASGIConnection[Any, Any, Any, Any], looking: Awaitable[Found | None]
) -> Found | None:
    """Give who is found; where that cannot be told now, the form that was sent is kept."""
    try:
        return await looking
    except Refusal:
        await resending.keep(connection)
        raise


async def find(connection: ASGIConnection[Any, Any, Any, Any], token: str) -> SignedIn | None:
    """Give who is signed in with ``token``, if anybody."""
    if not token:
        return None
    at = clock.now()
    try:
        return await parts.write(connection, lambda conn: sessions.check(conn, token, at))
    except SessionUnknown:
        return None


async def find_member(
    connection: ASGIConnection[Any, Any, Any, Any], token: str
) -> MemberIn | None:
    """Give the member who is signed in with ``token``, if any."""
    if not token:
        return None
    at = clock.now()
    try:
        return await parts.write(connection, lambda conn: member_sessions.check(conn, token, at))
    except SessionUnknown:
        return None


def of(request: ASGIConnection[Any, Any, Any, Any]) -> SignedIn:
    """Give who looks at a page that is not open to all."""
    return cast(SignedIn, request.state.who)


def known(request: ASGIConnection[Any, Any, Any, Any]) -> SignedIn | None:
    """Give who looks, if the page has asked."""
    return cast("SignedIn | None", getattr(request.state, "who", None))


def member_of(request: ASGIConnection[Any, Any, Any, Any]) -> MemberIn:
    """Give the member who looks at a page for members."""
    return cast(MemberIn, request.state.member)


def known_member(request: ASGIConnection[Any, Any, Any, Any]) -> MemberIn | None:
    """Give the member who looks, if the page is for members."""
    return cast("MemberIn | None", getattr(request.state, "member", None))


def sender(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Give whose forms a request's are; nobody's is nothing."""
    session, member = known(request), known_member(request)
    if member:
        return f"member {member.member_id}"
    return f"staff {session.staff_id}" if session else ""


def address(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Give the network address that a request came from."""
    return addresses.of(request, parts.of(request).settings.proxies)


def proof(token: str) -> str:
    """Give what the forms of a session carry: nobody knows it who has not the cookie."""
    return hashlib.sha256(b"form " + token.encode()).hexdigest()[:32] if token else ""


def proof_of(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Give the proof of the session that looks: a member's on pages for members."""
    name = MEMBER_COOKIE if known_member(request) else COOKIE
    return proof(request.cookies.get(name, ""))


def cookie(request: ASGIConnection[Any, Any, Any, Any], token: str | None) -> Cookie:
    """Make the cookie of a session; without a token, one that ends it."""
    return Cookie(
        key=COOKIE,
        value=token or "",
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        max_age=int(limits.SESSION.total_seconds()) if token else 0,
    )


def member_cookie(request: ASGIConnection[Any, Any, Any, Any], token: str | None) -> Cookie:
    """Make the cookie of a member's session; without a token, one that ends it."""
    return Cookie(
        key=MEMBER_COOKIE,
        value=token or "",
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        max_age=int(limits.MEMBER_SESSION.total_seconds()) if token else 0,
    )


def _back(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Give where to come back to after signing in: a page, never the end of a form."""
    if connection.scope["method"] != "GET":  # type: ignore[typeddict-item]
        return ""
    query = connection.scope["query_string"].decode("latin-1")
    return connection.scope["path"] + (f"?{query}" if query else "")


def _check_origin(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Refuse what another site's page sends; every browser says where a request comes from."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise FormForeign
        return
    origin = connection.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != connection.headers.get("host"):
        raise FormForeign


async def _check_proof(request: Request[Any, Any, Any], token: str) -> None:
    given = request.headers.get("x-proof")
    if given is None:
        form = await request.form()
        given = form.get(FIELD)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), proof(token).encode()):
        raise FormForeign
