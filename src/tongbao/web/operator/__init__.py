"""The operator's console: what the people who run the alliance see and do."""

from typing import Final

from litestar.handlers import BaseRouteHandler

from tongbao.web.operator import (
    applications,
    bank,
    bank_lines,
    clearing,
    defaults,
    desk,
    disputes,
    guarantee,
    leg_payments,
    legs,
    liability,
    members,
    offline,
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
    verifications,
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
    *offline.ROUTES,
    *clearing.ROUTES,
    *legs.ROUTES,
    *leg_payments.ROUTES,
    *bank.ROUTES,
    *bank_lines.ROUTES,
    *desk.ROUTES,
    *proposals.ROUTES,
    *proposing.ROUTES,
    *disputes.ROUTES,
    *guarantee.ROUTES,
    *liability.ROUTES,
    *people.ROUTES,
    *settings.ROUTES,
    *verifications.ROUTES,
]
