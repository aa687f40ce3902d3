"""Gather: lock in one order, then read everything the plans of a batch may ask for.

One round trip for the locks and the reads: each statement sees what the locks before it protect.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field
from psycopg import Connection, Cursor

from tongbao.kernel import arrays, sql
from tongbao.ledger import lock
from tongbao.ledger.journal import KeyTaken
from tongbao.ledger.movements import M
from tongbao.ledger.types import Hold, Lot, Transfer
from tongbao.points import detail, dormant, refusals
from tongbao.points import directory as known
from tongbao.points.alerts import is_watched
from tongbao.points.books import Books, Member, Proposal, Quote, QuotedTerms
from tongbao.points.check import Rules
from tongbao.points.guard import Guard
from tongbao.points.guard import gather as gather_guard
from tongbao.points.operations import Operation, fingerprint
from tongbao.points.original import Original
from tongbao.points.room import is_large
from tongbao.points.wanted import Wanted, survey

Q = sql.load(__package__)

_read_terms = msgspec.json.Decoder(QuotedTerms).decode


class Known(Struct, frozen=True):
    """What a key was used for before: the operation, the request's fingerprint, the answer."""

    operation: int
    fingerprint: bytes
    answer: bytes


class Gathered(Struct):
    """The books of a batch, its operations' fingerprints, and the keys that were used before.

    ``guard`` is what the operations are held against beside the books; none: nothing.
    """

    books: Books
    marks: list[bytes]
    guard: Guard | None
    known: dict[tuple[int, str], Known] = field(default_factory=dict)


def gather(
    conn: Connection[Any],
    batch: Sequence[Operation],
    at: datetime,
    rules: Rules,
    *,
    locking: bool = True,
) -> Gathered:
    """Lock and read all that ``batch`` needs, inside the caller's transaction.

    Without ``locking`` the books are good for looking only: nothing may be recorded from them.
    """
    directory = known.of(conn)
    wanted = survey(conn, directory, batch)
    members = arrays.ints(wanted.members)
    keys = {
        "scopes": arrays.ints([op.scope for op in batch]),
        "keys": arrays.joined([op.key for op in batch]),
    }
    with conn.pipeline():
        lock.fence(conn)  # also to look only: what the directory keeps must be of its version
        locked: Iterable[Any] = ((owner,) for owner in sorted(wanted.organisations))
        if locking:
            lock.members(conn, wanted.members)
            locked = lock.organisations(conn, wanted.organisations, wanted.spenders, wanted.members)
        start = conn.execute(Q.start)
        once = conn.execute(Q.once, keys)
        people = conn.execute(Q.members, {"members": members})
        accounts = conn.execute(Q.accounts, {"owners": members})
        lots = _ask(conn, Q.open_lots, "owners", wanted.spenders)
        holds = _ask(conn, Q.holds, "owners", wanted.mergers)
        earlier = _ask_earlier(conn, wanted) if wanted.named else None
        proposals = _ask(conn, Q.proposals, "proposals", wanted.proposals)
        quotes = _ask(conn, Q.quotes, "quotes", wanted.quotes, members=members)
        marks = [fingerprint(op) for op in batch]  # while PostgreSQL locks and reads
    books, version = _begin(start, at)
    books.keyed = dict(wanted.keyed)
    _read_members(books, people, accounts)
    for row in _rows(lots):
        books.add_lot(_lot(row))
    for row in _rows(holds):
        _read_hold(books, row)
    if earlier is not None:
        _read_earlier(books, wanted, earlier)
    for row in _rows(proposals):
        books.proposals[row[0]] = Proposal(*row)
    for row in _rows(quotes):
        books.quotes[row[0]] = _quote(row)
    directory.renew(version)
    books.large = is_large(batch, books)
    _read_rest(conn, books, directory, wanted, {owner for (owner,) in locked})
    if rules.dormant is not None:
        dormant.read(conn, books, batch, rules.dormant)
    zone = ZoneInfo(rules.zone)
    guard = gather_guard(conn, books, directory, batch, zone) if locking else None
    return Gathered(
        books, marks, guard, {(row[0], row[1]): Known(*row[2:]) for row in once.fetchall()}
    )


def _ask(
    conn: Connection[Any], query: bytes, name: str, ids: Collection[int], **more: str
) -> Cursor[Any] | None:
    """Ask for what has these ids, if there are any."""
    return conn.execute(query, {name: arrays.ints(ids), **more}) if ids else None


def _rows(found: Cursor[Any] | None) -> list[Any]:
    """Give all rows at once: one by one costs as much again as to make them."""
    return [] if found is None else found.fetchall()


def _begin(start: Cursor[Any], at: datetime) -> tuple[Books, int]:
    """Give empty books and the version of the alliance."""
    row = start.fetchone()
    assert row is not None
    batch_id, window, operator, version = row
    if window is None:
        raise refusals.NoOpenWindow
    return Books(batch_id, at, window, operator), version


def _read_members(books: Books, people: Cursor[Any], accounts: Cursor[Any]) -> None:
    balances: dict[int, dict[str, int]] = {}
    for owner, kind, balance in accounts.fetchall():
        of = balances.get(owner)
        if of is None:
            balances[owner] = {kind: balance}
        else:
            of[kind] = balance
    for member_id, status, locked, merged_into, own_limit in people.fetchall():
        if own_limit is not None:
            books.own_limits[member_id] = own_limit
        books.members[member_id] = Member(member_id, status, locked, merged_into)
        books.add_member(member_id, balances.get(member_id, {}))


def _read_rest(
    conn: Connection[Any],
    books: Books,
    directory: known.Directory,
    wanted: Wanted,
    locked: set[int],
) -> None:
    """Read debts, the alliance as far as it is not known, and bounded organisations' balances.

    When large amounts may move: the balances of all organisations, and the claims so far.
    """
    in_debt = [i for i in books.members if books.accounts[i]["owing"]]
    if in_debt:
        rows = conn.execute(Q.owing, {"owners": arrays.ints(in_debt)})
        for owner, organisation, amount in rows:
            books.owing.setdefault(owner, {})[organisation] = amount
    ids = {lot.issuer for lot in books.lot_by_id.values()} | wanted.organisations | locked
    for debts in books.owing.values():
        ids.update(debts)
    directory.read_outlets(conn, wanted.outlets)
    directory.read_organisations(conn, ids)
    books.outlets = directory.outlets
    books.organisations = directory.organisations
    books.locked |= locked
    everybody = books.organisations
    counted = {i for i in locked if i in wanted.organisations or is_watched(everybody[i])}
    if books.large:
        counted = ids | {books.operator}
        issuers = {"issuers": arrays.ints(ids), "window": books.window}
        for issuer, redeemer, gross in conn.execute(Q.claims, issuers).fetchall():
            books.gross[issuer, redeemer] = gross
    if counted:
        rows = conn.execute(Q.accounts, {"owners": arrays.ints(counted)})
        for owner, kind, balance in rows.fetchall():
            books.accounts.setdefault(owner, {})[kind] = balance


def _lot(row: Sequence[Any]) -> Lot:
    return Lot(
        owner=row[0],
        id=row[1],
        issuer=row[2],
        kind=row[3],
        available=row[4],
        held=row[5],
        pending=row[6],
        reserve=row[7],
        earned_at=row[8],
        expires_at=row[9],
        release_at=row[10],
        scope=row[11],
    )


def _quote(row: Sequence[Any]) -> Quote:
    return Quote(
        id=row[0],
        member=row[1],
        outlet=row[2],
        amount=row[3],
        points=row[4],
        terms=_read_terms(row[5]),
        expires_at=row[6],
        used_by=row[7],
    )


def _read_hold(books: Books, row: Sequence[Any]) -> None:
    owner, hold_id, organisation, outlet, amount, lots, slices, expires_at = row
    books.holds[hold_id] = Hold(
        owner=owner,
        id=hold_id,
        organisation=organisation,
        outlet=outlet,
        amount=amount,
        expires_at=expires_at,
        slices=dict(zip(lots, slices, strict=True)),
    )


class _Earlier(Struct):
    """Cursors over what is known of the earlier operations a batch names."""

    operations: Cursor[Any]
    followers: Cursor[Any]
    transfers: Cursor[Any]
    lots: Cursor[Any]
    holds: Cursor[Any]
    moved: Cursor[Any]
    captures: Cursor[Any] | None


def _ask_earlier(conn: Connection[Any], wanted: Wanted) -> _Earlier:
    named = list(wanted.named.values())
    operations = arrays.ints([n.id for n in named])
    owners = arrays.ints([n.owner for n in named])
    everybody = arrays.ints({member for n in named for member in n.everybody})
    advised = {"holders": everybody, "holds": arrays.ints(wanted.advised)}
    pairs = {"owners": owners, "operations": operations}
    return _Earlier(
        operations=conn.execute(Q.originals, pairs),
        followers=conn.execute(Q.followers, {"holders": everybody, "operations": operations}),
        transfers=conn.execute(Q.transfers, pairs | {"holders": everybody}),
        lots=conn.execute(Q.lots_by_id, pairs),
        holds=conn.execute(Q.holds_by_id, {"owners": everybody, "holds": operations}),
        moved=conn.execute(Q.moved_lots, {"members": everybody}),
        captures=conn.execute(Q.captures, advised) if wanted.advised else None,
    )


def _read_earlier(books: Books, wanted: Wanted, earlier: _Earlier) -> None:
    if any(
        member in books.members and books.members[member].merged_into
        for n in wanted.named.values()
        for member in n.living
    ):
        raise KeyTaken  # merged since the survey: the locks are not the right ones
    transfers: dict[int, list[Transfer]] = {}
    for operation, movement, *rest in earlier.transfers:
        transfers.setdefault(operation, []).append(Transfer(M(movement), *rest))
    for row in earlier.lots:
        if row[1] not in books.lot_by_id:
            books.add_lot(_lot(row))
    books.moved = dict(iter(earlier.moved))
    for capture, hold in earlier.captures or ():
        books.add_capture(capture, hold)
    for row in earlier.holds:
        known = books.holds.get(row[1])
        if known is None or not known.slices:
            _read_hold(books, row)
    for (
        op_id,
        kind,
        owner,
        organisation,
        outlet,
        points,
        cash,
        effective_at,
        data,
    ) in earlier.operations:
        original = Original(
            id=op_id,
            kind=kind,
            owner=owner,
            holder=wanted.named[op_id].holder,
            organisation=organisation,
            outlet=outlet,
            points=points,
            cash=cash,
            effective_at=effective_at,
            detail=detail.decode(data),
        )
        original.take_up(transfers.get(op_id, ()))
        books.originals[op_id] = original
    for original_id, follower, kind, data in earlier.followers:
        books.originals[original_id].take_off(
            kind, detail.decode(data), transfers.get(follower, ())
        )
