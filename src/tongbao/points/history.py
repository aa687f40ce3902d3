"""History: operations as a list, newest first: of a member, an outlet, a receipt, or all."""

from datetime import UTC, datetime
from typing import Final

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.kernel import limits, sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__, "history_queries.sql")

_END: Final = 2**63 - 1
_LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)


class Listed(Struct, frozen=True, kw_only=True):
    """One operation; ``points`` and ``cash`` are fen, ``reference`` is the caller's own number."""

    id: int
    kind: str
    owner_id: int
    organisation_id: int | None
    outlet: str | None
    original_id: int | None
    points: int
    cash: int
    written_at: datetime
    effective_at: datetime
    reference: str | None


class Wanted(Struct, frozen=True, kw_only=True):
    """Which operations: each of these that is given narrows the list.

    ``since`` and ``until`` (not itself) are business times.
    """

    organisation: int | None = None
    member: int | None = None
    outlet: int | None = None
    reference: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def listed(
    conn: Connection, wanted: Wanted, before: int | None = None, limit: int = limits.PAGE
) -> list[Listed]:
    """Give at most ``limit`` operations, newest first, with ids below ``before``."""
    assert wanted.outlet is None or wanted.organisation is not None, "an outlet has one"
    if wanted.member is not None:
        statement = Q.of_member
    elif wanted.reference is not None:
        statement = Q.of_reference
    elif wanted.organisation is not None:
        statement = Q.of_organisation
    else:
        statement = Q.of_everybody
    given = {
        "organisation": wanted.organisation,
        "member": wanted.member,
        "outlet": wanted.outlet,
        "reference": wanted.reference,
        "since": wanted.since or limits.EARLIEST,
        "until": wanted.until or _LATEST,
        "before": before or _END,
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Listed)) as cursor:
        return cursor.execute(statement, given).fetchall()
