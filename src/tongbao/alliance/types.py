"""The nouns of the alliance."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

Role = Literal["operator", "merchant", "partner", "supplier"]
Status = Literal["active", "suspended", "defaulted", "closed"]
SiteKind = Literal["mall", "resort", "street", "online"]
Cycle = Literal["on_demand", "daily", "weekly", "monthly"]


class Organisation(Struct, frozen=True, kw_only=True):
    """A legal entity: it issues points, accepts them, and has accounts."""

    id: int
    code: str
    name: str
    role: Role
    status: Status
    registered_at: datetime


class Brand(Struct, frozen=True, kw_only=True):
    """A name that an organisation trades under."""

    id: int
    organisation_id: int
    name: str


class Site(Struct, frozen=True, kw_only=True):
    """A place with outlets; ``region`` is a GB/T 2260 code."""

    id: int
    code: str
    name: str
    kind: SiteKind
    region: str


class Format(Struct, frozen=True, kw_only=True):
    """What kind of business an outlet is, with its ISO 18245 merchant category code."""

    code: str
    name: str
    mcc: str


class NewOutlet(Struct, frozen=True, kw_only=True):
    """An outlet to be added; ``format`` is a format's code, the brand its organisation's own."""

    code: str
    name: str
    organisation_id: int
    site_id: int
    format: str
    brand_id: int | None = None


class Outlet(Struct, frozen=True, kw_only=True):
    """A place of business of one organisation, for ever the same one."""

    id: int
    code: str
    name: str
    organisation_id: int
    brand_id: int | None
    site_id: int
    format: str
    open: bool


class Terminal(Struct, frozen=True, kw_only=True):
    """A till of an outlet."""

    id: int
    outlet_id: int
    code: str
    active: bool


class Terms(Struct, frozen=True, kw_only=True):
    """What an organisation has agreed to. Rates are parts per million, amounts fen.

    ``earn_rate``: points for the part that ``earn_on`` names, counted in whole steps of
    ``earn_step``. ``prepaid_share``: how much of a point's worth is set aside when it is issued.
    ``reimbursement``: what this organisation is paid for points it accepts. ``acceptance_fee``,
    ``issue_fee``: the operator's. ``redemption_share``: how much of its circulation counts against
    its headroom. ``expiry_months`` none: points never expire. ``breakage_to``: who keeps the
    reserve of expired points. ``credit_limit`` none: what it may issue is not bounded.
    ``cycle``: when its position is settled. ``block`` none: what is set aside for its points is
    claimed from it; else it buys blocks of that size in advance, and one more is asked for when
    less than ``replenish_below`` is left. ``alert_at``: shares of what it may owe, rising, at which
    it is warned.
    """

    earn_rate: int = 10_000
    earn_step: int = 1
    prepaid_share: int = 0
    reimbursement: int = 1_000_000
    acceptance_fee: int = 0
    issue_fee: int = 0
    redemption_share: int = 1_000_000
    expiry_months: int | None = None
    breakage_to: Literal["issuer", "operator"] = "issuer"
    earn_on: Literal["cash", "total"] = "cash"
    credit_limit: int | None = None
    cycle: Cycle = "daily"
    block: int | None = None
    replenish_below: int | None = None
    alert_at: tuple[int, ...] = (800_000, 950_000)


class Contract(Struct, frozen=True, kw_only=True):
    """One dated version of an organisation's terms."""

    organisation_id: int
    valid_from: datetime
    terms: Terms
    written_at: datetime
