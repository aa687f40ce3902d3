"""One chunk of receipts: resolved, decided, posted, counted and remembered in one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import BinaryIO, NamedTuple

from msgspec import Struct

from tongbao.intake import checkpoint, rejects, tally
from tongbao.intake.checkpoint import Checkpoint, Q
from tongbao.intake.entry import Entry, Fault
from tongbao.intake.intents import Intent, Sale, intents_of
from tongbao.intake.mapping import Mapping
from tongbao.intake.receipts import Receipt
from tongbao.intake.rejects import Reject, reject
from tongbao.intake.resolve import Names, find_members
from tongbao.intake.returns import Earlier, match
from tongbao.intake.rounds import plan_rounds
from tongbao.intake.tally import Tally
from tongbao.kernel import arrays
from tongbao.kernel.db import Connection
from tongbao.points.check import Rules
from tongbao.points.detail import decode
from tongbao.points.operations import Award, Operation, Purchase
from tongbao.points.outcome import Outcome, replay
from tongbao.points.post import post


class Job(Struct, frozen=True, kw_only=True):
    """What stays the same for all chunks of a file. ``spend`` and amounts are fen."""

    mapping: Mapping
    spend: int
    issuer: int | None
    secret: str
    rules: Rules
    batch: int
    rejects: BinaryIO
    clock: Callable[[], datetime]


class _Asked(NamedTuple):
    """Whom an operation is for, and the entries that asked for it."""

    intent: Intent
    entries: list[Entry]


class _Known(Struct):
    """What earlier imports made of the chunk's keys: kinds of operations, what they follow."""

    kinds: dict[tuple[int, str], str]
    returned: dict[tuple[int, str], Earlier]


def import_chunk(
    conn: Connection, job: Job, names: Names, receipts: Sequence[Receipt], to: Checkpoint
) -> None:
    """Import receipts and move the checkpoint ``to`` where the next chunk begins.

    Needs an open transaction. Raises what ``post`` raises when it must be tried again as a whole.
    """
    at = job.clock()
    count = Tally()
    rows = sum(receipt.entries for receipt in receipts)
    count.add("rows", count=rows)
    enrolled = find_members(conn, names, receipts, job.mapping, at, secret=job.secret)
    if enrolled:
        count.add("enrolled", count=enrolled)
    intents, rejected = intents_of(receipts, names, lines=job.mapping.lines)
    rejected += _post_intents(conn, job, intents, count, at)
    for one in rejected:
        count.add("rejected", code=one.code)
    to.rejects = rejects.write(job.rejects, to.rejects, rejected)
    tally.write(conn, to.file, count)
    checkpoint.advance(conn, to, at)


def reject_chunk(
    conn: Connection, job: Job, receipts: Sequence[Receipt], fault: Fault, to: Checkpoint
) -> None:
    """Reject receipts as a whole and move the checkpoint past them."""
    count = Tally()
    rejected = []
    for receipt in receipts:
        rejected += [reject(entry, fault) for entry in (*receipt.sold, *receipt.returned)]
        rejected += [reject(entry, own) for entry, own in receipt.rejected]
    count.add("rows", count=len(rejected))
    for one in rejected:
        count.add("rejected", code=one.code)
    to.rejects = rejects.write(job.rejects, to.rejects, rejected)
    tally.write(conn, to.file, count)
    checkpoint.advance(conn, to, job.clock())


def _post_intents(
    conn: Connection, job: Job, intents: Sequence[Intent], count: Tally, at: datetime
) -> list[Reject]:
    """Post intents round by round; give the rows that were refused."""
    spends = job.spend > 0
    known = _find_known(conn, intents, spends=spends)
    wallets = _read_wallets(conn, intents) if spends else {}
    rejected: list[Reject] = []
    for together in plan_rounds(intents, spends=spends):
        refunds = match(conn, together, known.returned)
        operations: list[Operation] = []
        asked: list[_Asked] = []
        for intent in together:
            if intent.sale is not None:
                operations.append(_sale(job, intent, intent.sale, known, wallets))
                asked.append(_Asked(intent, intent.sale.entries))
            for back in intent.returns:
                refund = refunds[back.key]
                if isinstance(refund, Fault):
                    rejected.append(reject(back.entry, refund))
                else:
                    operations.append(refund)
                    asked.append(_Asked(intent, [back.entry]))
        outcomes = _post(conn, job, operations, at)
        for (intent, entries), outcome in zip(asked, outcomes, strict=True):
            if outcome.refusal is not None:
                fault = Fault(outcome.refusal.code, outcome.refusal.message)
                rejected += [reject(entry, fault) for entry in entries]
                continue
            amount = abs(sum(entry.amount for entry in entries))
            count.take(outcome, intent.outlet.organisation_id, amount)
            if spends and outcome.balances is not None and not outcome.replayed:
                wallets[intent.member] = outcome.balances.available
    return rejected


def _post(
    conn: Connection, job: Job, operations: Sequence[Operation], at: datetime
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for start in range(0, len(operations), job.batch):
        outcomes += post(conn, operations[start : start + job.batch], at, job.rules)
    return outcomes


def _sale(
    job: Job, intent: Intent, sale: Sale, known: _Known, wallets: dict[int, int]
) -> Award | Purchase:
    """Give the operation of a sale: an award, or a purchase when points are to be spent.

    A sale that was imported before is asked for as it was then, whatever the wallet has now.
    """
    scope, first = intent.outlet.organisation_id, sale.entries[0]
    points, up_to = sale.wanted, sale.up_to
    if not points and job.spend and sale.amount:
        before = known.kinds.get((scope, sale.key))
        enough = wallets.get(intent.member, 0) >= job.spend
        if before == "purchase" or (before is None and enough):
            points, up_to = min(job.spend, sale.amount), True
    if points:
        return Purchase(
            key=sale.key, scope=scope, effective_at=first.at, reference=first.receipt,
            member=intent.member, outlet=intent.outlet.id, amount=sale.amount,
            points=points, up_to=up_to, lines=sale.lines,
        )  # fmt: skip
    return Award(
        key=sale.key, scope=scope, effective_at=first.at, reference=first.receipt,
        member=intent.member, outlet=intent.outlet.id, amount=sale.amount, lines=sale.lines,
    )  # fmt: skip


def _find_known(conn: Connection, intents: Sequence[Intent], *, spends: bool) -> _Known:
    """Look up the keys whose operation depends on what the ledger holds."""
    known = _Known({}, {})
    keys: list[tuple[int, str]] = []
    for intent in intents:
        scope = intent.outlet.organisation_id
        if spends and intent.sale is not None:
            keys.append((scope, intent.sale.key))
        keys += [(scope, back.key) for back in intent.returns]
    if not keys:
        return known
    values = {
        "scopes": arrays.ints(scope for scope, _ in keys),
        "keys": arrays.texts(key for _, key in keys),
    }
    for scope, key, answer, original, data in conn.execute(Q.known_keys, values):
        known.kinds[scope, key] = replay(answer).kind
        if original is not None:
            known.returned[scope, key] = Earlier(original, decode(data).lines[0][0])
    return known


def _read_wallets(conn: Connection, intents: Sequence[Intent]) -> dict[int, int]:
    members = arrays.ints({intent.member for intent in intents})
    return dict(conn.execute(Q.wallets, {"members": members}).fetchall())
