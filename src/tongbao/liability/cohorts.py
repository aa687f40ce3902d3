"""Points as debt: what each issuer owes, by the month in which it gave the points."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from msgspec import Struct

from tongbao.kernel import arrays, sql
from tongbao.kernel.db import Connection
from tongbao.ledger import lock
from tongbao.liability.types import NOW, AsOf, Cohort

Q = sql.load(__package__)

_FETCH: Final = 5_000
_FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_LAST: Final = 2**63 - 1


class Liability(Struct, frozen=True, kw_only=True):
    """What one issuer owes: all its cohorts together, and what the ledger says (none: of a past).

    ``ledger`` is its circulation by its account, minus the balance of ``issued``.
    """

    issuer_id: int
    cohorts: int
    issued: int
    redeemed: int
    expired: int
    forfeited: int
    clawed_back: int
    outstanding: int
    ledger: int | None


def read(
    conn: Connection, zone: str, as_of: AsOf = NOW, issuer: int | None = None
) -> Iterator[Cohort]:
    """Give every cohort of every issuer (or of one), by issuer and month.

    Needs a transaction, and keeps only a page of rows in memory however many there are.
    """
    return _cohorts(conn, zone, as_of, None if issuer is None else [issuer])


def page(
    conn: Connection,
    zone: str,
    after: tuple[int, date],
    limit: int,
    as_of: AsOf = NOW,
    issuer: int | None = None,
) -> list[Cohort]:
    """Give at most ``limit`` cohorts after one issuer's month, by issuer and month."""
    found: list[Cohort] = []
    begin = after[0] - 1  # of this one there may be later months
    while len(found) < limit:
        said = _circulation(conn, begin, limit, issuer)
        found += _cohorts(conn, zone, as_of, said, after, limit - len(found))
        if len(said) < limit:
            break
        begin = max(said)
    return found


def by_issuer(
    conn: Connection, zone: str, as_of: AsOf = NOW, issuer: int | None = None
) -> list[Liability]:
    """Give what each issuer (or one) owes, beside what the ledger says, in the order of their ids.

    Call it in a transaction that sees one snapshot, so that both speak of the same moment.
    """
    said: dict[int, int] = dict(conn.execute(Q.circulation, {"issuer": issuer}).fetchall())
    return _beside(said, read(conn, zone, as_of, issuer), as_of)


def issuers_after(
    conn: Connection,
    zone: str,
    after: int,
    limit: int,
    as_of: AsOf = NOW,
    issuer: int | None = None,
) -> list[Liability]:
    """Give what at most ``limit`` issuers after one owe, as ``by_issuer`` does."""
    found: list[Liability] = []
    while len(found) < limit:
        said = _circulation(conn, after, limit, issuer)
        found += _beside(said, _cohorts(conn, zone, as_of, said), as_of)
        if len(said) < limit:
            break
        after = max(said)
    return found[:limit]


def position(conn: Connection) -> int:
    """Give the position of the journal up to which everything has been written and committed.

    Waits for the postings under way, and others wait until this transaction ends: end it soon.
    """
    lock.fence_closing(conn)
    (last,) = conn.execute(Q.last_position).fetchone() or (0,)
    return int(last)


def bounds(as_of: AsOf) -> dict[str, Any]:
    """Give the parameters of a query that looks as far as ``as_of``."""
    return {
        "before": _FOREVER if as_of.before is None else as_of.before,
        "position": _LAST if as_of.position is None else as_of.position,
    }


def stream(conn: Connection, query: bytes, values: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a query page by page, so that no more than one is in memory."""
    with conn.cursor(name="liability_rows") as cursor:
        cursor.itersize = _FETCH
        cursor.execute(query, values)
        yield from cursor


def _cohorts(
    conn: Connection,
    zone: str,
    as_of: AsOf,
    issuers: Iterable[int] | None,
    after: tuple[int, date] = (0, date.min),
    limit: int | None = None,
) -> Iterator[Cohort]:
    values = {
        "zone": zone,
        "issuers": None if issuers is None else arrays.ints(issuers),
        "after": after[0],
        "month": after[1],
        "limit": limit,
        **bounds(as_of),
    }
    for row in stream(conn, Q.cohorts, values):
        yield Cohort(
            issuer_id=row[0], cohort=row[1], issued=row[2], redeemed=row[3], expired=row[4],
            forfeited=row[5], clawed_back=row[6],
        )  # fmt: skip


def _circulation(conn: Connection, after: int, limit: int, issuer: int | None) -> dict[int, int]:
    """Give at most so many who may have given points, with what the ledger says they owe."""
    values = {"after": after, "limit": limit, "issuer": issuer}
    return dict(conn.execute(Q.circulation_after, values).fetchall())


def _beside(said: Mapping[int, int], cohorts: Iterable[Cohort], as_of: AsOf) -> list[Liability]:
    """Sum cohorts by issuer, beside what the ledger says of each."""
    found = [
        _sum(who, list(own), said.get(who, 0) if as_of.now else None)
        for who, own in groupby(cohorts, key=attrgetter("issuer_id"))
    ]
    missing = {who for who, amount in said.items() if amount} - {one.issuer_id for one in found}
    if as_of.now:  # there is none unless somebody has changed the database by hand
        found += [_sum(who, [], said[who]) for who in missing]
    return sorted(found, key=attrgetter("issuer_id"))


def _sum(issuer: int, cohorts: list[Cohort], ledger: int | None) -> Liability:
    def total(name: str) -> int:
        return sum(getattr(cohort, name) for cohort in cohorts)

    return Liability(
        issuer_id=issuer,
        cohorts=len(cohorts),
        issued=total("issued"),
        redeemed=total("redeemed"),
        expired=total("expired"),
        forfeited=total("forfeited"),
        clawed_back=total("clawed_back"),
        outstanding=total("outstanding"),
        ledger=ledger,
    )
