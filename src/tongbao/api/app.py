"""Make the application: routes, the caller, request ids, refusals as problems."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import OpenAPIConfig

from tongbao.api import holds, sales, service
from tongbao.api.caller import guard, idempotency_key, provide_caller
from tongbao.api.keyring import KeyRing
from tongbao.api.problems import on_crash, on_http, on_refusal, on_validation
from tongbao.hosting.parts import Parts, opened
from tongbao.hosting.request_id import RequestId
from tongbao.kernel.errors import Refusal
from tongbao.kernel.settings import Settings

BODY: Final = 10_000_000
"""Bytes of one request's body; more are refused."""


def make(settings: Settings, shared: Parts | None = None) -> Litestar:
    """Make the application, on parts of its own or on those ``shared`` with others."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        with opened(settings, shared) as parts:
            app.state.parts = parts
            app.state.keyring = KeyRing(parts.pool)
            app.state.outlets = {}
            yield

    return Litestar(
        route_handlers=[*sales.ROUTES, *holds.ROUTES, *service.ROUTES],
        lifespan=[lifespan],
        dependencies={
            "caller": Provide(provide_caller, sync_to_thread=False),
            "key": Provide(idempotency_key, sync_to_thread=False),
        },
        guards=[guard],
        middleware=[RequestId()],
        exception_handlers={
            Refusal: on_refusal,
            ValidationException: on_validation,
            HTTPException: on_http,
            Exception: on_crash,
        },
        request_max_body_size=BODY,
        compression_config=CompressionConfig(backend="gzip", minimum_size=1_000),
        openapi_config=OpenAPIConfig(title="Tongbao", version="1"),
        logging_config=None,
    )
