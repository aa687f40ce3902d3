"""Single sign-on of staff: who was linked to a provider, and sign-ins that are under way there.

Nobody is let in, or made, who was not linked beforehand: an address that the provider says it
has verified is matched once, and the provider's own name for the person from then on.
"""

import hmac
from datetime import datetime

from msgspec import Struct
from psycopg import errors
from psycopg.rows import class_row

from tongbao.access import audit, bearer, sign_in, staff
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound, Refused

Q = sql.load(__package__, "sso_queries.sql")


class SsoRefused(Refused):
    code = "sso-refused"
    text = "single sign-on does not let you in; ask whoever keeps the staff to link you"


class SsoUnknown(Refused):
    code = "sso-unknown"
    text = "this sign-in was not begun here, or took too long; begin again"


class SsoLinkTaken(Conflict):
    code = "sso-link-taken"
    text = "somebody on the staff is linked to {email} already"


class SsoLinkNotFound(NotFound):
    code = "sso-link-not-found"
    text = "{staff} is not linked to {issuer}"


class Link(Struct, frozen=True, kw_only=True):
    """Who of the staff is who at a provider; ``subject`` is known after the first sign-in."""

    staff_id: int
    issuer: str
    email: str
    subject: str | None
    linked_by: str
    linked_at: datetime


class UnderWay(Struct, frozen=True, kw_only=True):
    """A sign-in that has gone to the provider; ``onward``: the page that was wanted."""

    issuer: str
    nonce: str
    verifier: str
    onward: str


class Person(Struct, frozen=True, kw_only=True):
    """Whom a provider has vouched for."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool


def link(
    conn: Connection, staff_id: int, issuer: str, email: str, *, by: str, at: datetime
) -> Link:
    """Link somebody to a provider by an address; an earlier link there is replaced.

    Refuses ``staff-not-found``, ``text-malformed`` and ``sso-link-taken``.
    """
    staff.get(conn, staff_id)
    values = {
        "staff": staff_id,
        "issuer": texts.line("issuer", issuer),
        "email": texts.line("email", email).lower(),
        "by": texts.line("by", by),
        "at": at,
    }
    try:
        with conn.transaction():
            conn.execute(Q.delete_link, values)
            conn.execute(Q.insert_link, values)
    except errors.UniqueViolation:
        raise SsoLinkTaken(email=values["email"]) from None
    (made,) = [one for one in links_of(conn, staff_id) if one.issuer == issuer]
    return made


def unlink(conn: Connection, staff_id: int, issuer: str) -> None:
    """End a link; refuses ``sso-link-not-found``."""
    if conn.execute(Q.delete_link, {"staff": staff_id, "issuer": issuer}).rowcount != 1:
        raise SsoLinkNotFound(staff=staff_id, issuer=texts.shown(issuer))


def links_of(conn: Connection, staff_id: int) -> list[Link]:
    """Give to which providers somebody is linked."""
    with conn.cursor(row_factory=class_row(Link)) as cursor:
        return cursor.execute(Q.list_links, {"staff": staff_id}).fetchall()


def begin(conn: Connection, way: UnderWay, *, state: str, browser: str, at: datetime) -> None:
    """Note a sign-in that goes to the provider now.

    ``state``, ``browser``, nonce and verifier are 43 characters of chance each. ``browser`` stays
    in a cookie, so that nobody ends in another's sign-in.
    """
    conn.execute(
        Q.insert_request,
        {
            "state": bearer.digest(state),
            "browser": bearer.digest(browser),
            "issuer": way.issuer,
            "nonce": way.nonce,
            "verifier": way.verifier,
            "onward": way.onward,
            "expires_at": at + limits.SSO,
        },
    )


def take(conn: Connection, *, state: str, browser: str, at: datetime) -> UnderWay | SsoUnknown:
    """Give the sign-in that has come back, once. Commit whatever comes back."""
    if len(state) != bearer.SECRET or len(browser) != bearer.SECRET:
        return SsoUnknown()
    row = conn.execute(Q.take_request, {"state": bearer.digest(state)}).fetchone()
    if row is None:
        return SsoUnknown()
    kept, issuer, nonce, verifier, onward, expires_at = row
    if not hmac.compare_digest(kept, bearer.digest(browser)) or expires_at <= at:
        return SsoUnknown()
    return UnderWay(issuer=issuer, nonce=nonce, verifier=verifier, onward=onward)


def enter(
    conn: Connection, person: Person, secret: str, *, device: str, address: str, at: datetime
) -> sign_in.Entered | SsoRefused:
    """Open the session of whom a provider has vouched for. Commit whatever comes back.

    ``secret`` is 43 characters of chance.
    """
    row = conn.execute(Q.find_subject, {"issuer": person.issuer, "subject": person.subject})
    found = row.fetchone()
    if found is None and person.email is not None and person.email_verified:
        values = {
            "issuer": person.issuer,
            "email": person.email.strip().lower(),
            "subject": person.subject,
        }
        found = conn.execute(Q.bind_subject, values).fetchone()
    if found is not None:
        (staff_id, barred) = found
        if not barred:
            return sign_in.enter(conn, staff_id, secret, "sso", device, address, at)
    audit.note(conn, "sso-refused", audit.nobody(address), at)
    return SsoRefused()


def forget(conn: Connection, at: datetime) -> int:
    """Forget sign-ins that did not come back; give how many."""
    return conn.execute(Q.forget_requests, {"at": at}).rowcount
