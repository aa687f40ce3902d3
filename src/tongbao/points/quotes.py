"""Quotes: what a sale would be, said before it is paid, and honoured for a while.

A quote is the plan of a purchase on books that nobody has locked: what it says is true at that
moment. Its terms are kept for the purchase; its points are not held.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection
from tongbao.ledger.types import Lot, Stamp
from tongbao.points.books import QuotedTerms
from tongbao.points.check import Rules, check
from tongbao.points.gather import gather
from tongbao.points.operations import Line, Purchase
from tongbao.points.purchase import plan

Q = sql.load(__package__, "quote_queries.sql")

_FORGOTTEN: Final = timedelta(days=1)


class Part(Struct, frozen=True, kw_only=True):
    """Spendable points (fen) of one issuer with one scope (JSON text), and which end first when."""

    issuer: int
    scope: str | None
    points: int
    expires_at: datetime | None


class Quoted(Struct, frozen=True, kw_only=True):
    """A quote (fen): ``points`` of ``amount`` are paid with points, ``cash`` in money.

    ``usable``: how many points could be; ``here``: the member's points that are good at this
    outlet, ``elsewhere``: those that are not. ``withheld``: why nothing is earned.
    """

    id: int
    member: int
    organisation: int
    outlet: int
    amount: int
    usable: int
    points: int
    cash: int
    earned: int
    withheld: str | None
    here: list[Part]
    elsewhere: list[Part]
    made_at: datetime
    expires_at: datetime


def make(
    conn: Connection,
    *,
    scope: int,
    member: int,
    outlet: int,
    amount: int,
    points: int | None,
    lines: tuple[Line, ...] = (),
    at: datetime,
    rules: Rules,
) -> Quoted:
    """Say what a purchase of ``amount`` fen with ``points`` (none: as many as there are) would be.

    ``scope`` is the calling organisation. Refuses what the purchase would be refused for.
    """
    wanted = amount if points is None else points
    op = Purchase(
        key="quote",
        scope=scope,
        member=member,
        outlet=outlet,
        amount=amount,
        points=wanted,
        up_to=points is None,
        lines=lines,
    )
    check(op)
    # Of who only earns, no points are read; a quote says what could be spent also then.
    spending = msgspec.structs.replace(op, points=wanted or amount)
    books = gather(conn, [spending], at, rules, locking=False).books
    if points is None and books.member(member).locked:
        op = msgspec.structs.replace(op, points=0)  # who may not spend may earn
    stamp = Stamp(books.operation_id(0), at, at, books.window)
    decision = plan(op, books, stamp)
    place = books.outlet(outlet, scope)
    terms = QuotedTerms.of(books.terms(place.organisation, at))
    good = list(books.spendable_lots(member, place, at))
    others = [lot for lot in books.spendable_lots(member, None, at) if lot not in good]
    values = {
        "member": member,
        "organisation": place.organisation,
        "outlet": outlet,
        "amount": amount,
        "points": decision.spent,
        "terms": msgspec.json.encode(terms).decode(),
        "at": at,
        "expires_at": at + limits.QUOTE,
    }
    conn.execute(Q.forget_quotes, {"member": member, "before": at - _FORGOTTEN})
    made = conn.execute(Q.make_quote, values).fetchone()
    assert made is not None, "it has just been inserted"
    locked = books.member(member).locked
    return Quoted(
        id=made[0],
        member=member,
        organisation=place.organisation,
        outlet=outlet,
        amount=amount,
        usable=0 if locked else min(amount, sum(lot.available for lot in good)),
        points=decision.spent,
        cash=decision.cash,
        earned=decision.earned,
        withheld=decision.withheld,
        here=_parts(good),
        elsewhere=_parts(others),
        made_at=at,
        expires_at=at + limits.QUOTE,
    )


def _parts(lots: Iterable[Lot]) -> list[Part]:
    """Sum lots by issuer and scope, in spend order: the first of each ends first."""
    sums: dict[tuple[int, str | None], Part] = {}
    for lot in lots:
        which = lot.issuer, lot.scope
        before = sums.get(which)
        points = lot.available + (0 if before is None else before.points)
        expires_at = lot.expires_at if before is None else before.expires_at
        sums[which] = Part(issuer=lot.issuer, scope=lot.scope, points=points, expires_at=expires_at)
    return list(sums.values())
