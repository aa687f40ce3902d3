"""API keys of the organisation: made and shown once, replaced, ended."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, cast

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit, bearer, keys, sessions
from tongbao.access.keys import ApiKey, ApiKeyNotFound
from tongbao.access.roles import ROLES as ALLOWED
from tongbao.access.roles import Role
from tongbao.access.sessions import SignedIn
from tongbao.hosting import parts
from tongbao.kernel import clock, limits, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.web import forms, labels, lists, pages, who
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.pages import Said
from tongbao.web.who import sees
from tongbao.web.words import mark

Q = sql.load(__package__, "connect_queries.sql")

GIVEN: Final[tuple[Role, ...]] = ("cashier", "finance", "manager", "partner")
ROLES: Final[dict[str, str]] = {role: labels.ROLES[role] for role in GIVEN}
STATES: Final = {"active": mark("Good"), "expired": mark("Ended"), "revoked": mark("Revoked")}
SCOPES: Final = {
    "points:read": mark("Look operations and balances up"),
    "points:write": mark("Give and take points"),
    "adjustments:write": mark("Propose adjustments"),
    "members:read": mark("Find members"),
    "members:write": mark("Enrol and change members"),
    "members:reveal": mark("See phones and cards unmasked"),
    "alliance:read": mark("See organisations, outlets and contracts"),
    "clearing:read": mark("See positions and settlements"),
    "reconcile:write": mark("Reconcile tills, and dispute"),
    "statements:read": mark("Fetch statements"),
    "events:read": mark("Read the feed of events"),
    "keys:write": mark("Make and end keys"),
    "webhooks:write": mark("Set webhooks up"),
    "staff:read": mark("See the staff"),
    "staff:write": mark("Change the staff"),
    "audit:read": mark("Read the log"),
    "risk:read": mark("See risk items"),
    "risk:write": mark("Decide risk items"),
}
OVERLAPS: Final = {"0": mark("at once"), "24": mark("after a day"), "168": mark("after a week")}
SIGNS: Final = {
    "no": mark("no"),
    "optional": mark("may sign"),
    "required": mark("must sign"),
}
"""Whether requests with a key are signed."""

LISTING: Final = Listing(
    name="keys",
    query=Q.keys,
    sort="-id",
    search=("name", "created_by"),
    hint=mark("Name, or who made it"),
    dates="created_at",
    choices=(
        Choice(name="role", title=mark("Role"), values=ROLES),
        Choice(name="state", title=mark("State"), values=STATES),
        Choice(name="signs", title=mark("Signed"), values=SIGNS),
    ),
    columns=(
        Column(
            name="name",
            title=mark("API key"),
            sort=True,
            to=lambda row: f"/merchant/keys/{row['id']}",
        ),
        Column(name="role", title=mark("Role"), says=ROLES),
        Column(name="state", title=mark("State"), kind="state", says=STATES),
        Column(name="signs", title=mark("Signed"), says=SIGNS),
        Column(name="last_used_at", title=mark("Last used"), kind="moment"),
        Column(name="created_at", title=mark("Made"), kind="moment", sort=True),
        Column(name="created_by", title=mark("Made by"), kind="person"),
    ),
    empty=mark("There is no key yet"),
    advice=mark("A till program or an app calls with a key of its own. Make one for each."),
)


@get("/merchant/keys", opt=sees("manager"))
async def key_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the keys of the organisation."""
    mine = {"organisation": who.of(request).organisation_id}
    return await lists.show(request, "merchant/keys.html", LISTING, mine)


@get("/merchant/keys/new", opt=sees("manager"))
async def ask_key(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask what a key is for."""
    return await _new(request, None, None)


@post("/merchant/keys/new", opt=sees("manager"))
async def make_key(request: Request[Any, Any, Any]) -> Response[str]:
    """Make a key, and show it this once."""

    def make(conn: Connection, form: Form, me: SignedIn, at: datetime) -> tuple[ApiKey, str]:
        return keys.create(
            conn,
            me.organisation_id,
            cast(Role, form.choice("role", GIVEN)),
            form.text("name"),
            secrets.token_urlsafe(bearer.BYTES),
            by=me.login,
            at=at,
            scopes=form.several.get("scope"),
            within=frozenset(ALLOWED[me.role]),
        )

    return await once(request, "key-made", make, lambda form, no: _new(request, form, no))


@get("/merchant/keys/{key:int}", opt=sees("manager"))
async def key_page(request: Request[Any, Any, Any], key: FromPath[int]) -> Response[str]:
    """Show what is known of a key; its secret is known to its holder alone."""
    return await show(request, key, None, None)


@post("/merchant/keys/{key:int}/rotate", opt=sees("manager"))
async def rotate_key(request: Request[Any, Any, Any], key: FromPath[int]) -> Response[str]:
    """Make the key that takes another's place, and show it this once."""

    def make(conn: Connection, form: Form, me: SignedIn, at: datetime) -> tuple[ApiKey, str]:
        return keys.rotate(
            conn,
            mine(conn, key, me).id,
            secrets.token_urlsafe(bearer.BYTES),
            overlap=timedelta(hours=int(form.choice("overlap", tuple(OVERLAPS)))),
            by=me.login,
            at=at,
            within=frozenset(ALLOWED[me.role]),
        )

    return await once(request, "key-replaced", make, lambda form, no: show(request, key, form, no))


@post("/merchant/keys/{key:int}/revoke", opt=sees("manager"))
async def revoke_key(request: Request[Any, Any, Any], key: FromPath[int]) -> Response[str]:
    """End a key at once."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, _form: Form) -> Done:
        ended = keys.revoke(conn, mine(conn, key, me).id, by=me.login, at=at)
        audit.note(conn, "key-revoked", me.actor(address), at, subject=f"key {ended.id}")
        return Done(f"/merchant/keys/{key}", Said(mark("The key is good no more.")))

    return await forms.submit(request, do, lambda form, no: show(request, key, form, no))


async def once(
    request: Request[Any, Any, Any],
    kind: str,
    make: Callable[[Connection, Form, SignedIn, datetime], tuple[ApiKey, str]],
    again: Callable[[Form, Refusal], Any],
) -> Response[str]:
    """Make a secret of a key and show it; the same form again leads to the key, and shows none."""
    at, me, address = clock.now(), who.of(request), who.address(request)
    shown: list[tuple[ApiKey, str]] = []

    def do(conn: Connection, form: Form) -> Done:
        sessions.check_step_up(me, at)
        made, token = make(conn, form, me, at)
        audit.note(conn, kind, me.actor(address), at, subject=f"key {made.id}")
        shown[:] = [(made, token)]
        return Done(f"/merchant/keys/{made.id}")

    answer = await forms.submit(request, do, again)
    if not shown or answer.status_code != _GOES_ON:
        return answer
    made, token = shown[0]
    return pages.page(request, "merchant/key_made.html", key=made, secret=token)


_GOES_ON: Final = 303


def mine(conn: Connection, key: int, me: SignedIn) -> ApiKey:
    """Give a key of one's own organisation; another's is not there."""
    found = keys.get(conn, key) if 0 < key < limits.AMOUNT else None
    if found is None or found.organisation_id != me.organisation_id:
        raise ApiKeyNotFound(key=key)
    return found


async def _new(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    return pages.page(
        request,
        "merchant/key_new.html",
        status=422 if refusal else 200,
        form=form,
        roles=ROLES,
        scopes=SCOPES,
        refused=forms.beside(refusal, {"scope-not-allowed": ""}),
    )


async def show(
    request: Request[Any, Any, Any], key: int, form: Form | None, refusal: Refusal | None
) -> Response[str]:
    """Give the page of a key, with what was refused of a form on it."""
    me, at = who.of(request), clock.now()
    found = await parts.read(request, lambda conn: mine(conn, key, me))
    ended = found.expires_at is not None and found.expires_at <= at
    return pages.page(
        request,
        "merchant/key.html",
        status=422 if refusal else 200,
        key=found,
        state="revoked" if found.revoked_at else "expired" if ended else "active",
        states=STATES,
        scopes=SCOPES,
        overlaps=OVERLAPS,
        signs=SIGNS,
        signed="required" if found.signing_required else "optional" if found.signs else "no",
        form=form,
        refused=forms.beside(refusal, {}),
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    key_list,
    ask_key,
    make_key,
    key_page,
    rotate_key,
    revoke_key,
]
