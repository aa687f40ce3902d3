"""Put the pages together: every route, and what all of them have in common."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

from tongbao.hosting import punctual
from tongbao.hosting.parts import Parts, opened
from tongbao.hosting.request_id import RequestId
from tongbao.kernel.errors import Refusal
from tongbao.kernel.settings import Settings
from tongbao.web import account, assets, doers, door, joining, picking, signing_in, single_sign_on
from tongbao.web.cashier import ROUTES as CASHIER
from tongbao.web.errors import BODY, on_crash, on_http, on_refusal
from tongbao.web.member import ROUTES as MEMBERS
from tongbao.web.merchant import ROUTES as MERCHANT
from tongbao.web.operator import ROUTES as OPERATOR
from tongbao.web.resending import InTime
from tongbao.web.security import Headers
from tongbao.web.who import guard

ROUTES: Final[list[BaseRouteHandler]] = [
    assets.asset,
    *door.ROUTES,
    *signing_in.ROUTES,
    *single_sign_on.ROUTES,
    *account.ROUTES,
    *joining.ROUTES,
    *picking.ROUTES,
    *OPERATOR,
    *MERCHANT,
    *MEMBERS,
    *CASHIER,
]
"""Every page. Whoever adds pages adds their list here."""


def make(settings: Settings, shared: Parts | None = None) -> Litestar:
    """Make the application, on parts of its own or on those ``shared`` with others.

    Refuses ``assets-missing`` when it starts.
    """

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        with opened(settings, shared) as parts:
            app.state.parts = parts
            app.state.assets = assets.load()
            punctual.begin(app.state, parts)
            yield

    return Litestar(
        route_handlers=ROUTES,
        lifespan=[lifespan],
        guards=[guard],
        after_request=doers.name,
        middleware=[RequestId(), Headers(), InTime()],
        exception_handlers={Refusal: on_refusal, HTTPException: on_http, Exception: on_crash},
        request_max_body_size=BODY * 1_000_000,
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=1_000, exclude=f"^{assets.PREFIX}"
        ),
        openapi_config=None,
        logging_config=None,
    )
