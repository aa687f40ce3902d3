"""Estimates of redemption: one person proposes what will be redeemed, another approves it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.desk import proposals
from tongbao.desk.proposals import Proposal
from tongbao.kernel import arrays, limits, sql, texts
from tongbao.kernel.amounts import WHOLE, AmountOutOfRange
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import NotFound, Refused
from tongbao.liability import breakage, cohorts, months
from tongbao.liability.types import AsOf

Q = sql.load(__package__)

KIND: Final = "liability-estimate"
_PAGE: Final = 10_000
_LAST: Final = 2**63 - 1


class EstimateNotFound(NotFound):
    code = "estimate-not-found"
    text = "there is no estimate {estimate}"


class EstimateEmpty(Refused):
    code = "estimate-empty"
    text = "no points are outstanding at the end of {month}: there is nothing to estimate"


class PeriodNotOver(Refused):
    code = "period-not-over"
    text = "month {month} is not over"


class Line(Struct, frozen=True, kw_only=True, gc=False):
    """What an estimate says of one cohort: ``rate`` (ppm) of the points given will be redeemed.

    ``given``, ``redeemed``, ``lost`` (fen), ``age`` (months) and the statistics ``developed`` and
    ``credibility`` (ppm) are what it was made from; ``basis`` how.
    """

    issuer_id: int
    cohort: date
    rate: int
    given: int
    redeemed: int
    lost: int
    age: int
    developed: int
    credibility: int
    basis: str


class Estimate(Struct, frozen=True, kw_only=True):
    """An estimate and its decision; ``given`` and ``expected`` are sums over its cohorts (fen)."""

    id: int
    through: date
    method: str
    position: int
    reason: str
    made_by: str
    made_at: datetime
    proposal_id: int
    state: str
    decided_by: str | None
    decided_at: datetime | None
    cohorts: int
    given: int
    expected: int


def propose(
    conn: Connection,
    zone: str,
    through: date,
    *,
    by: str,
    reason: str,
    at: datetime,
    position: int | None = None,
) -> Estimate:
    """Estimate every cohort by chain ladder as at the end of month ``through``, and propose it.

    ``position``: how far in the journal it looks; none: all that is committed, and postings wait.
    Refuses ``period-not-over``, ``estimate-empty`` and ``text-malformed``.
    """
    seen = _begin(conn, zone, through, position, at)
    lines = (
        _line(one)
        for one in breakage.estimate(conn, zone, through, seen)
        if one.issuer_id is not None and one.expected.basis != "certain"
    )
    return _write(conn, "chain-ladder", through, seen, lines, None, by=by, reason=reason, at=at)


def propose_rate(
    conn: Connection,
    zone: str,
    through: date,
    issuer: int,
    rate: int,
    *,
    by: str,
    reason: str,
    at: datetime,
    cohort: date | None = None,
    position: int | None = None,
) -> Estimate:
    """Propose that ``rate`` (ppm) of an issuer's points will be redeemed: somebody's judgement.

    Of one cohort or of all with points outstanding at the end of month ``through``. Refuses
    ``amount-out-of-range`` and what ``propose`` refuses.
    """
    if not 0 <= rate <= WHOLE:
        raise AmountOutOfRange(name="rate", amount=rate, least=0, most=WHOLE)
    seen = _begin(conn, zone, through, position, at)
    as_of = AsOf(before=months.end(through, zone), position=seen)
    lines = (
        Line(
            issuer_id=issuer, cohort=one.cohort, rate=rate, given=one.given,
            redeemed=one.redeemed, lost=one.lost, age=months.between(one.cohort, through),
            developed=0, credibility=0, basis="judgement",
        )
        for one in cohorts.read(conn, zone, as_of, issuer)
        if one.outstanding and cohort in (None, one.cohort)
    )  # fmt: skip
    return _write(conn, "judgement", through, seen, lines, issuer, by=by, reason=reason, at=at)


def approve(conn: Connection, estimate_id: int, *, by: str, at: datetime) -> Estimate:
    """Approve an estimate, as another person than who proposed it: the next close goes by it.

    Refuses ``estimate-not-found``, ``proposal-decided``, ``same-person``, ``text-malformed``.
    """
    decided = proposals.approve(conn, get(conn, estimate_id).proposal_id, by=by, at=at)
    assert decided.decided_by is not None
    values = {"estimate": estimate_id, "proposal": decided.id, "by": decided.decided_by, "at": at}
    conn.execute(Q.write_approval, values)
    return get(conn, estimate_id)


def reject(conn: Connection, estimate_id: int, *, by: str, reason: str, at: datetime) -> Estimate:
    """Reject an estimate with a reason; refuses what ``approve`` refuses."""
    proposal = get(conn, estimate_id).proposal_id
    proposals.reject(conn, proposal, by=by, reason=reason, at=at)
    return get(conn, estimate_id)


def get(conn: Connection, estimate_id: int) -> Estimate:
    """Give an estimate by its id; refuses ``estimate-not-found``."""
    found = _find(conn, estimate_id, 1) if 0 < estimate_id < 2**63 else []
    if not found:
        raise EstimateNotFound(estimate=estimate_id)
    return found[0]


def newest(conn: Connection, limit: int = limits.PAGE, *, before: int = _LAST) -> list[Estimate]:
    """Give at most ``limit`` estimates with ids below ``before``, newest first."""
    return _find(conn, None, min(limit, limits.PAGE), before)


def lines(conn: Connection, estimate_id: int, limit: int = limits.PAGE) -> list[Line]:
    """Give what an estimate says of its first ``limit`` cohorts, by issuer and month."""
    get(conn, estimate_id)
    with conn.cursor(row_factory=class_row(Line)) as cursor:
        values = {"estimate": estimate_id, "limit": min(limit, limits.BULK)}
        return cursor.execute(Q.lines_of_estimate, values).fetchall()


def _begin(conn: Connection, zone: str, through: date, position: int | None, at: datetime) -> int:
    if months.end(through, zone) > at:
        raise PeriodNotOver(month=months.show(through))
    return cohorts.position(conn) if position is None else position


def _write(
    conn: Connection,
    method: str,
    through: date,
    position: int,
    found: Iterable[Line],
    issuer: int | None,
    *,
    by: str,
    reason: str,
    at: datetime,
) -> Estimate:
    reason = texts.line("reason", reason, limits.TEXT)
    by = texts.line("by", by)
    header = {
        "through": through, "method": method, "position": position, "reason": reason, "by": by,
        "at": at,
    }  # fmt: skip
    (estimate_id,) = conn.execute(Q.write_estimate, header).fetchone() or (0,)
    count = 0
    for page in _pages(iter(found)):
        count += len(page)
        conn.execute(Q.write_lines, {"estimate": estimate_id, **_columns(page)})
    if not count:
        raise EstimateEmpty(month=months.show(through))
    terms = {
        "estimate": estimate_id, "through": months.show(through), "method": method,
        "cohorts": count,
    }  # fmt: skip
    made: Proposal = proposals.propose(conn, KIND, issuer, terms, by=by, reason=reason, at=at)
    assert made.state == "proposed"
    return get(conn, estimate_id)


def _pages(found: Iterator[Line]) -> Iterator[list[Line]]:
    while page := list(islice(found, _PAGE)):
        yield page


def _columns(page: Sequence[Line]) -> dict[str, Any]:
    return {
        "issuers": arrays.ints(line.issuer_id for line in page),
        "cohorts": arrays.words(line.cohort.isoformat() for line in page),
        "rates": arrays.ints(line.rate for line in page),
        "given": arrays.ints(line.given for line in page),
        "redeemed": arrays.ints(line.redeemed for line in page),
        "lost": arrays.ints(line.lost for line in page),
        "ages": arrays.ints(line.age for line in page),
        "developed": arrays.ints(line.developed for line in page),
        "credibility": arrays.ints(line.credibility for line in page),
        "bases": arrays.words(line.basis for line in page),
    }


def _line(one: breakage.Forecast) -> Line:
    assert one.issuer_id is not None
    return Line(
        issuer_id=one.issuer_id,
        cohort=one.cohort,
        rate=one.expected.rate,
        given=one.given,
        redeemed=one.redeemed,
        lost=one.lost,
        age=one.age,
        developed=one.expected.developed,
        credibility=one.expected.credibility,
        basis=one.expected.basis,
    )


def _find(
    conn: Connection, estimate_id: int | None, limit: int, before: int = _LAST
) -> list[Estimate]:
    values = {"id": estimate_id, "limit": limit, "before": before}
    with conn.cursor(row_factory=class_row(Estimate)) as cursor:
        return cursor.execute(Q.estimates, values).fetchall()
