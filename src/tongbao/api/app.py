"""Make the application: routes, the caller, request ids, refusals as problems."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import psycopg
from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import BaseRouteHandler

from tongbao.api import (
    bulk,
    compression,
    document,
    entry,
    events,
    history,
    holds,
    members,
    oauth,
    personal,
    quotes,
    resources,
    risk,
    sales,
    service,
    staff,
    staff_tokens,
    till,
    webhooks,
)
from tongbao.api.acting import provide_actor
from tongbao.api.caller import guard, provide_caller
from tongbao.api.heading import Heading
from tongbao.api.problems import BODY, on_crash, on_http, on_refusal, on_validation
from tongbao.api.tip import Tip
from tongbao.hosting import probe, punctual, request_id
from tongbao.hosting.gathering import Gathering
from tongbao.hosting.parts import Parts, opened
from tongbao.hosting.punctual import Punctual
from tongbao.kernel import db
from tongbao.kernel.errors import Refusal
from tongbao.kernel.settings import Settings
from tongbao.members import identities
from tongbao.points import statements

_log = logging.getLogger("tongbao.api")

ROUTES: Final[list[BaseRouteHandler]] = [
    *members.ROUTES,
    *personal.ROUTES,
    *quotes.ROUTES,
    *sales.ROUTES,
    *holds.ROUTES,
    *bulk.ROUTES,
    *till.ROUTES,
    *risk.ROUTES,
    *history.ROUTES,
    *staff.ROUTES,
    *staff_tokens.ROUTES,
    *oauth.ROUTES,
    *events.ROUTES,
    *webhooks.ROUTES,
    *resources.ROUTES,
    *service.ROUTES,
]
"""Every route; each group is a file of its own."""


def make(settings: Settings, shared: Parts | None = None) -> Litestar:
    """Make the application, on parts of its own or on those ``shared`` with others."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        with opened(settings, shared) as parts:
            app.state.parts = parts
            entry.make(app.state, parts)
            punctual.begin(app.state, parts)
            app.state.outlets = {}
            app.state.running = set()
            app.state.tip = Tip(parts.pool)
            app.state.probe = probe.of_pool(parts.pool)
            app.state.names = Gathering(parts.pool, identities.find_many)
            app.state.balances = Gathering(parts.pool, statements.balances_for)
            yield

    return Litestar(
        route_handlers=ROUTES,
        lifespan=[lifespan],
        dependencies={
            "caller": Provide(provide_caller, sync_to_thread=False),
            "actor": Provide(provide_actor, sync_to_thread=False),
        },
        guards=[guard],
        middleware=[Heading(), Punctual()],
        exception_handlers={
            Refusal: on_refusal,
            ValidationException: on_validation,
            HTTPException: on_http,
            psycopg.OperationalError: _on_database_gone,
            Exception: on_crash,
        },
        request_max_body_size=BODY,
        compression_config=compression.CONFIG,
        openapi_config=document.config(),
        logging_config=None,
    )


def _on_database_gone(
    request: Request[Any, Any, Any], error: psycopg.OperationalError
) -> Response[Any]:
    _log.warning(
        "request %s: the database does not answer: %s", request_id.of(request.scope), error
    )
    return on_refusal(request, db.DatabaseUnreachable(reason="ask again with the same key"))
