"""Signing keys of tills: a secret with which the requests of an API key are signed, shown once."""

import secrets
from datetime import datetime
from typing import Any, Final

from litestar import Request, Response, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from tongbao.access import audit, sessions, signing
from tongbao.access import keys as api_keys
from tongbao.access.keys import ApiKey
from tongbao.access.roles import ROLES as ALLOWED
from tongbao.access.sessions import SignedIn
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.web import forms, who
from tongbao.web.forms import Done, Form
from tongbao.web.merchant import keys
from tongbao.web.pages import Said
from tongbao.web.who import sees
from tongbao.web.words import mark

_HOW: Final = ("required", "optional")


@post("/merchant/keys/{key:int}/sign", opt=sees("manager"))
async def make_secret(request: Request[Any, Any, Any], key: FromPath[int]) -> Response[str]:
    """Give a key a signing secret, in place of the one before, and show it this once."""
    kept_by = parts.of(request).settings.access_secret

    def make(
        conn: Connection,
        form: Form,
        me: SignedIn,
        at: datetime,  # noqa: ARG001 - what `once` calls
    ) -> tuple[ApiKey, str]:
        found = keys.mine(conn, key, me)
        secret = signing.arm(
            conn,
            found.id,
            secrets.token_bytes(signing.SECRET),
            required=form.choice("how", _HOW) == "required",
            key=kept_by,
            within=frozenset(ALLOWED[me.role]),
        )
        return api_keys.get(conn, found.id), secret

    return await keys.once(
        request, "key-signing-begun", make, lambda form, no: keys.show(request, key, form, no)
    )


@post("/merchant/keys/{key:int}/unsign", opt=sees("manager"))
async def end_secret(request: Request[Any, Any, Any], key: FromPath[int]) -> Response[str]:
    """Take the signing secret from a key; its token alone lets in again."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, _form: Form) -> Done:
        sessions.check_step_up(me, at)
        found = keys.mine(conn, key, me)
        signing.disarm(conn, found.id, within=frozenset(ALLOWED[me.role]))
        subject = f"key {found.id}"
        audit.note(conn, "key-signing-ended", me.actor(address), at, subject=subject)
        return Done(f"/merchant/keys/{key}", Said(mark("Its requests are signed no more.")))

    return await forms.submit(request, do, lambda form, no: keys.show(request, key, form, no))


ROUTES: Final[list[BaseRouteHandler]] = [make_secret, end_secret]
