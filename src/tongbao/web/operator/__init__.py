"""The operator's console: what the people who run the alliance see and do."""

from typing import Final

from litestar.handlers import BaseRouteHandler

from tongbao.web.operator import organisations, overview

ROUTES: Final[list[BaseRouteHandler]] = [*overview.ROUTES, *organisations.ROUTES]
