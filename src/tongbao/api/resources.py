"""The routes of alliance, clearing and desk, collected; each group is a file of its own."""

from typing import Final

from litestar.handlers import BaseRouteHandler

from tongbao.api import (
    adjustments,
    bank_accounts,
    contracts,
    days,
    defaults,
    deposits,
    disputes,
    estimates,
    exceptions,
    exposures,
    files,
    guarantee,
    keys,
    ledger_export,
    legs,
    liability,
    organisations,
    places,
    proposals,
    reconciliations,
    settlements,
    standing,
    statements,
    windows,
)

ROUTES: Final[list[BaseRouteHandler]] = [
    *adjustments.ROUTES,
    *bank_accounts.ROUTES,
    *contracts.ROUTES,
    *days.ROUTES,
    *defaults.ROUTES,
    *deposits.ROUTES,
    *disputes.ROUTES,
    *estimates.ROUTES,
    *exceptions.ROUTES,
    *exposures.ROUTES,
    *files.ROUTES,
    *guarantee.ROUTES,
    *keys.ROUTES,
    *ledger_export.ROUTES,
    *legs.ROUTES,
    *liability.ROUTES,
    *organisations.ROUTES,
    *places.ROUTES,
    *proposals.ROUTES,
    *reconciliations.ROUTES,
    *settlements.ROUTES,
    *standing.ROUTES,
    *statements.ROUTES,
    *windows.ROUTES,
]
