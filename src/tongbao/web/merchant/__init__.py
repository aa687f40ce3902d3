"""The merchant's console: what managers and finance people of an organisation see and do.

Owns: the pages under ``/merchant``.
Promises: everybody sees their own organisation alone; what belongs to another answers as if it
were not there, and members are masked.
Never: moves a balance but through the teller.
"""

from typing import Final

from litestar.handlers import BaseRouteHandler

from tongbao.web.merchant import (
    claims,
    debt,
    desk,
    disputes,
    keys,
    newcomers,
    offline,
    operations,
    outlets,
    overview,
    people,
    positions,
    reconciliations,
    signing,
    statements,
    terminals,
    webhooks,
)

ROUTES: Final[list[BaseRouteHandler]] = [
    *overview.ROUTES,
    *newcomers.ROUTES,
    *operations.ROUTES,
    *disputes.ROUTES,
    *claims.ROUTES,
    *positions.ROUTES,
    *debt.ROUTES,
    *outlets.ROUTES,
    *terminals.ROUTES,
    *offline.ROUTES,
    *people.ROUTES,
    *statements.ROUTES,
    *reconciliations.ROUTES,
    *keys.ROUTES,
    *signing.ROUTES,
    *webhooks.ROUTES,
    *desk.ROUTES,
]
