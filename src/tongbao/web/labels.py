"""What the closed lists of the domain are called on pages."""

from typing import Final

from tongbao.web.words import mark

ROLES: Final = {
    "admin": mark("Administrator"),
    "settlement": mark("Settlement"),
    "marketer": mark("Marketing"),
    "auditor": mark("Auditor"),
    "manager": mark("Manager"),
    "finance": mark("Finance"),
    "cashier": mark("Cashier"),
    "partner": mark("Partner"),
}
ORGANISATION_ROLES: Final = {
    "operator": mark("Operator"),
    "merchant": mark("Merchant"),
    "partner": mark("Partner"),
    "supplier": mark("Supplier"),
}
ORGANISATION_STATES: Final = {
    "active": mark("Active"),
    "suspended": mark("Suspended"),
    "defaulted": mark("In default"),
    "closed": mark("Closed"),
}
