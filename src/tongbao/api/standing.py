"""Where organisations and outlets stand, over HTTP: terms, balances, whom they deal with."""

from datetime import datetime
from typing import Annotated, Final, Literal

from litestar import get
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from msgspec import Struct

from tongbao.api import reach
from tongbao.api.acting import Me, Req, show
from tongbao.api.contracts import ContractOut
from tongbao.api.nouns import tell, tell_all
from tongbao.api.organisations import OrganisationOut
from tongbao.api.reach import everybody
from tongbao.api.wire import Code, Id, Money, PathCode, PathId, Points, SignedPoints
from tongbao.hosting import parts
from tongbao.kernel import clock, limits
from tongbao.kernel.db import Connection
from tongbao.ledger import accounts
from tongbao.points import standing
from tongbao.points.standing import OutletStanding

READ: Final = everybody("alliance:read")

Rows = Annotated[
    int, QueryParameter(ge=1, le=limits.PAGE, description="Rows of each list at most.")
]


class AmountOut(Struct, frozen=True):
    """An amount of either unit, in either direction."""

    value: int
    unit: Literal["PTS", "CNY"]


class CounterpartyOut(Struct, frozen=True, kw_only=True):
    """Another organisation: what is ``owed`` to it and what is ``due`` from it, ever."""

    id: Id
    code: Code
    name: str
    owed: Money
    due: Money


class StatedOutletOut(Struct, frozen=True, kw_only=True):
    """One of an organisation's outlets."""

    id: Id
    code: Code
    name: str
    site: str
    region: str
    format: str
    mcc: str
    open: bool


class HappenedOut(Struct, frozen=True, kw_only=True):
    """One operation of a list: what, where, whose, how much."""

    id: Id
    kind: str
    outlet: str | None
    owner: Id
    points: SignedPoints
    cash: Money
    effective_at: datetime


class CirculationOut(Struct, frozen=True, kw_only=True):
    """Points of one issuer that members have, by state, and how many members have any."""

    available: Points
    held: Points
    pending: Points
    members: int


class StandingOut(Struct, frozen=True, kw_only=True):
    """An organisation as it stands, with the version of its contract that rules now.

    ``balances`` are of its accounts by kind; ``headroom`` null: its issuing is not bounded.
    """

    organisation: OrganisationOut
    contract: ContractOut | None
    balances: dict[str, AmountOut]
    circulation: CirculationOut
    headroom: Money | None
    counterparties: list[CounterpartyOut]
    outlets: list[StatedOutletOut]
    operations: list[HappenedOut]


class PlaceOut(Struct, frozen=True, kw_only=True):
    """An outlet with where it stands and what kind of business it is."""

    id: Id
    code: Code
    name: str
    open: bool
    organisation_id: Id
    organisation: str
    organisation_name: str
    brand: str | None
    site: str
    site_name: str
    kind: str
    region: str
    format: str
    format_name: str
    mcc: str


class OutletStandingOut(Struct, frozen=True, kw_only=True):
    """An outlet: its place, its region's Chinese name, its tills, its newest operations."""

    outlet: PlaceOut
    region_name: str
    terminals: list[str]
    operations: list[HappenedOut]


@get("/v1/organisations/{organisation:str}/standing", **READ)
async def of_organisation(
    request: Req, caller: Me, organisation: PathId, rows: Rows = standing.OPERATIONS
) -> StandingOut:
    """Give where an organisation stands: terms, balances, headroom, whom it deals with."""
    who, at = reach.organisation(caller, organisation), clock.now()

    def ask(conn: Connection) -> StandingOut:
        found = standing.of_organisation(conn, who, at, rows)
        return StandingOut(
            organisation=tell(OrganisationOut, found.organisation),
            contract=None if found.contract is None else tell(ContractOut, found.contract),
            balances={
                kind: AmountOut(value, "PTS" if accounts.OPERATOR[kind] == "PTS" else "CNY")
                for kind, value in found.balances.items()
            },
            circulation=tell(CirculationOut, found.circulation),
            headroom=None if found.headroom is None else Money(found.headroom),
            counterparties=tell_all(CounterpartyOut, found.counterparties),
            outlets=tell_all(StatedOutletOut, found.outlets),
            operations=tell_all(HappenedOut, found.operations),
        )

    return await parts.read(request, ask)


@get("/v1/outlets/{outlet:str}/standing", **READ)
async def of_outlet(
    request: Req, caller: Me, outlet: PathCode, rows: Rows = standing.OPERATIONS
) -> OutletStandingOut:
    """Give where an outlet stands, its tills, and its newest operations."""

    def ask(conn: Connection) -> OutletStanding:
        owner = None if caller.operator else caller.organisation_id
        return standing.of_outlet(conn, outlet, rows, owner)

    return await show(request, OutletStandingOut, ask)


ROUTES: Final[list[BaseRouteHandler]] = [of_organisation, of_outlet]
