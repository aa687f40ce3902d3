"""The guard: payment codes that are good once, limits on how often and how much, proofs.

What it needs is read behind the locks of the batch; what it counts is written in the commit that
it is about. Where there are no codes and no limits it asks the database nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from psycopg import Connection

from tongbao.kernel import arrays, limits, sql
from tongbao.kernel.clock import micros
from tongbao.ledger.journal import KeyTaken
from tongbao.points import operations as ops
from tongbao.points import refusals
from tongbao.points.books import Books
from tongbao.points.directory import Directory
from tongbao.points.sheet import Decision
from tongbao.points.spans import begin, end

Q = sql.load(__package__, "guard_queries.sql")

_AT_OUTLETS: Final = (ops.Award, ops.Purchase, ops.Hold, ops.Advice)
_SPENDING: Final = (ops.Purchase, ops.Hold, ops.Gift)
_RANK: Final = {None: 0, "pin": 1, "otp": 2}
_MINUTE: Final = 60_000_000
_OWN: Final = "own"

Code = tuple[int, int]
"""A device, and the minute since 1970 for which it showed the code."""


class Key(NamedTuple):
    """Whose use of which limit is counted; ``of``: whose limit it is, 0 for the alliance's."""

    subject_id: int
    subject: str
    terminal: str
    of: int
    measure: str
    span: str


class Bound(NamedTuple):
    """A limit that is in force: so many operations, so many points; none: any number."""

    subject: str
    measure: str
    span: str
    of: int
    uses: int | None
    points: int | None


class Counter(Struct):
    """What was used since ``starts``."""

    starts: datetime
    uses: int = 0
    points: int = 0


class Guard(Struct):
    """What a batch is held against; ``steps`` are (proof, organisation or 0, points)."""

    zone: ZoneInfo
    used: set[Code] = field(default_factory=set)
    taken: dict[Code, int] = field(default_factory=dict)
    bounds: list[Bound] = field(default_factory=list)
    steps: list[tuple[str, int, int]] = field(default_factory=list)
    counters: dict[Key, Counter] = field(default_factory=dict)
    changed: set[Key] = field(default_factory=set)


def gather(
    conn: Connection[Any],
    books: Books,
    directory: Directory,
    batch: Sequence[ops.Operation],
    zone: ZoneInfo,
) -> Guard | None:
    """Read what the batch is held against; None: nothing is.

    Rows that count what is used are locked here, after every other lock and in key order. Those
    of a member are wanted by nobody else who does not wait for the wallet already.
    """
    directory.read_rules(conn)
    codes = {(code.device, code.step) for op in batch if (code := getattr(op, "code", None))}
    if not (codes or directory.caps or directory.steps or books.own_limits):
        return None
    guard = Guard(zone)
    for cap in directory.caps:
        uses, points = next((v[1:] for v in cap.versions if v[0] <= books.at), (None, None))
        if uses is not None or points is not None:
            of = (cap.subject, cap.measure, cap.span, cap.organisation)
            guard.bounds.append(Bound(*of, uses, points))
    for step in directory.steps:
        least = next((v[1] for v in step.versions if v[0] <= books.at), None)
        if least is not None:
            guard.steps.append((step.proof, step.organisation, least))
    if codes:
        given = {
            "devices": arrays.ints([device for device, _ in codes]),
            "steps": arrays.ints([step for _, step in codes]),
        }
        guard.used.update(conn.execute(Q.used_codes, given).fetchall())
    keys = sorted({key for op in batch for key, _ in _bounds_of(op, books, guard)})
    if keys:
        _read_counters(conn, guard, keys, books.at)
    return guard


def check_code(op: ops.Operation, books: Books, guard: Guard) -> None:
    """Refuse a code that is not of this minute or the ones beside it, or was used before."""
    code: ops.CodeUse | None = getattr(op, "code", None)
    if code is None or isinstance(op, ops.Advice):  # what has happened is not refused
        return
    if abs(micros(books.at) // _MINUTE - code.step) > limits.CODE_SKEW:
        raise refusals.PaymentCodeExpired
    if (code.device, code.step) in guard.used:
        raise refusals.PaymentCodeUsed


def check(op: ops.Operation, decision: Decision, books: Books, guard: Guard) -> None:
    """Refuse what needs a proof that it does not bring, and what goes beyond a limit.

    An advice reports what has happened: it counts, and is never refused.
    """
    if isinstance(op, ops.Advice):
        return
    if guard.steps and isinstance(op, _SPENDING):
        _check_proof(op, decision, guard)
    for key, bound in _bounds_of(op, books, guard):
        amount = _amount(key.measure, decision)
        if not amount:
            continue
        counter = guard.counters[key]
        used = _since(counter, begin(key.span, books.at, guard.zone))
        over = bound.uses is not None and used.uses >= bound.uses
        if over or (bound.points is not None and used.points + amount > bound.points):
            raise _refusal(key, bound, used, guard.zone, by_uses=over)


def count(op: ops.Operation, decision: Decision, books: Books, guard: Guard, place: int) -> None:
    """Count an operation that is posted, and use up its code."""
    code: ops.CodeUse | None = getattr(op, "code", None)
    if code is not None and (code.device, code.step) not in guard.used:
        guard.used.add((code.device, code.step))
        guard.taken[code.device, code.step] = place
    for key, _ in _bounds_of(op, books, guard):
        amount = _amount(key.measure, decision)
        if amount:
            used = _since(guard.counters[key], begin(key.span, books.at, guard.zone))
            guard.counters[key] = Counter(used.starts, used.uses + 1, used.points + amount)
            guard.changed.add(key)


def record(conn: Connection[Any], guard: Guard, at: datetime) -> None:
    """Write what was counted and used up; raise KeyTaken when somebody has just used a code."""
    if guard.changed:
        keys = sorted(guard.changed)
        now = [guard.counters[key] for key in keys]
        conn.execute(
            Q.write_counters,
            {
                **_columns(keys),
                "starts": arrays.times([one.starts for one in now]),
                "uses": arrays.ints([one.uses for one in now]),
                "points": arrays.ints([one.points for one in now]),
            },
        )
    if guard.taken:
        codes = sorted(guard.taken)
        written = conn.execute(
            Q.use_codes,
            {
                "devices": arrays.ints([device for device, _ in codes]),
                "steps": arrays.ints([step for _, step in codes]),
                "operations": arrays.ints([guard.taken[code] for code in codes]),
                "at": at,
            },
        )
        if written.rowcount != len(codes):
            raise KeyTaken


def forget(conn: Connection[Any], before: datetime) -> int:
    """Forget codes that were used before a time; they are refused by then for their age."""
    return conn.execute(Q.forget_codes, {"before": before}).rowcount


def _read_counters(conn: Connection[Any], guard: Guard, keys: Sequence[Key], at: datetime) -> None:
    columns = _columns(keys)
    with conn.pipeline():
        conn.execute(Q.open_counters, columns | {"at": at})
        conn.execute(Q.lock_counters, columns)
        rows = conn.execute(Q.counters, columns)
    for *key, starts, uses, points in rows:
        guard.counters[Key(*key)] = Counter(starts, uses, points)


def _columns(keys: Sequence[Key]) -> dict[str, str]:
    return {
        "subject_ids": arrays.ints([key.subject_id for key in keys]),
        "subjects": arrays.words([key.subject for key in keys]),
        "terminals": arrays.texts([key.terminal for key in keys]),
        "of": arrays.ints([key.of for key in keys]),
        "measures": arrays.words([key.measure for key in keys]),
        "spans": arrays.words([key.span for key in keys]),
    }


def _bounds_of(op: ops.Operation, books: Books, guard: Guard) -> Iterator[tuple[Key, Bound]]:
    """Give the limits that may apply to an operation, each with whose use of it is counted."""
    if isinstance(op, _AT_OUTLETS):
        outlet = books.outlets.get(op.outlet)
        organisation = op.scope if outlet is None else outlet.organisation
        subjects = {"outlet": op.outlet, "organisation": organisation, "member": op.member}
        if op.terminal is not None:
            subjects["terminal"] = op.outlet
    elif isinstance(op, ops.Gift):
        organisation = op.scope
        subjects = {"organisation": organisation, "member": op.member}
    else:
        return
    for bound in guard.bounds:
        subject = subjects.get(bound.subject)
        if subject is not None and bound.of in (0, organisation):
            terminal = (op.terminal or "") if bound.subject == "terminal" else ""
            yield Key(subject, bound.subject, terminal, bound.of, bound.measure, bound.span), bound
    own = books.own_limits.get(op.member)
    if own is not None:
        bound = Bound(_OWN, "spend", "day", 0, None, own)
        yield Key(op.member, _OWN, "", 0, "spend", "day"), bound


def _amount(measure: str, decision: Decision) -> int:
    """Give how many points an operation counts for; a hold counts when it is placed."""
    if measure == "earn":
        return decision.earned
    return decision.posting.points if decision.posting.kind == "hold" else decision.spent


def _since(counter: Counter, starts: datetime) -> Counter:
    """Give what counts now: nothing of an hour that is over."""
    return counter if counter.starts >= starts else Counter(starts)


def _check_proof(op: ops.Purchase | ops.Hold | ops.Gift, decision: Decision, guard: Guard) -> None:
    points = _amount("spend", decision)
    organisation = decision.posting.organisation
    needed = [
        (proof, least)
        for proof, of, least in guard.steps
        if of in (0, organisation) and points >= least
    ]
    if not needed:
        return
    proof, least = max(needed, key=lambda one: (_RANK[one[0]], -one[1]))
    if _RANK[op.proof] < _RANK[proof]:
        raise refusals.StepUpRequired(member=op.member, points=points, proof=proof, least=least)


def _refusal(
    key: Key, bound: Bound, used: Counter, zone: ZoneInfo, *, by_uses: bool
) -> refusals.VelocityExceeded | refusals.OwnLimitExceeded:
    resets_at = end(key.span, used.starts, zone).isoformat()
    if key.subject == _OWN:
        return refusals.OwnLimitExceeded(
            member=key.subject_id, most=bound.points, used=used.points, resets_at=resets_at
        )
    return refusals.VelocityExceeded(
        subject=key.subject,
        measure=key.measure,
        span=key.span,
        unit="times" if by_uses else "fen of points",
        most=bound.uses if by_uses else bound.points,
        used=used.uses if by_uses else used.points,
        resets_at=resets_at,
    )
