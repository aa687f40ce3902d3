"""The operator's console: what the people who run the alliance see and do."""

from typing import Final

from litestar.handlers import BaseRouteHandler

from tongbao.web.operator import (
    applications,
    bank,
    clearing,
    defaults,
    desk,
    disputes,
    guarantee,
    legs,
    liability,
    members,
    operations,
    organisation,
    organisations,
    overview,
    people,
    places,
    privacy,
    proposals,
    proposing,
    settings,
)

ROUTES: Final[list[BaseRouteHandler]] = [
    *overview.ROUTES,
    *organisations.ROUTES,
    *organisation.ROUTES,
    *applications.ROUTES,
    *places.ROUTES,
    *defaults.ROUTES,
    *members.ROUTES,
    *privacy.ROUTES,
    *operations.ROUTES,
    *clearing.ROUTES,
    *legs.ROUTES,
    *bank.ROUTES,
    *desk.ROUTES,
    *proposals.ROUTES,
    *proposing.ROUTES,
    *disputes.ROUTES,
    *guarantee.ROUTES,
    *liability.ROUTES,
    *people.ROUTES,
    *settings.ROUTES,
]
