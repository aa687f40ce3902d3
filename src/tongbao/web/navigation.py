"""The ways around: which pages the sidebar of a console offers to whom."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from tongbao.access.roles import Role
from tongbao.access.sessions import SignedIn
from tongbao.web.who import MERCHANT, OPERATOR
from tongbao.web.words import mark


class Way(Struct, frozen=True, kw_only=True):
    """A page that the sidebar offers to some roles; ``also``: where else one is inside of it."""

    to: str
    text: str
    icon: str
    roles: tuple[Role, ...]
    also: tuple[str, ...] = ()
    here: bool = False


WAYS: Final[list[Way]] = [
    Way(
        to="/operator",
        text=mark("Overview"),
        icon="layout-dashboard",
        roles=OPERATOR,
        also=("/operator/verifications",),
    ),
    Way(
        to="/operator/organisations",
        text=mark("Organisations"),
        icon="building-store",
        roles=OPERATOR,
    ),
    Way(
        to="/operator/applications",
        text=mark("Applications"),
        icon="clipboard-check",
        roles=("admin", "settlement", "auditor"),
    ),
    Way(to="/operator/places", text=mark("Places"), icon="map-2", roles=OPERATOR),
    Way(to="/operator/members", text=mark("Members"), icon="users", roles=OPERATOR),
    Way(to="/operator/operations", text=mark("Operations"), icon="receipt", roles=OPERATOR),
    Way(to="/operator/windows", text=mark("Clearing"), icon="arrows-exchange", roles=OPERATOR),
    Way(to="/operator/settlements", text=mark("Settlements"), icon="building-bank", roles=OPERATOR),
    Way(
        to="/operator/bank",
        text=mark("Bank"),
        icon="file-import",
        roles=("admin", "settlement", "auditor"),
    ),
    Way(to="/operator/exceptions", text=mark("Exceptions"), icon="alert-circle", roles=OPERATOR),
    Way(
        to="/operator/decisions",
        text=mark("To decide"),
        icon="user-check",
        roles=OPERATOR,
        also=("/operator/proposals",),
    ),
    Way(to="/operator/disputes", text=mark("Disputes"), icon="gavel", roles=OPERATOR),
    Way(
        to="/operator/fund",
        text=mark("Guarantee fund"),
        icon="umbrella",
        roles=("admin", "settlement", "auditor"),
    ),
    Way(to="/operator/liability", text=mark("Liability"), icon="scale", roles=OPERATOR),
    Way(
        to="/operator/staff",
        text=mark("Staff"),
        icon="id-badge",
        roles=("admin", "auditor"),
        also=("/operator/roles",),
    ),
    Way(
        to="/operator/settings",
        text=mark("Settings"),
        icon="settings",
        roles=("admin", "auditor"),
    ),
    Way(to="/operator/audit", text=mark("Audit log"), icon="history", roles=("admin", "auditor")),
    Way(to="/merchant", text=mark("Overview"), icon="layout-dashboard", roles=MERCHANT),
    Way(to="/merchant/operations", text=mark("Operations"), icon="receipt", roles=MERCHANT),
    Way(to="/merchant/newcomers", text=mark("New members"), icon="user-plus", roles=MERCHANT),
    Way(to="/merchant/debt", text=mark("Points as debt"), icon="scale", roles=MERCHANT),
    Way(
        to="/merchant/positions",
        text=mark("Positions"),
        icon="arrows-exchange",
        roles=MERCHANT,
        also=("/merchant/counterparties", "/merchant/claims"),
    ),
    Way(to="/merchant/settlements", text=mark("Settlements"), icon="building-bank", roles=MERCHANT),
    Way(to="/merchant/statements", text=mark("Statements"), icon="file-text", roles=MERCHANT),
    Way(
        to="/merchant/reconciliations",
        text=mark("Reconciliation"),
        icon="checklist",
        roles=MERCHANT,
    ),
    Way(
        to="/merchant/outlets",
        text=mark("Outlets"),
        icon="building-store",
        roles=MERCHANT,
        also=("/merchant/terminals", "/merchant/allowances", "/merchant/offline"),
    ),
    Way(to="/merchant/staff", text=mark("Staff"), icon="id-badge", roles=("manager",)),
    Way(
        to="/merchant/keys",
        text=mark("Keys & webhooks"),
        icon="key",
        roles=("manager",),
        also=("/merchant/webhooks",),
    ),
    Way(to="/merchant/disputes", text=mark("Disputes"), icon="gavel", roles=MERCHANT),
    Way(to="/merchant/exceptions", text=mark("Exceptions"), icon="alert-circle", roles=MERCHANT),
    Way(to="/till", text=mark("Till"), icon="cash-register", roles=("manager",)),
]


def of(who: SignedIn | None, path: str) -> list[Way]:
    """Give what the sidebar offers to ``who``, with the mark where they are."""
    if who is None:
        return []
    ways = [way for way in WAYS if who.role in way.roles]
    places = {place: way.to for way in ways for place in (way.to, *way.also)}
    inside = [place for place in places if path == place or path.startswith(place + "/")]
    here = places.get(max(inside, key=len, default=""))
    return [replace(way, here=way.to == here) for way in ways]


def home(who: SignedIn) -> str:
    """Give the page at which somebody begins."""
    if who.role in OPERATOR:
        return "/operator"
    return "/merchant" if who.role in MERCHANT else "/till"
