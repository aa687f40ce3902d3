"""The pages of members: their wallet, the code they pay with, and what is theirs to decide.

Owns: the pages under ``/m``, and what a phone keeps of them when it has no network.
Promises: a member sees what is theirs and nothing else; what moves points goes to the teller.
Never: shows a number of the database where a name belongs, nor keeps a page with somebody's points.
"""

from typing import Final

from litestar.handlers import BaseRouteHandler

from tongbao.web.member import (
    gift,
    history,
    letting_in,
    near,
    paying,
    points,
    privacy,
    safety,
    wallet,
)

ROUTES: Final[list[BaseRouteHandler]] = [
    *letting_in.ROUTES,
    *wallet.ROUTES,
    *points.ROUTES,
    *paying.ROUTES,
    *history.ROUTES,
    *gift.ROUTES,
    *safety.ROUTES,
    *near.ROUTES,
    *privacy.ROUTES,
]
