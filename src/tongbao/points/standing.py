"""Where an organisation or an outlet stands: terms, balances, headroom, claims. Only reads."""

from datetime import datetime
from typing import Any, Final, TypeVar

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.alliance import contracts, organisations, outlets, regions
from tongbao.alliance.headroom import headroom
from tongbao.alliance.types import Contract, Organisation
from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection
from tongbao.ledger import accounts

Q = sql.load(__package__, "standing_queries.sql")

OPERATIONS: Final = 20
"""Operations listed unless told otherwise."""

Row = TypeVar("Row")


class Counterparty(Struct, frozen=True, kw_only=True):
    """Another organisation: what is ``owed`` to it and what is ``due`` from it (fen), ever."""

    id: int
    code: str
    name: str
    owed: int
    due: int


class StatedOutlet(Struct, frozen=True, kw_only=True):
    """One of an organisation's outlets."""

    id: int
    code: str
    name: str
    site: str
    region: str
    format: str
    mcc: str
    open: bool


class Happened(Struct, frozen=True, kw_only=True):
    """One operation of a list: what, where, whose, how much (fen)."""

    id: int
    kind: str
    outlet: str | None
    owner_id: int
    points: int
    cash: int
    effective_at: datetime


class Circulation(Struct, frozen=True, kw_only=True):
    """Points of one issuer that members have (fen), by state, and how many members have any."""

    available: int
    held: int
    pending: int
    members: int


class Standing(Struct, frozen=True, kw_only=True):
    """An organisation as it stands; amounts in fen.

    ``contract`` is the version that rules now; ``headroom`` none: its issuing is not bounded.
    """

    organisation: Organisation
    contract: Contract | None
    balances: dict[str, int]
    circulation: Circulation
    headroom: int | None
    counterparties: list[Counterparty]
    outlets: list[StatedOutlet]
    operations: list[Happened]


class Place(Struct, frozen=True, kw_only=True):
    """An outlet's own row with where it stands and what kind of business it is."""

    id: int
    code: str
    name: str
    open: bool
    organisation_id: int
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


class OutletStanding(Struct, frozen=True, kw_only=True):
    """An outlet: its place, the Chinese name of its region, its tills, its newest operations."""

    outlet: Place
    region_name: str
    terminals: list[str]
    operations: list[Happened]


def of_organisation(
    conn: Connection, organisation_id: int, at: datetime, limit: int = OPERATIONS
) -> Standing:
    """Give where an organisation stands, with the terms that rule at ``at``.

    Lists have at most ``limit`` rows. Refuses ``organisation-not-found``.
    """
    found = organisations.get(conn, organisation_id)
    given = {"organisation": found.id, "outlet": None, "limit": min(limit, limits.PAGE)}
    balances = accounts.balances(conn, found.id)
    valid = [c for c in contracts.history(conn, found.id) if c.valid_from <= at]
    contract = valid[-1] if valid else None
    row = conn.execute(Q.circulation, given).fetchone()
    assert row is not None, "a sum is one row"
    return Standing(
        organisation=found,
        contract=contract,
        balances=balances,
        circulation=Circulation(available=row[0], held=row[1], pending=row[2], members=row[3]),
        headroom=None if contract is None else _headroom(contract, balances),
        counterparties=_rows(conn, Counterparty, Q.counterparties, given),
        outlets=_rows(conn, StatedOutlet, Q.stated_outlets, given),
        operations=_rows(conn, Happened, Q.newest_operations, given),
    )


def of_outlet(
    conn: Connection, code: str, limit: int = OPERATIONS, owner: int | None = None
) -> OutletStanding:
    """Give an outlet by its code, with ``owner`` only one of that organisation.

    Lists have at most ``limit`` rows. Refuses ``code-malformed`` and ``outlet-not-found``.
    """
    found = outlets.find(conn, code)
    if owner not in (None, found.organisation_id):
        raise outlets.OutletNotFound(outlet=code)
    given = {
        "outlet": found.id,
        "organisation": found.organisation_id,
        "limit": min(limit, limits.PAGE),
    }
    place = _rows(conn, Place, Q.stated_outlet, given)[0]
    return OutletStanding(
        outlet=place,
        region_name=regions.name(place.region),
        terminals=[till for (till,) in conn.execute(Q.stated_terminals, given)],
        operations=_rows(conn, Happened, Q.newest_operations, given),
    )


def _headroom(contract: Contract, balances: dict[str, int]) -> int | None:
    return headroom(
        contract.terms,
        collateral=balances["collateral"],
        clearing=balances["clearing"],
        circulation=-balances["issued"],
        reserve=balances["reserve"],
    )


def _rows(conn: Connection, kind: type[Row], statement: bytes, given: dict[str, Any]) -> list[Row]:
    with conn.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(statement, given).fetchall()
