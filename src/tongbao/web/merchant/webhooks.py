"""Webhooks of the organisation: set up, tried, paused, and what became of each delivery."""

import secrets
from datetime import timedelta
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from psycopg.rows import dict_row

from tongbao.access import audit, sessions
from tongbao.events.types import TYPES
from tongbao.hosting import parts
from tongbao.kernel import clock, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.web import forms, lists, pages, who
from tongbao.web.event_types import EVENTS
from tongbao.web.forms import Done, Form
from tongbao.web.lists import Choice, Column, Listing
from tongbao.web.pages import Said
from tongbao.web.who import sees
from tongbao.web.words import mark
from tongbao.webhooks import addresses, deliveries, endpoints, fanout, signing

Q = sql.load(__package__, "connect_queries.sql")

STATES: Final = {"active": mark("Called"), "disabled": mark("Paused")}
DELIVERED: Final = {
    "waiting": mark("Waiting"),
    "delivered": mark("Delivered"),
    "given_up": mark("Given up"),
}
OVERLAP: Final = timedelta(days=1)
"""So long calls are signed with both secrets after a new one was made."""
_REPLAYS: Final = 5
_ACTIONS: Final = ("ping", "pause", "enable", "delete")
_SAID: Final = {
    "ping": mark("A ping is on its way; the log below shows what became of it."),
    "pause": mark("It is paused; what happens meanwhile waits."),
    "enable": mark("It is called again, with what has waited first."),
    "delete": mark("The webhook is deleted."),
}
LISTING: Final = Listing(
    name="webhooks",
    query=Q.webhooks,
    sort="name",
    search=("name", "url"),
    hint=mark("Name or address"),
    dates="created_at",
    choices=(Choice(name="state", title=mark("State"), values=STATES),),
    columns=(
        Column(
            name="name",
            title=mark("Webhook"),
            sort=True,
            second="url",
            second_title=mark("Web address"),
            to=lambda row: f"/merchant/webhooks/{row['id']}",
        ),
        Column(
            name="state",
            title=mark("State"),
            kind="state",
            says=STATES,
            tones={"disabled": "suspended"},
        ),
        Column(name="failures_in_row", title=mark("Failures in a row"), kind="number"),
        Column(name="reached_at", title=mark("Last reached"), kind="moment"),
        Column(name="created_at", title=mark("Made"), kind="moment", sort=True),
    ),
    empty=mark("Nobody is told of anything yet"),
    advice=mark("A webhook tells a program of yours what happens, as it happens."),
)
LOG: Final = Listing(
    name="deliveries",
    query=Q.deliveries,
    key="event_id",
    sort="-event_id",
    search=("type", "event"),
    hint=mark("Type or event"),
    dates="queued_at",
    choices=(Choice(name="state", title=mark("State"), values=DELIVERED),),
    columns=(
        Column(
            name="type",
            title=mark("Event"),
            says=EVENTS,
            second="code",
            second_title=mark("Type"),
            to=lambda row: f"?event={row['event']}",
        ),
        Column(name="event", title=mark("Number"), kind="code"),
        Column(name="state", title=mark("State"), kind="state", says=DELIVERED),
        Column(name="attempts", title=mark("Calls"), kind="number", sort=True),
        Column(name="queued_at", title=mark("Queued"), kind="moment", sort=True),
        Column(name="ended_at", title=mark("Done"), kind="moment"),
    ),
    empty=mark("Nothing was sent yet"),
    advice=mark("Send a ping to see whether it arrives."),
)


@get("/merchant/webhooks", opt=sees("manager"))
async def webhook_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the webhooks of the organisation."""
    mine = {"organisation": who.of(request).organisation_id}
    return await lists.show(request, "merchant/webhooks.html", LISTING, mine)


@get("/merchant/webhooks/new", opt=sees("manager"))
async def ask_webhook(request: Request[Any, Any, Any]) -> Response[str]:
    """Ask who is to be told of what."""
    return await _new(request, None, None)


@post("/merchant/webhooks/new", opt=sees("manager"))
async def make_webhook(request: Request[Any, Any, Any]) -> Response[str]:
    """Set a webhook up, and show its secret this once."""
    at, me, address = clock.now(), who.of(request), who.address(request)
    settings, secret = parts.of(request).settings, secrets.token_bytes(signing.SECRET)
    made: list[int] = []

    def do(conn: Connection, form: Form) -> Done:
        sessions.check_step_up(me, at)
        found = endpoints.create(
            conn,
            me.organisation_id,
            form.text("url"),
            form.several.get("type", []),
            form.text("name"),
            secret,
            by=me.login,
            at=at,
            allowed=addresses.networks(settings.webhook_networks),
            key=settings.access_secret,
        )
        audit.note(conn, "webhook-made", me.actor(address), at, subject=f"webhook {found.id}")
        made[:] = [found.id]
        return Done(f"/merchant/webhooks/{found.id}")

    answer = await forms.submit(request, do, lambda form, no: _new(request, form, no))
    if not made or answer.status_code != _GOES_ON:
        return answer
    return _secret(request, made[0], secret)


@get("/merchant/webhooks/{webhook:int}", opt=sees("manager"))
async def webhook_page(request: Request[Any, Any, Any], webhook: FromPath[int]) -> Response[Any]:
    """Show a webhook with its log; ``?event=`` shows one delivery, call by call."""
    return await _page(request, webhook, None)


@post("/merchant/webhooks/{webhook:int}/change", opt=sees("manager"))
async def change_webhook(request: Request[Any, Any, Any], webhook: FromPath[int]) -> Response[Any]:
    """Try a webhook, pause it, let it be called again, or delete it."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        action = form.choice("action", _ACTIONS)
        found = endpoints.lock(conn, webhook, me.organisation_id)
        if action == "ping":
            endpoints.ping(conn, found, at)
        elif action == "pause":
            endpoints.disable(conn, found.id, me.login, at=at)
        elif action == "enable":
            endpoints.enable(conn, found.id, at=at)
        else:
            endpoints.delete(conn, found.id, at=at)
        subject, said = f"webhook {webhook}", {"action": action}
        audit.note(conn, "webhook-changed", me.actor(address), at, subject=subject, said=said)
        gone = action == "delete"
        to = "/merchant/webhooks" if gone else f"/merchant/webhooks/{webhook}"
        return Done(to, Said(_SAID[action]))

    return await forms.submit(request, do, lambda _form, no: _page(request, webhook, no))


@post("/merchant/webhooks/{webhook:int}/secret", opt=sees("manager"))
async def new_secret(request: Request[Any, Any, Any], webhook: FromPath[int]) -> Response[Any]:
    """Make a new secret, and show it this once; for a day calls are signed with both."""
    at, me, address = clock.now(), who.of(request), who.address(request)
    key, secret = parts.of(request).settings.access_secret, secrets.token_bytes(signing.SECRET)
    made: list[int] = []

    def do(conn: Connection, _form: Form) -> Done:
        sessions.check_step_up(me, at)
        found = endpoints.lock(conn, webhook, me.organisation_id)
        endpoints.rotate(conn, found.id, secret, overlap=OVERLAP, at=at, key=key)
        subject, said = f"webhook {webhook}", {"action": "secret"}
        audit.note(conn, "webhook-changed", me.actor(address), at, subject=subject, said=said)
        made[:] = [found.id]
        return Done(f"/merchant/webhooks/{webhook}")

    answer = await forms.submit(request, do, lambda _form, no: _page(request, webhook, no))
    if not made or answer.status_code != _GOES_ON:
        return answer
    return _secret(request, webhook, secret)


@post("/merchant/webhooks/{webhook:int}/again", opt=sees("manager"))
async def send_again(request: Request[Any, Any, Any], webhook: FromPath[int]) -> Response[Any]:
    """Send an event once more, with the id that it has."""
    at, me, address = clock.now(), who.of(request), who.address(request)

    def do(conn: Connection, form: Form) -> Done:
        event = form.text("event")
        found = endpoints.get(conn, webhook, me.organisation_id)
        sent = deliveries.send_again(conn, found.id, event, at)
        subject, said = f"webhook {webhook}", {"event": sent.event}
        audit.note(conn, "webhook-sent-again", me.actor(address), at, subject=subject, said=said)
        to = f"/merchant/webhooks/{webhook}?event={sent.event}"
        return Done(to, Said(mark("It is sent once more.")))

    return await forms.submit(request, do, lambda _form, no: _page(request, webhook, no))


@post("/merchant/webhooks/{webhook:int}/replay", opt=sees("manager"))
async def replay(request: Request[Any, Any, Any], webhook: FromPath[int]) -> Response[Any]:
    """Send all that has happened since a time once more, each event with the id that it has."""
    at, me, address = clock.now(), who.of(request), who.address(request)
    zone = pages.words_of(request).zone

    def do(conn: Connection, form: Form) -> Done:
        since = form.moment("since", zone)
        # Whoever asks at the same time in another tab waits here, and finds it running.
        found = endpoints.lock(conn, webhook, me.organisation_id)
        fanout.replay(conn, found, since, by=me.login, at=at)
        subject, said = f"webhook {webhook}", {"action": "replay", "since": since.isoformat()}
        audit.note(conn, "webhook-sent-again", me.actor(address), at, subject=subject, said=said)
        text = Said(mark("It is sent once more, in the background; the log below fills."))
        return Done(f"/merchant/webhooks/{webhook}", text)

    return await forms.submit(request, do, lambda form, no: _page(request, webhook, no, form))


_GOES_ON: Final = 303


def _secret(request: Request[Any, Any, Any], webhook: int, secret: bytes) -> Response[str]:
    return pages.page(
        request, "merchant/webhook_made.html", webhook=webhook, secret=signing.shown(secret)
    )


async def _new(
    request: Request[Any, Any, Any], form: Form | None, refusal: Refusal | None
) -> Response[str]:
    beside = {"url-malformed": "url", "address-forbidden": "url"}
    return pages.page(
        request,
        "merchant/webhook_new.html",
        status=422 if refusal else 200,
        form=form,
        types={one: EVENTS[one] for one in TYPES},
        refused=forms.beside(refusal, beside),
    )


async def _page(
    request: Request[Any, Any, Any],
    webhook: int,
    refusal: Refusal | None,
    form: Form | None = None,
) -> Response[Any]:
    mine, event = who.of(request).organisation_id, str(request.query_params.get("event", ""))

    def ask(conn: Connection) -> dict[str, Any]:
        found = endpoints.get(conn, webhook, mine)
        sent = deliveries.get(conn, found.id, event) if event else (None, [])
        given = {"webhook": found.id, "limit": _REPLAYS}
        with conn.cursor(row_factory=dict_row) as cursor:
            replays = cursor.execute(Q.replays, given).fetchall()
        return {"webhook": found, "delivery": sent[0], "calls": sent[1], "replays": replays}

    shown = await parts.read(request, ask)
    return await lists.show(
        request,
        "merchant/webhook.html",
        LOG,
        {"webhook": webhook},
        path=f"/merchant/webhooks/{webhook}",
        status=422 if refusal else 200,
        states=STATES,
        delivered=DELIVERED,
        events=EVENTS,
        form=form,
        refused=forms.beside(refusal, {"time-malformed": "since"}),
        **shown,
    )


ROUTES: Final[list[BaseRouteHandler]] = [
    webhook_list,
    ask_webhook,
    make_webhook,
    webhook_page,
    change_webhook,
    new_secret,
    send_again,
    replay,
]
