"""Tell members, lots, operations and quotes as they travel: our structs become the wire's."""

from collections.abc import Set as AbstractSet
from typing import Final

import msgspec
from msgspec import Raw

from tongbao.access import masking
from tongbao.access.keys import Caller
from tongbao.api import wire_members as out
from tongbao.api.operations import balances
from tongbao.api.wire import Money, Points, PointsChange
from tongbao.kernel.db import Connection
from tongbao.members import identities
from tongbao.members.types import Member, ShownIdentity
from tongbao.points import explain, statements
from tongbao.points.history import Listed
from tongbao.points.operations import Scope
from tongbao.points.quotes import Part
from tongbao.points.statements import StatedHold, StatedLot

SHOWN: Final = 100
"""Lots and holds that are shown with their member; all of them are on pages of their own."""

_read_scope = msgspec.json.Decoder(Scope).decode


def member(
    conn: Connection, caller: Caller, found: Member, wanted: AbstractSet[str]
) -> out.MemberOut:
    """Tell a member, with what is wanted beside it."""
    who = found.id
    return out.MemberOut(
        id=str(who),
        status=found.status,
        spend_locked=found.spend_locked,
        enrolled_at=found.enrolled_at,
        enrolled_by=_id(found.enrolled_by),
        merged_into=_id(found.merged_into),
        identities=_identities(conn, caller, who) if "identities" in wanted else None,
        balances=balances(statements.balances(conn, who)) if "balances" in wanted else None,
        lots=tuple(lot(one) for one in statements.lots(conn, who, limit=SHOWN))
        if "lots" in wanted
        else None,
        holds=tuple(_hold(one) for one in statements.holds(conn, who, SHOWN))
        if "holds" in wanted
        else None,
    )


def lot(found: StatedLot) -> out.LotOut:
    """Tell a lot."""
    return out.LotOut(
        id=str(found.id),
        issuer=str(found.issuer_id),
        issuer_code=found.code,
        kind=found.kind,  # type: ignore[arg-type]  # one of the three
        available=Points(found.available),
        held=Points(found.held),
        pending=Points(found.pending),
        earned_at=found.earned_at,
        expires_at=found.expires_at,
        release_at=found.release_at,
        scope=_scope(found.scope),
    )


def row(found: Listed) -> out.OperationRow:
    """Tell an operation of a list."""
    return out.OperationRow(
        id=str(found.id),
        kind=found.kind,
        member=str(found.owner_id),
        points=PointsChange(found.points),
        cash=Money(found.cash),
        written_at=found.written_at,
        effective_at=found.effective_at,
        organisation=_id(found.organisation_id),
        outlet=found.outlet,
        original=_id(found.original_id),
        reference=found.reference,
    )


def explained(found: explain.Explanation) -> out.Explained:
    """Tell an operation in full."""
    operation, record, batch = found.operation, found.record, found.batch
    return out.Explained(
        id=str(found.id),
        key=None if record is None else record.key,
        refused=record is not None and record.refused,
        operation=None if operation is None else _explained_row(operation),
        window=None if operation is None else operation.window_id,
        transfers=tuple(map(_transfer, found.transfers)),
        lots=tuple(map(_touched, found.lots)),
        relatives=tuple(map(_relative, found.relatives)),
        journal=None
        if batch is None or operation is None
        else out.JournalOut(
            batch=str(batch.id),
            place=found.place,
            digest=batch.digest,
            position=_id(batch.position),
            seal=batch.seal,
            sealed_at=batch.sealed_at,
        ),
        detail=None if operation is None else Raw(operation.data.encode()),
        answer=None if record is None else Raw(record.answer.encode()),
    )


def part(found: Part) -> out.PartOut:
    """Tell points of one issuer with one scope."""
    return out.PartOut(
        issuer=str(found.issuer),
        points=Points(found.points),
        scope=_scope(found.scope),
        expires_at=found.expires_at,
    )


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)


def _scope(text: str | None) -> out.ScopeOut | None:
    if text is None:
        return None
    scope = _read_scope(text)
    return out.ScopeOut(scope.regions, scope.formats, tuple(map(str, scope.organisations)))


def _identities(conn: Connection, caller: Caller, member_id: int) -> tuple[out.IdentityOut, ...]:
    """Tell what a member is known by; what another organisation calls it is that one's."""
    mine = (0, caller.organisation_id)
    return tuple(
        _identity(one)
        for one in identities.list_of(conn, member_id)
        if caller.operator or one.kind != "external" or one.issuer_id in mine
    )


def _identity(shown: ShownIdentity) -> out.IdentityOut:
    issuer = str(shown.issuer_id) if shown.issuer_id else None
    return out.IdentityOut(shown.kind, shown.hint, masking.end(shown.hint), shown.added_at, issuer)


def _hold(found: StatedHold) -> out.HoldOut:
    return out.HoldOut(
        id=str(found.id),
        organisation_code=found.code,
        amount=Points(found.amount),
        remaining=Points(found.remaining),
        expires_at=found.expires_at,
    )


def _explained_row(operation: explain.Explained) -> out.OperationRow:
    return out.OperationRow(
        id=str(operation.id),
        kind=operation.kind,
        member=str(operation.owner_id),
        points=PointsChange(operation.points),
        cash=Money(operation.cash),
        written_at=operation.written_at,
        effective_at=operation.effective_at,
        organisation=_id(operation.organisation_id),
        outlet=operation.outlet,
        original=_id(operation.original_id),
    )


def _transfer(moved: explain.Moved) -> out.TransferOut:
    return out.TransferOut(
        movement=moved.movement,
        meaning=moved.meaning,
        amount=out.AmountOut(moved.amount, moved.unit),  # type: ignore[arg-type]  # one of the two
        source=out.AccountOut(str(moved.from_owner), moved.from_kind, moved.from_code),
        target=out.AccountOut(str(moved.to_owner), moved.to_kind, moved.to_code),
        from_lot=_id(moved.from_lot),
        to_lot=_id(moved.to_lot),
    )


def _touched(found: explain.TouchedLot) -> out.TouchedLotOut:
    return out.TouchedLotOut(
        id=str(found.id),
        issuer=str(found.issuer_id),
        points=out.AmountOut(found.points, "PTS"),
        remaining=Points(found.remaining),
        earned_at=found.earned_at,
        expires_at=found.expires_at,
    )


def _relative(found: explain.Relative) -> out.RelativeOut:
    return out.RelativeOut(
        id=str(found.id),
        kind=found.kind,
        before=found.before,
        points=PointsChange(found.points),
        cash=Money(found.cash),
    )
