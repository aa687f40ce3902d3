"""A member's statement: what it has, lot by lot, and how that came about. Only reads.

What memberships that were merged into it did is part of its history.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace
from psycopg.rows import class_row

from tongbao.kernel import arrays, limits, sql
from tongbao.kernel.db import Connection
from tongbao.members import identities, members
from tongbao.members.types import Member, ShownIdentity
from tongbao.points.outcome import Balances

Q = sql.load(__package__, "statement_queries.sql")

Place = tuple[datetime | None, datetime, int]
"""Where a lot stands in spend order: when it expires, when it was earned, its id."""


class StatedLot(Struct, frozen=True, kw_only=True):
    """A lot with something left: points by state, and the reserve behind them (fen)."""

    id: int
    owner_id: int
    issuer_id: int
    code: str
    name: str
    kind: str
    available: int
    held: int
    pending: int
    reserve: int
    earned_at: datetime
    expires_at: datetime | None
    release_at: datetime | None
    scope: str | None


class StatedHold(Struct, frozen=True, kw_only=True):
    """A hold that may still be captured."""

    id: int
    code: str
    name: str
    amount: int
    remaining: int
    expires_at: datetime


class Debt(Struct, frozen=True, kw_only=True):
    """Points that the member owes an organisation."""

    code: str
    name: str
    amount: int


class Entry(Struct, frozen=True, kw_only=True):
    """One operation in the member's history: what each account gained or lost (fen).

    ``owner_id`` is another member's when it gave to this one. ``balance`` is what the member
    could spend after it.
    """

    id: int
    kind: str
    owner_id: int
    code: str | None
    name: str | None
    outlet: str | None
    original_id: int | None
    points: int
    cash: int
    written_at: datetime
    effective_at: datetime
    wallet: int
    held: int
    pending: int
    owing: int
    balance: int = 0


class Statement(Struct, frozen=True, kw_only=True):
    """A member, its balances (fen), its open lots in spend order, its newest operations.

    ``merged`` are the memberships that live on in it; ``asked`` the one that was asked for.
    ``lots``, ``holds``, ``owing`` and ``history`` (newest first) have at most the limit each.
    """

    asked: int
    member: Member
    identities: list[ShownIdentity]
    merged: list[int]
    balances: Balances
    lots: list[StatedLot]
    holds: list[StatedHold]
    owing: list[Debt]
    history: list[Entry]


def statement(conn: Connection, member_id: int, limit: int = limits.PAGE) -> Statement:
    """Give the statement of the membership that ``member_id`` is or lives on in.

    Run it in a transaction that sees one snapshot, or balances and history may be of two moments.
    Refuses ``member-not-found``.
    """
    member = members.resolve(conn, member_id)
    family = _family(conn, member.id)
    given = {"members": arrays.ints(family), "limit": min(limit, limits.PAGE)}
    balances: dict[str, int] = dict(conn.execute(Q.balances_of, given))
    return Statement(
        asked=member_id,
        member=member,
        identities=identities.list_of(conn, member.id),
        merged=[i for i in family if i != member.id],
        balances=_balances(balances),
        lots=_rows(conn, StatedLot, Q.statement_lots, given),
        holds=_rows(conn, StatedHold, Q.statement_holds, given),
        owing=_rows(conn, Debt, Q.statement_owing, given),
        history=_running(_rows(conn, Entry, Q.statement_history, given), balances.get("wallet", 0)),
    )


def knows(conn: Connection, organisation_id: int, member_id: int) -> bool:
    """Say whether an organisation has enrolled a member or has ever dealt with it."""
    given = {"organisation": organisation_id, "member": member_id}
    return conn.execute(Q.knows_member, given).fetchone() == (True,)


def balances_for(
    conn: Connection, asked: Sequence[tuple[int, int | None]]
) -> dict[tuple[int, int | None], Balances]:
    """Give balances (fen) as they are to several who ask at once, in one statement.

    ``asked``: members, each with the organisation that asks, None for the operator. Left out is
    whom the organisation does not know, and who is no member.
    """
    given = {
        "members": arrays.ints(member for member, _ in asked),
        "organisations": arrays.ints(asker or 0 for _, asker in asked),
    }
    found: dict[int, dict[str, int]] = {}
    for n, kind, balance in conn.execute(Q.balances_for, given):
        found.setdefault(n, {})[kind] = balance
    return {asked[n - 1]: _balances(balances) for n, balances in found.items()}


def balances(
    conn: Connection,
    member_id: int,
    at: datetime | None = None,
    basis: Literal["written", "effective"] = "written",
) -> Balances:
    """Give a member's balances (fen): as they are, or as they were at a time.

    ``basis`` says by which time: when it was written here, or when it took effect in business. What
    memberships that live on in this one had counts from their beginning.
    """
    given: dict[str, Any] = {"members": arrays.ints(_family(conn, member_id))}
    if at is None:
        return _balances(dict(conn.execute(Q.balances_of, given)))
    given |= {"at": at, "effective": basis == "effective"}
    return _balances(dict(conn.execute(Q.balances_at, given)))


def lots(
    conn: Connection, member_id: int, after: Place | None = None, limit: int = limits.PAGE
) -> list[StatedLot]:
    """Give at most ``limit`` open lots of a member in spend order, those after ``after``."""
    expires, earned, lot = after or ("-infinity", "-infinity", 0)
    given = {"members": arrays.ints(_family(conn, member_id)), "limit": limit}
    given |= {"expires": expires or "infinity", "earned": earned, "lot": lot}
    return _rows(conn, StatedLot, Q.lots_page, given)


def holds(conn: Connection, member_id: int, limit: int = limits.PAGE) -> list[StatedHold]:
    """Give at most ``limit`` holds of a member that may still be captured."""
    given = {"members": arrays.ints(_family(conn, member_id)), "limit": limit}
    return _rows(conn, StatedHold, Q.statement_holds, given)


def debts(conn: Connection, member_id: int, limit: int = limits.PAGE) -> list[Debt]:
    """Give to whom a member owes points, at most ``limit`` of them."""
    given = {"members": arrays.ints(_family(conn, member_id)), "limit": limit}
    return _rows(conn, Debt, Q.statement_owing, given)


def _family(conn: Connection, member_id: int) -> list[int]:
    return [i for (i,) in conn.execute(Q.family, {"member": member_id})]


def _balances(found: dict[str, int]) -> Balances:
    return Balances(
        found.get("wallet", 0),
        found.get("held", 0),
        found.get("pending", 0),
        -found.get("owing", 0),
    )


def _running(history: Sequence[Entry], balance: int) -> list[Entry]:
    """Walk back from the balance of now, so that no more need be read than is shown."""
    walked = []
    for entry in history:
        walked.append(replace(entry, balance=balance))
        balance -= entry.wallet
    return walked


def _rows(conn: Connection, kind: Any, statement: bytes, given: dict[str, Any]) -> list[Any]:
    with conn.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(statement, given).fetchall()
