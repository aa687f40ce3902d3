"""The wallet: what there is, whose points they are, and which of them end when."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from tongbao.hosting import parts
from tongbao.kernel import limits
from tongbao.kernel.db import Connection
from tongbao.members import identities, members
from tongbao.members.types import Member, ShownIdentity
from tongbao.points import statements
from tongbao.points.outcome import Balances
from tongbao.points.statements import StatedHold, StatedLot
from tongbao.web import who
from tongbao.web.member.showing import show
from tongbao.web.who import MEMBER

SOON: Final = 6
"""Dates of expiry that the wallet shows; the last stands for all that are later."""


class Purse(Struct, frozen=True, kw_only=True):
    """Points of one issuer (fen); ``ends``: when the first of them end, if ever."""

    name: str
    points: int
    pending: int
    ends: datetime | None


class Wallet(Struct, frozen=True, kw_only=True):
    """All that a member has."""

    member: Member
    identities: list[ShownIdentity]
    balances: Balances
    purses: list[Purse]
    ends: list[tuple[date, int]]
    holds: list[StatedHold]


@get("/m", opt=MEMBER)
async def wallet(request: Request[Any, Any, Any]) -> Response[str]:
    """Show a member what there is."""
    me = who.member_of(request).member_id
    zone = ZoneInfo(parts.of(request).settings.time_zone)
    found = await parts.read(request, lambda conn: read(conn, me, zone))
    return show(request, "member/wallet.html", wallet=found)


@get("/m/me", opt=MEMBER)
async def me(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what there is to decide."""
    number = who.member_of(request).member_id
    known = await parts.read(request, lambda conn: identities.list_of(conn, number))
    return show(request, "member/me.html", known=known)


def read(conn: Connection, member_id: int, zone: ZoneInfo) -> Wallet:
    """Read the wallet of a member."""
    lots = statements.lots(conn, member_id, limit=limits.PAGE)
    return Wallet(
        member=members.get(conn, member_id),
        identities=identities.list_of(conn, member_id),
        balances=statements.balances(conn, member_id),
        purses=purses(lots),
        ends=ends(lots, zone),
        holds=statements.holds(conn, member_id),
    )


def purses(lots: Iterable[StatedLot]) -> list[Purse]:
    """Sum lots, which come in spend order, by issuer; the largest purse first."""
    found: dict[int, Purse] = {}
    for lot in lots:
        before = found.get(lot.issuer_id)
        ending = lot.expires_at if lot.available else None
        found[lot.issuer_id] = Purse(
            name=lot.name,
            points=lot.available + (before.points if before else 0),
            pending=lot.pending + (before.pending if before else 0),
            ends=(before.ends if before else None) or ending,
        )
    shown = [purse for purse in found.values() if purse.points or purse.pending]
    return sorted(shown, key=lambda purse: (-purse.points, purse.name))


def ends(lots: Sequence[StatedLot], zone: ZoneInfo) -> list[tuple[date, int]]:
    """Sum what ends by the day on which it ends, soonest first."""
    sums: dict[date, int] = {}
    for lot in lots:
        if lot.expires_at is not None and lot.available:
            day = lot.expires_at.astimezone(zone).date()
            sums[day] = sums.get(day, 0) + lot.available
    return sorted(sums.items())[:SOON]


ROUTES: Final[list[BaseRouteHandler]] = [wallet, me]
