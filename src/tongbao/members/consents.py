"""Consents: what a member lets an organisation do with what it knows, purpose by purpose.

Nothing is allowed that was not given. What was given and taken back is kept: it must be shown
later what was allowed when.
"""

from datetime import datetime
from typing import Final, Literal, get_args

from msgspec import Struct
from psycopg.rows import class_row

from tongbao.kernel import sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import NotFound
from tongbao.members import lock

Q = sql.load(__package__, "consent_queries.sql")

Purpose = Literal["marketing", "profiling", "sharing", "location"]
"""Being written to; being analysed; being passed on; being found nearby."""

PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)

Means = Literal["member", "organisation", "import"]
"""Who recorded it: the member, an organisation on the member's behalf, or a file."""

ALLIANCE: Final = 0
"""Instead of an organisation: the alliance itself."""


class ConsentPlaceUnknown(NotFound):
    code = "consent-organisation-not-found"
    text = "there is no organisation {organisation} to consent to"


class Consent(Struct, frozen=True, kw_only=True):
    """What was said last of a purpose; ``organisation_id`` 0 is the alliance itself."""

    organisation_id: int
    purpose: Purpose
    given: bool
    by: Means
    at: datetime


def record(
    conn: Connection,
    member_id: int,
    organisation_id: int,
    purpose: Purpose,
    *,
    given: bool,
    by: Means,
    at: datetime,
) -> Consent:
    """Record that a consent was given or taken back; what is so already is not recorded again.

    Refuses ``choice-malformed``, ``consent-organisation-not-found`` and what ``lock.living``
    refuses.
    """
    texts.choice("purpose", purpose, PURPOSES)
    texts.choice("by", by, get_args(Means))
    lock.living(conn, member_id)  # one after the other
    for known in current(conn, member_id):
        if (known.organisation_id, known.purpose) == (organisation_id, purpose):
            if known.given == given:
                return known
            break
    values = {
        "member": member_id,
        "organisation": organisation_id,
        "purpose": purpose,
        "given": given,
        "by": by,
        "at": at,
    }
    if conn.execute(Q.insert_consent, values).rowcount != 1:
        raise ConsentPlaceUnknown(organisation=organisation_id)
    return Consent(organisation_id=organisation_id, purpose=purpose, given=given, by=by, at=at)


def current(conn: Connection, member_id: int) -> list[Consent]:
    """Give what a member has said last, organisation by organisation and purpose by purpose."""
    with conn.cursor(row_factory=class_row(Consent)) as cursor:
        return cursor.execute(Q.current_consents, {"member": member_id}).fetchall()


def history(conn: Connection, member_id: int) -> list[Consent]:
    """Give all that a member has ever said, oldest first."""
    with conn.cursor(row_factory=class_row(Consent)) as cursor:
        return cursor.execute(Q.consent_history, {"member": member_id}).fetchall()


def allows(conn: Connection, member_id: int, organisation_id: int, purpose: Purpose) -> bool:
    """Say whether a member allows an organisation ``purpose`` now; silence is no."""
    return any(
        known.given
        for known in current(conn, member_id)
        if (known.organisation_id, known.purpose) == (organisation_id, purpose)
    )
