"""Record what a batch has decided: a few statements for the whole batch, in one round trip.

The order of the statements is the order of their locks, and the same for everybody: rows nobody
else can want, then accounts, claims and window sums in key order, then the keys.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from psycopg import Connection, Cursor

from tongbao.events.outbox import Event, announce
from tongbao.kernel import arrays, sql
from tongbao.kernel.clock import micros
from tongbao.ledger.books import Books
from tongbao.ledger.digest import digest
from tongbao.ledger.types import Hold, Lot, Posting, Stamp

Q = sql.load(__package__)


class KeyTaken(Exception):
    """Another transaction has just recorded one of this batch's keys: start again."""


class Answer(Struct, frozen=True, gc=False):
    """One idempotency record: who asked with which key, and the answer as JSON text."""

    scope: int
    key: str
    operation: int
    refused: bool
    fingerprint: bytes
    answer: str


def record(
    conn: Connection[Any],
    books: Books,
    answers: Iterable[Answer],
    events: Iterable[Event] = (),
) -> None:
    """Write the postings of ``books``, events and answers; raise KeyTaken when a key is not ours.

    All in one pipeline; nothing is read. Each statement is sent as soon as it is made, and
    ``answers`` and ``events`` are asked for last, so that they are written out here while
    PostgreSQL works on the rest. The caller's transaction decides whether it lasts.
    """
    changed = None
    with conn.pipeline():
        if books.postings:
            _write_journal(conn, books)
            _write_lots(conn, books)
            _write_holds(conn, books)
            changed = _write_accounts(conn, books)
            _write_sums(conn, books)
        announce(conn, list(events), books.at)
        given = list(answers)
        keys = _write_answers(conn, books.at, given)
    assert changed is None or changed[0].rowcount == changed[1], "an account is missing"
    if keys is not None and keys.rowcount != len(given):
        raise KeyTaken


def _write_answers(
    conn: Connection[Any], at: datetime, answers: Sequence[Answer]
) -> Cursor[Any] | None:
    if not answers:
        return None
    return conn.execute(
        Q.write_once,
        {
            "at": at,
            "scopes": arrays.ints([a.scope for a in answers]),
            "keys": arrays.joined([a.key for a in answers]),
            "operations": arrays.ints([a.operation for a in answers]),
            "refused": arrays.ints([a.refused for a in answers]),
            "fingerprints": arrays.words([a.fingerprint.hex() or '""' for a in answers]),
            "answers": arrays.joined([a.answer for a in answers]),
        },
    )


def _operation_columns(postings: Sequence[tuple[Stamp, Posting]]) -> dict[str, str]:
    rows = [p for _, p in postings]
    return {
        "owner_id": arrays.ints([p.owner for p in rows]),
        "id": arrays.ints([s.id for s, _ in postings]),
        "kind": arrays.words([p.kind for p in rows]),
        "organisation_id": arrays.ints_or_null([p.organisation for p in rows]),
        "outlet_id": arrays.ints_or_null([p.outlet for p in rows]),
        "original_id": arrays.ints_or_null([p.original for p in rows]),
        "window_id": arrays.ints([s.window for s, _ in postings]),
        "points": arrays.ints([p.points for p in rows]),
        "cash": arrays.ints([p.cash for p in rows]),
        "effective": arrays.ints([micros(s.effective_at) for s, _ in postings]),
        "data": arrays.joined([p.data for p in rows]),
    }


def _transfer_columns(postings: Sequence[tuple[Stamp, Posting]]) -> dict[str, str]:
    timed = [(stamp.id, micros(stamp.effective_at), posting) for stamp, posting in postings]
    rows = [(p.owner, i, n, t, when) for i, when, p in timed for n, t in enumerate(p.transfers)]
    moves = [t for _, _, _, t, _ in rows]
    return {
        "owner_id": arrays.ints([r[0] for r in rows]),
        "operation_id": arrays.ints([r[1] for r in rows]),
        "n": arrays.ints([r[2] for r in rows]),
        "movement": arrays.ints([int(t.movement) for t in moves]),
        "from_owner": arrays.ints([t.from_owner for t in moves]),
        "to_owner": arrays.ints([t.to_owner for t in moves]),
        "amount": arrays.ints([t.amount for t in moves]),
        "from_lot": arrays.ints_or_null([t.from_lot for t in moves]),
        "to_lot": arrays.ints_or_null([t.to_lot for t in moves]),
        "effective": arrays.ints([r[4] for r in rows]),
    }


def _write_journal(conn: Connection[Any], books: Books) -> None:
    operations = _operation_columns(books.postings)
    transfers = _transfer_columns(books.postings)
    count = sum(len(p.transfers) for _, p in books.postings)
    conn.execute(Q.write_operations, {"at": books.at, **operations})
    if count:
        conn.execute(Q.write_transfers, {"at": books.at, "window": books.window, **transfers})
    del transfers["effective"]
    sealed = digest(books.batch_id, books.at, [*operations.values()], [*transfers.values()])
    batch = {"id": books.batch_id, "at": books.at, "operations": len(books.postings)}
    conn.execute(Q.write_batch, {**batch, "transfers": count, "digest": sealed})


def _write_lots(conn: Connection[Any], books: Books) -> None:
    new: list[Lot] = list(books.new_lots.values())
    if new:
        conn.execute(
            Q.write_lots,
            {
                "at": books.at,
                **_lot_amounts(new),
                "issuer_id": arrays.ints([lot.issuer for lot in new]),
                "kind": arrays.words([lot.kind for lot in new]),
                "earned_at": arrays.times([lot.earned_at for lot in new]),
                "expires_at": arrays.times([lot.expires_at for lot in new]),
                "release_at": arrays.times([lot.release_at for lot in new]),
                "scope": arrays.texts([lot.scope for lot in new]),
            },
        )
    if books.changed_lots:
        conn.execute(Q.change_lots, _lot_amounts(list(books.changed_lots.values())))


def _lot_amounts(lots: Sequence[Lot]) -> dict[str, str]:
    return {
        "owner_id": arrays.ints([lot.owner for lot in lots]),
        "id": arrays.ints([lot.id for lot in lots]),
        "available": arrays.ints([lot.available for lot in lots]),
        "held": arrays.ints([lot.held for lot in lots]),
        "pending": arrays.ints([lot.pending for lot in lots]),
        "reserve": arrays.ints([lot.reserve for lot in lots]),
    }


def _write_holds(conn: Connection[Any], books: Books) -> None:
    holds: list[Hold] = [*books.closed_holds.values(), *books.changed_holds.values()]
    if holds:
        conn.execute(
            Q.write_holds,
            {
                "at": books.at,
                "owner_id": arrays.ints([h.owner for h in holds]),
                "id": arrays.ints([h.id for h in holds]),
                "organisation_id": arrays.ints([h.organisation for h in holds]),
                "outlet_id": arrays.ints([h.outlet for h in holds]),
                "amount": arrays.ints([h.amount for h in holds]),
                "remaining": arrays.ints([h.remaining for h in holds]),
                "lots": arrays.texts([arrays.ints(h.slices) for h in holds]),
                "slices": arrays.texts([arrays.ints(h.slices.values()) for h in holds]),
                "expires_at": arrays.times([h.expires_at for h in holds]),
            },
        )
    if books.changed_owing:
        pairs = books.changed_owing
        conn.execute(
            Q.write_owing,
            {
                "owners": arrays.ints([owner for owner, _ in pairs]),
                "organisations": arrays.ints([organisation for _, organisation in pairs]),
                "amounts": arrays.ints(pairs.values()),
            },
        )


def _write_accounts(conn: Connection[Any], books: Books) -> tuple[Cursor[Any], int] | None:
    """Change what exists and open what does not; only members' accounts may be missing.

    Gives the cursor of the change and how many rows it must have changed.
    """
    change, missing = [], []
    for key, delta in books.deltas.items():
        if key in books.missing:
            missing.append((*key, delta))
        elif delta:
            change.append((*key, delta))
    unlocked = [row for row in change if row[0] not in books.locked]
    if missing:
        conn.execute(
            Q.open_accounts,
            {
                "owners": arrays.ints([m[0] for m in missing]),
                "kinds": arrays.words([m[1] for m in missing]),
                "balances": arrays.ints([m[2] for m in missing]),
            },
        )
    if unlocked:
        conn.execute(Q.lock_written_accounts, _keys_of(unlocked))
    if not change:
        return None
    deltas = arrays.ints([row[2] for row in change])
    return conn.execute(Q.change_accounts, {**_keys_of(change), "deltas": deltas}), len(change)


def _keys_of(rows: Sequence[tuple[int, str, int]]) -> dict[str, str]:
    return {
        "owners": arrays.ints([row[0] for row in rows]),
        "kinds": arrays.words([row[1] for row in rows]),
    }


def _write_sums(conn: Connection[Any], books: Books) -> None:
    if books.claims:
        pairs, sums = list(books.claims), list(books.claims.values())
        conn.execute(
            Q.add_claims,
            {
                "window": books.window,
                "issuers": arrays.ints([issuer for issuer, _ in pairs]),
                "redeemers": arrays.ints([redeemer for _, redeemer in pairs]),
                "claimed": arrays.ints([s.claimed for s in sums]),
                "countered": arrays.ints([s.countered for s in sums]),
                "claims": arrays.ints([s.claims for s in sums]),
                "counterclaims": arrays.ints([s.counterclaims for s in sums]),
            },
        )
    if books.window_net:
        net = books.window_net
        conn.execute(
            Q.add_window_movements,
            {
                "window": books.window,
                "organisations": arrays.ints([organisation for organisation, _ in net]),
                "kinds": arrays.words([kind for _, kind in net]),
                "nets": arrays.ints(net.values()),
            },
        )
