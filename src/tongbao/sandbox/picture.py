"""A picture of what happened in an alliance: who issued, who redeemed, who owes whom."""

from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from psycopg.rows import class_row

from tongbao.alliance import contracts
from tongbao.alliance.headroom import headroom
from tongbao.clearing import positions, settlements, windows
from tongbao.clearing.types import Net, Settlement, Window
from tongbao.kernel import sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__)

REST: Final = "others"
"""The column of all redeemers that have none of their own."""


class Sizes(Struct, frozen=True, kw_only=True):
    """How much there is."""

    organisations: int
    outlets: int
    sites: int
    formats: int
    members: int
    operations: int
    transfers: int
    lots: int
    batches: int
    seals: int


class Issuer(Struct, frozen=True, kw_only=True):
    """An organisation; amounts in fen.

    Of its own points: ``issued``, ``spent`` (anywhere), ``expired`` (or given up), in
    ``circulation``. ``accepted``: points of whomever that it was paid with. ``clearing`` is its
    position; ``headroom`` none: its issuing is not bounded.
    """

    id: int
    code: str
    name: str
    status: str
    issued: int
    spent: int
    expired: int
    accepted: int
    circulation: int
    clearing: int
    reserve: int
    collateral: int
    headroom: int | None = None


class Owed(Struct, frozen=True):
    """What one organisation owes another over all windows (fen)."""

    issuer: str
    redeemer: str
    amount: int


class Closed(Struct, frozen=True, kw_only=True):
    """The newest closed window: what each organisation moved in it, and the newest settlement."""

    window: Window
    nets: list[Net]
    settled: Settlement | None


class Picture(Struct, frozen=True, kw_only=True):
    """All of it; organisations by what they issued, claims by their amount, both largest first."""

    sizes: Sizes
    organisations: list[Issuer]
    claims: list[Owed]
    closed: Closed | None


def take(conn: Connection, at: datetime) -> Picture:
    """Take the picture, with the terms that rule at ``at``; reads the whole journal."""
    with conn.cursor(row_factory=class_row(Sizes)) as cursor:
        sizes = cursor.execute(Q.pictured_sizes).fetchone()
    assert sizes is not None, "counts are one row"
    with conn.cursor(row_factory=class_row(Issuer)) as cursor:
        found = cursor.execute(Q.pictured_organisations).fetchall()
    claims = [Owed(*row) for row in conn.execute(Q.pictured_claims)]
    return Picture(
        sizes=sizes,
        organisations=[_with_headroom(conn, issuer, at) for issuer in found],
        claims=claims,
        closed=_newest_closed(conn),
    )


def matrix(
    claims: list[Owed], rows: int, columns: int
) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """Give the claims of the largest debtors on the largest creditors, the rest summed.

    The heads of the columns (creditors, ``others``, ``total``), and a row for each debtor.
    """
    by_issuer: dict[str, int] = {}
    by_redeemer: dict[str, int] = {}
    for owed in claims:
        by_issuer[owed.issuer] = by_issuer.get(owed.issuer, 0) + owed.amount
        by_redeemer[owed.redeemer] = by_redeemer.get(owed.redeemer, 0) + owed.amount
    heads = _largest(by_redeemer, columns)
    cells = {(owed.issuer, owed.redeemer): owed.amount for owed in claims}
    made = []
    for issuer in _largest(by_issuer, rows):
        known = [cells.get((issuer, redeemer), 0) for redeemer in heads]
        made.append((issuer, [*known, by_issuer[issuer] - sum(known), by_issuer[issuer]]))
    return [*heads, REST, "total"], made


def _largest(sums: dict[str, int], count: int) -> list[str]:
    return sorted(sums, key=lambda code: (-sums[code], code))[:count]


def _with_headroom(conn: Connection, issuer: Issuer, at: datetime) -> Issuer:
    terms = contracts.terms_at(conn, issuer.id, at)
    left = headroom(
        terms,
        collateral=issuer.collateral,
        clearing=issuer.clearing,
        circulation=issuer.circulation,
        reserve=issuer.reserve,
    )
    return replace(issuer, headroom=left)


def _newest_closed(conn: Connection) -> Closed | None:
    known = windows.newest(conn, limit=3)
    closed = [window for window in known if window.closed_at is not None]
    if not closed:
        return None
    return Closed(
        window=closed[0],
        nets=positions.nets(conn, closed[0].id),
        settled=next(iter(settlements.listed(conn, state="settled", limit=1)), None),
    )
