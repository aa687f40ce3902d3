"""The cashier's page: a bill, a member, points and money, a receipt; and back again.

Owns: the pages under ``/till``, and the calls that their scripts make.
Promises: a call that is sent again with its key is answered as before, however often and however
late; a cashier works at one outlet, a manager at those of the organisation.
Never: moves a balance but through the teller; keeps a PIN, also in a fingerprint.
"""

from typing import Final

from litestar.handlers import BaseRouteHandler

from tongbao.web.cashier import after, page, sale

ROUTES: Final[list[BaseRouteHandler]] = [*page.ROUTES, *sale.ROUTES, *after.ROUTES]
