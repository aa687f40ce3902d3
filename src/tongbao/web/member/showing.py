"""What every page of a member has: the tabs at the bottom, within reach of a thumb."""

from typing import Any, Final

from litestar import Request, Response
from msgspec import Struct

from tongbao.web import pages
from tongbao.web.words import mark


class Tab(Struct, frozen=True, kw_only=True):
    """A place at the bottom of the phone."""

    to: str
    text: str
    icon: str
    here: bool = False


TABS: Final = (
    Tab(to="/m", text=mark("Wallet"), icon="wallet"),
    Tab(to="/m/pay", text=mark("Pay"), icon="qrcode"),
    Tab(to="/m/history", text=mark("History"), icon="receipt"),
    Tab(to="/m/near", text=mark("Near me"), icon="map-pin"),
    Tab(to="/m/me", text=mark("Me"), icon="user-circle"),
)
_OF_WALLET: Final = "/m/points"
_OF_ME: Final = ("/m/gift", "/m/safety", "/m/prove", "/m/privacy")


def show(
    request: Request[Any, Any, Any], template: str, /, *, status: int = 200, **shown: Any
) -> Response[str]:
    """Make a page for a member."""
    return pages.page(request, template, status=status, tabs=tabs(request.scope["path"]), **shown)


def tabs(path: str) -> list[Tab]:
    """Give the tabs, with the mark where somebody is."""
    if path.startswith(_OF_ME):
        path = "/m/me"
    if path.startswith(_OF_WALLET):
        path = "/m"
    inside = [tab.to for tab in TABS if path == tab.to or path.startswith(tab.to + "/")]
    here = max(inside, key=len, default=None)
    return [Tab(to=t.to, text=t.text, icon=t.icon, here=t.to == here) for t in TABS]
