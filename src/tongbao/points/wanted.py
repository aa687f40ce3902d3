"""What a batch of operations will need: whom to lock, what to read.

Computed from the operations and from what they name, before anything is locked.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct, field
from psycopg import Connection

from tongbao.kernel import arrays, sql
from tongbao.points import operations as ops
from tongbao.points.directory import Directory

Q = sql.load(__package__)

_WITH_OUTLET = ops.Award | ops.Purchase | ops.Hold | ops.Advice
_OF_CALLER = ops.Gift | ops.Reversal | ops.ExpireLots


class Named(Struct, frozen=True):
    """An operation that others of the batch refer to, and whose accounts it concerns.

    ``life``: its owner, and the memberships that one has lived on as, the holder now last.
    ``receivers``: the same of whom a gift was given to; none of other operations.
    """

    id: int
    owner: int
    life: list[int]
    organisation: int | None
    outlet: int | None
    receivers: list[int] | None

    @property
    def holder(self) -> int:
        """The membership that it concerns now."""
        return self.life[-1]

    @property
    def everybody(self) -> list[int]:
        """All memberships that it concerned, one after the other."""
        return [*self.life, *(self.receivers or ())]

    @property
    def living(self) -> list[int]:
        """Those of them that nobody had merged when it was surveyed."""
        return [members[-1] for members in (self.life, self.receivers) if members]


class Wanted(Struct, kw_only=True):
    """Members to lock and read, those whose lots are needed, organisations, earlier operations."""

    members: set[int] = field(default_factory=set)
    spenders: set[int] = field(default_factory=set)
    organisations: set[int] = field(default_factory=set)
    outlets: set[int] = field(default_factory=set)
    mergers: set[int] = field(default_factory=set)
    advised: set[int] = field(default_factory=set)
    named: dict[int, Named] = field(default_factory=dict)
    reversed_keys: set[tuple[int, str]] = field(default_factory=set)
    keyed: dict[tuple[int, str], int] = field(default_factory=dict)
    proposals: set[int] = field(default_factory=set)
    quotes: set[int] = field(default_factory=set)

    def spender(self, *members: int) -> None:
        """Want the lots of these members, and so everything about them."""
        self.members.update(members)
        self.spenders.update(members)


def reference_of(op: ops.Operation) -> int | None:
    """Give the id of the earlier operation that ``op`` names, if it names one by id."""
    match op:
        case ops.Capture() | ops.Void() | ops.ExpireHold() | ops.Advice():
            return op.hold
        case ops.Refund():
            return op.original
        case ops.ReleasePending() | ops.CancelPending():
            return op.award
        case _:
            return None


def survey(conn: Connection[Any], directory: Directory, batch: Sequence[ops.Operation]) -> Wanted:
    """Read what the operations name (outlets, earlier operations, proposals) and say what to lock.

    All that is read here never changes once it is written, so no lock is needed yet.
    """
    wanted = Wanted()
    _resolve_keys(conn, wanted, [op for op in batch if isinstance(op, ops.Reversal)])
    _resolve_names(conn, wanted, batch)
    _want_proposals(conn, wanted, batch)
    outlets = {op.outlet for op in batch if isinstance(op, _WITH_OUTLET)}
    outlets.update(named.outlet for named in wanted.named.values() if named.outlet is not None)
    directory.read_outlets(conn, outlets)
    known = directory.outlets
    wanted.outlets = outlets
    wanted.organisations.update(known[i].organisation for i in outlets if i in known)
    _want_members(wanted, batch)
    return wanted


def _resolve_names(conn: Connection[Any], wanted: Wanted, batch: Sequence[ops.Operation]) -> None:
    names = {name for op in batch if (name := reference_of(op)) is not None}
    names.update(operation for operation in wanted.keyed.values() if operation)
    if not names:
        return
    with conn.pipeline():
        owners = conn.execute(Q.owners_of_operations, {"operations": arrays.ints(names)})
        parties = conn.execute(Q.parties, {"operations": arrays.ints(names)})
    askers = _askers(batch)
    keyed = set(wanted.keyed.values())
    for *row, operator in owners:
        named = Named(*row)
        if named.id not in keyed and not askers[named.id] & {named.organisation, operator}:
            continue  # it is refused like what is not there, and neither locked nor read
        wanted.named[named.id] = named
        if named.organisation is not None:
            wanted.organisations.add(named.organisation)
    wanted.organisations.update(owner for operation, owner in parties if operation in wanted.named)


def _askers(batch: Iterable[ops.Operation]) -> dict[int, set[int]]:
    """Give by whom each operation is named by its id."""
    askers = defaultdict[int, set[int]](set)
    for op in batch:
        name = reference_of(op)
        if name is not None:
            askers[name].add(op.scope)
    return askers


def _resolve_keys(conn: Connection[Any], wanted: Wanted, reversals: Sequence[ops.Reversal]) -> None:
    keys = list(dict.fromkeys((op.scope, op.original_key) for op in reversals))
    wanted.reversed_keys.update(keys)
    if not keys:
        return
    rows = conn.execute(
        Q.operations_of_keys,
        {
            "scopes": arrays.ints([scope for scope, _ in keys]),
            "keys": arrays.joined([key for _, key in keys]),
        },
    )
    wanted.keyed = {(scope, key): operation for scope, key, operation in rows}


def _want_proposals(conn: Connection[Any], wanted: Wanted, batch: Iterable[ops.Operation]) -> None:
    wanted.proposals = {op.proposal for op in batch if isinstance(op, ops.DecideAdjustment)}
    if wanted.proposals:
        for row in conn.execute(Q.proposals, {"proposals": arrays.ints(wanted.proposals)}):
            wanted.spender(row[1])
            wanted.organisations.add(row[2])
    for op in batch:
        if isinstance(op, ops.ProposeAdjustment):
            wanted.organisations.add(op.organisation)


def _want_members(wanted: Wanted, batch: Iterable[ops.Operation]) -> None:
    for op in batch:
        if isinstance(op, _OF_CALLER):
            wanted.organisations.add(op.scope)
        if isinstance(op, ops.Purchase) and op.quote is not None:
            wanted.quotes.add(op.quote)
        if isinstance(op, ops.Merge):
            wanted.mergers.add(op.member)
        if isinstance(op, ops.Advice) and op.hold is not None:
            wanted.advised.add(op.hold)
        people = _people(op)
        wanted.members.update(people)
        only_earns = isinstance(op, ops.Award) or (isinstance(op, ops.Purchase) and not op.points)
        if not only_earns or (op.scope, op.key) in wanted.reversed_keys:
            wanted.spenders.update(people)
    for named in wanted.named.values():
        wanted.spender(*named.everybody)


def _people(op: ops.Operation) -> tuple[int, ...]:
    """Give the members that ``op`` itself names."""
    match op:
        case ops.Award() | ops.Purchase() | ops.Hold() | ops.Advice() | ops.ExpireLots():
            return (op.member,)
        case ops.ProposeAdjustment():
            return (op.member,)
        case ops.Gift():
            return (op.member, op.to)
        case ops.Merge():
            return (op.member, op.into)
        case ops.Close():
            return (op.member,) if op.give_to is None else (op.member, op.give_to)
        case _:
            return ()
