"""Uploads: what an offline till has done comes home, each line once, however often it is sent.

``accept`` checks signatures, the chain and the allowance and writes the lines down; the door hands
the operations it gives to the teller, and ``note`` writes what became of them. Whatever breaks in
between is made good by sending the same lines again: their keys follow from their places.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from tongbao.desk import exceptions
from tongbao.kernel import limits, lists, sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, Refusal, Refused
from tongbao.members import identities, members
from tongbao.members.types import Identity
from tongbao.points.operations import Advice, Asked, Award
from tongbao.points.outcome import Outcome
from tongbao.till import identify, payment_code, signed
from tongbao.till.allowances import AllowanceNotFound
from tongbao.till.identify import Identified, Place, Secrets
from tongbao.till.signed import Line

Q = sql.load(__package__, "offline_queries.sql")

GAP: Final = "offline-gap"
_SHOWN: Final = 100


class LineTampered(Refused):
    code = "offline-line-tampered"
    text = "line {counter} was not signed by the terminal of allowance {allowance}"


class LineForked(Conflict):
    code = "offline-line-forked"
    text = "line {counter} of allowance {allowance} came before and said something else"


class ChainBroken(Conflict):
    code = "offline-chain-broken"
    text = "line {counter} of allowance {allowance} does not follow from the line beside it"


class AllowanceExpired(Refused):
    code = "allowance-expired"
    text = "allowance {allowance} was good from {valid_from} until {valid_until}, not at {at}"


class AllowanceExceeded(Refused):
    code = "allowance-exceeded"
    text = "allowance {allowance} has {left} fen left for this, {wanted} were taken"


class LineMalformed(Refused):
    code = "offline-line-malformed"
    text = "{reason}"


class LineRefused(Refused):
    code = "offline-line-refused"
    text = "line {counter} was refused before: {before}"


class Checked(Struct, frozen=True, kw_only=True):
    """What is to be done with one line: an operation for the teller, or a refusal."""

    line: Line
    operation: Advice | Award | None = None
    refusal: Refusal | None = None


class _Known(Struct, frozen=True):
    """A line that has come home: its place in the chain, whose it was, why it was refused."""

    hash: str
    prev: str
    member: int | None
    refused: str | None


class _Allowance(Struct, kw_only=True):
    """An allowance, and what has come home of it so far."""

    id: int
    organisation: int
    outlet: int
    terminal: str
    public_key: bytes
    spend_points: int
    member_points: int
    award_amount: int
    valid_from: datetime
    valid_until: datetime
    granted: str
    known: dict[int, _Known]
    spent: int = 0
    sold: int = 0
    of_member: dict[int, int]


def key_of(line: Line) -> str:
    """Give the idempotency key of a line's operation."""
    return f"offline:{line.allowance}:{line.counter}"


def accept(
    conn: Connection,
    lines: Sequence[Line],
    organisation_id: int | None,
    at: datetime,
    *,
    secrets: Secrets,
) -> list[Checked]:
    """Check lines and write them down, in a transaction of its own; give one answer for each.

    ``organisation_id``: whose terminals they must be of; none: anybody's (the operator). Lines
    may come in any order and again. Refuses ``list-too-long``; whatever is wrong with a line is
    the answer to that line. Those of one allowance are taken one upload after the other.
    """
    lists.check("lines", lines, limits.OFFLINE_UPLOAD)
    grouped: dict[int, list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        grouped[line.allowance].append(place)
    answers: dict[int, Checked] = {}
    for allowance_id in sorted(grouped):
        places = sorted(grouped[allowance_id], key=lambda place: lines[place].counter)
        allowance = _take(conn, allowance_id, organisation_id, [lines[p].counter for p in places])
        for place in places:
            answers[place] = _answer(conn, allowance, lines[place], at, secrets)
        if allowance is not None:
            _note_gaps(conn, allowance, at)
    return [answers[place] for place in range(len(lines))]


def note(conn: Connection, told: Iterable[tuple[Line, Outcome]]) -> None:
    """Write down what became of the operations of lines."""
    for line, outcome in told:
        done = outcome.status in ("posted", "exception")
        values = {
            "allowance": line.allowance,
            "counter": line.counter,
            "state": outcome.status if done else "refused",
            "operation": outcome.operation or None,
            "refusal": None if outcome.refusal is None else outcome.refusal.code,
        }
        conn.execute(Q.note_line, values)


def _take(
    conn: Connection, allowance_id: int, organisation_id: int | None, counters: Sequence[int]
) -> _Allowance | None:
    """Lock an allowance and read what is known of it; None when it is not the caller's."""
    conn.execute(Q.lock_allowance, {"id": allowance_id})
    row = conn.execute(Q.allowance_to_check, {"id": allowance_id}).fetchone()
    if row is None or organisation_id not in (None, row[1]):
        return None
    near = sorted({c + step for c in counters for step in (-1, 0, 1)})
    given = {"allowance": allowance_id, "counters": near}
    known = {
        counter: _Known(hashed.hex(), prev.hex(), member, refusal)
        for counter, hashed, prev, member, refusal in conn.execute(Q.lines_near, given)
    }
    sums = conn.execute(Q.sums_of_lines, {"allowance": allowance_id}).fetchall()
    names = (
        "id", "organisation", "outlet", "terminal", "public_key", "spend_points",
        "member_points", "award_amount", "valid_from", "valid_until",
    )  # fmt: skip
    fields: dict[str, Any] = dict(zip(names, row[:10], strict=True))
    grant = signed.Grant(
        allowance=row[0],
        organisation=row[1],
        outlet=row[2],
        terminal=row[10],
        public_key=row[4].hex(),
        spend_points=row[5],
        member_points=row[6],
        award_amount=row[7],
        valid_from=row[8],
        valid_until=row[11],
    )
    return _Allowance(
        **fields,
        granted=signed.hash_of(signed.grant_message(grant)),
        known=known,
        spent=sum(points for _, points, _ in sums),
        sold=sum(amount for _, _, amount in sums),
        of_member={member: points for member, points, _ in sums if member is not None},
    )


def _answer(
    conn: Connection, allowance: _Allowance | None, line: Line, at: datetime, secrets: Secrets
) -> Checked:
    """Check one line; what is genuine is written down, also when it is refused for what it says."""
    try:
        if allowance is None:
            raise AllowanceNotFound(allowance=line.allowance)
        hashed = _check_place(allowance, line)
    except Refusal as refusal:
        return Checked(line=line, refusal=refusal)
    before = allowance.known.get(line.counter)
    if before is not None:
        return _again(conn, allowance, line, before)
    found: Identified | None = None
    why: Refusal | None = None
    try:
        _check_time(allowance, line)
        found = _who(conn, allowance, line, at, secrets)
        _check_size(allowance, line, found.member)
    except Refusal as refusal:
        why = refusal
    _write(conn, allowance, line, hashed, found, why, at)
    if why is not None or found is None:
        return Checked(line=line, refusal=why)
    return Checked(line=line, operation=_operation(allowance, line, found, hashed))


def _again(conn: Connection, allowance: _Allowance, line: Line, before: _Known) -> Checked:
    """Give the operation of a line that has come before once more: its key knows the answer."""
    if before.member is None or before.refused is not None:
        code = before.refused or "no member"
        return Checked(line=line, refusal=LineRefused(counter=line.counter, before=code))
    found = Identified(members.resolve(conn, before.member).id)
    return Checked(line=line, operation=_operation(allowance, line, found, before.hash))


def _check_place(allowance: _Allowance, line: Line) -> str:
    """Refuse a line that is not genuine or does not fit into the chain; give its hash."""
    which = {"allowance": line.allowance, "counter": line.counter}
    message = signed.line_message(line)
    if "\n" in line.member + line.reference or not signed.is_signed(
        allowance.public_key, message, line.signature
    ):
        raise LineTampered(**which)
    hashed = signed.hash_of(message)
    known = allowance.known
    if line.counter in known and known[line.counter].hash != hashed:
        raise LineForked(**which)
    before = known.get(line.counter - 1)
    expected = allowance.granted if line.counter == 1 else None if before is None else before.hash
    after = known.get(line.counter + 1)
    if expected not in (None, line.prev) or (after is not None and after.prev != hashed):
        raise ChainBroken(**which)
    return hashed


def _check_time(allowance: _Allowance, line: Line) -> None:
    """Refuse what is not of the time of the allowance."""
    if not allowance.valid_from <= line.at <= allowance.valid_until:
        raise AllowanceExpired(
            allowance=allowance.id,
            valid_from=allowance.valid_from.isoformat(),
            valid_until=allowance.valid_until.isoformat(),
            at=line.at.isoformat(),
        )


def _check_size(allowance: _Allowance, line: Line, member: int) -> None:
    """Refuse what goes beyond the amounts of the allowance."""
    if line.kind == "award":
        left, wanted = allowance.award_amount - allowance.sold, line.amount
    else:
        if not 0 < line.points <= line.amount:
            raise LineMalformed(reason=f"{line.points} points of a bill of {line.amount}")
        taken = allowance.of_member.get(member, 0)
        left = min(allowance.spend_points - allowance.spent, allowance.member_points - taken)
        wanted = line.points
    if wanted > left:
        raise AllowanceExceeded(allowance=allowance.id, left=left, wanted=wanted)


def _who(
    conn: Connection, allowance: _Allowance, line: Line, at: datetime, secrets: Secrets
) -> Identified:
    """Give the member of a line; a code must be of the line's own minute or one beside it."""
    if line.member_kind != "code":
        identity = Identity(kind=line.member_kind, value=line.member)
        return Identified(identities.find(conn, identity, secret=secrets.identity))
    place = Place(allowance.organisation, str(allowance.outlet), allowance.terminal)
    step = payment_code.step_at(line.at)
    told = identify.by_code(conn, line.member, place, at, step, key=secrets.access)
    if isinstance(told, Refusal):
        raise told
    if told.code is not None and abs(told.code.step - step) > limits.CODE_SKEW:
        raise identify.PaymentCodeUnknown
    return told


def _write(
    conn: Connection,
    allowance: _Allowance,
    line: Line,
    hashed: str,
    found: Identified | None,
    refusal: Refusal | None,
    at: datetime,
) -> None:
    values = {
        "allowance": line.allowance,
        "counter": line.counter,
        "prev": bytes.fromhex(line.prev),
        "hash": bytes.fromhex(hashed),
        "kind": line.kind,
        "member": None if found is None else found.member,
        "amount": line.amount,
        "points": line.points,
        "line_at": line.at,
        "at": at,
        "state": "accepted" if refusal is None else "refused",
        "refusal": None if refusal is None else refusal.code,
    }
    conn.execute(Q.insert_line, values)
    why = None if refusal is None else refusal.code
    member = None if found is None else found.member
    allowance.known[line.counter] = _Known(hashed, line.prev, member, why)
    if refusal is None and found is not None:
        if line.kind == "award":
            allowance.sold += line.amount
        else:
            allowance.spent += line.points
            taken = allowance.of_member.get(found.member, 0)
            allowance.of_member[found.member] = taken + line.points


def _operation(allowance: _Allowance, line: Line, found: Identified, hashed: str) -> Advice | Award:
    common: dict[str, Any] = {
        "key": key_of(line),
        "scope": allowance.organisation,
        "asked": Asked(mark=bytes.fromhex(hashed)[:16], request_id=""),
        "effective_at": line.at,
        "channel": "offline",
        "reference": line.reference or None,
        "terminal": allowance.terminal,
        "member": found.member,
        "outlet": allowance.outlet,
    }
    if line.kind == "award":
        return Award(**common, amount=line.amount)
    points, cash = line.points, line.amount - line.points
    return Advice(**common, points=points, cash=cash, code=found.code)


def _note_gaps(conn: Connection, allowance: _Allowance, at: datetime) -> None:
    """Raise an item for lines that are missing below the last one, and close it when they came."""
    values = {"allowance": allowance.id, "most": _SHOWN}
    missing = [counter for (counter,) in conn.execute(Q.missing_lines, values)]
    subject = str(allowance.id)
    if missing:
        facts = {"allowance": allowance.id, "terminal": allowance.terminal, "missing": missing}
        item = exceptions.NewItem(
            kind=GAP, organisation_id=allowance.organisation, subject=subject, facts=facts
        )
        exceptions.raise_items(conn, [item], at)
    else:
        exceptions.close_subjects(
            conn, GAP, [subject], by="till", how="complete", reason="the lines have come", at=at
        )
