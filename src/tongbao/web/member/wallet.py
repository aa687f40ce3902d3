"""The wallet: what there is, whose points they are, and which of them end when."""

from datetime import date, datetime
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from msgspec import Struct
from psycopg.rows import class_row

from tongbao.hosting import parts
from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection
from tongbao.members import identities, members
from tongbao.members.types import Member, ShownIdentity
from tongbao.points import statements
from tongbao.points.outcome import Balances
from tongbao.points.statements import Debt, StatedHold
from tongbao.web import who
from tongbao.web.member.showing import show
from tongbao.web.who import MEMBER

Q = sql.load(__package__)

SOON: Final = 6
"""Dates of expiry that the wallet shows."""


class Purse(Struct, frozen=True, kw_only=True):
    """Points of one issuer (fen); ``ends``: when the first of them end, if ever."""

    code: str
    name: str
    points: int
    pending: int
    held: int
    ends: datetime | None


class Wallet(Struct, frozen=True, kw_only=True):
    """All that a member has."""

    member: Member
    identities: list[ShownIdentity]
    balances: Balances
    purses: list[Purse]
    ends: list[tuple[date, int]]
    holds: list[StatedHold]
    debts: list[Debt]


@get("/m", opt=MEMBER)
async def wallet(request: Request[Any, Any, Any]) -> Response[str]:
    """Show a member what there is."""
    me = who.member_of(request).member_id
    zone = parts.of(request).settings.time_zone
    found = await parts.read(request, lambda conn: read(conn, me, zone))
    return show(request, "member/wallet.html", wallet=found)


@get("/m/me", opt=MEMBER)
async def me(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what there is to decide."""
    number = who.member_of(request).member_id
    known = await parts.read(request, lambda conn: identities.list_of(conn, number))
    return show(request, "member/me.html", known=known)


def read(conn: Connection, member_id: int, zone: str) -> Wallet:
    """Read the wallet of a member."""
    family = arrays.ints(i for (i,) in conn.execute(Q.member_family, {"member": member_id}))
    soon = {"members": family, "zone": zone, "limit": SOON}
    with conn.cursor(row_factory=class_row(Purse)) as cursor:
        purses = cursor.execute(Q.member_issuers, {"members": family}).fetchall()
    return Wallet(
        member=members.get(conn, member_id),
        identities=identities.list_of(conn, member_id),
        balances=statements.balances(conn, member_id),
        purses=purses,
        ends=conn.execute(Q.member_ends, soon).fetchall(),
        holds=statements.holds(conn, member_id),
        debts=statements.debts(conn, member_id),
    )


ROUTES: Final[list[BaseRouteHandler]] = [wallet, me]
