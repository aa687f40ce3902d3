"""Beginning: what lets an accepted merchant in is given once; how far it has come."""

from datetime import datetime

from msgspec import Struct

from tongbao.access import audit, invitations, keys, staff
from tongbao.alliance import organisations, outlets
from tongbao.joining import applications
from tongbao.joining.decide import TERMINAL
from tongbao.joining.types import Application, Progress
from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, Refused

Q = sql.load(__package__)


class ApplicationNotAccepted(Refused):
    code = "application-not-accepted"
    text = "this application was not accepted; nothing can begin yet"


class ApplicationBegun(Conflict):
    code = "application-begun"
    text = "what lets the manager in was given already; if that was not you, tell the operator"


class Beginning(Struct, frozen=True, kw_only=True):
    """What a merchant begins with, shown this once.

    ``invitation`` is the token of the link with which ``login`` sets a password, ``key`` the API
    key for a till program at ``outlet`` and ``terminal``.
    """

    organisation: str
    login: str
    invitation: str
    key: str
    outlet: str
    terminal: str


def begin(
    conn: Connection, token: str, *, invitation: str, key: str, address: str, at: datetime
) -> tuple[Application, Beginning]:
    """Give what lets the manager and the till of an accepted merchant in, once.

    ``invitation`` and ``key`` are 43 characters of chance each. Whoever comes second is refused
    ``application-begun``, so that a link in wrong hands is noticed. Refuses
    ``application-unknown`` and ``application-not-accepted``, too.
    """
    found = applications.look(conn, token)
    conn.execute(Q.lock_application, {"id": found.id})
    found = applications.get(conn, found.id)
    if found.organisation_id is None or found.staff_id is None or found.outlet_id is None:
        raise ApplicationNotAccepted
    if found.begun_at is not None:
        raise ApplicationBegun
    by = f"application {found.id}"
    link = invitations.invite(conn, found.staff_id, invitation, by=by, at=at)
    _, bearing = keys.create(conn, found.organisation_id, "cashier", "till", key, by=by, at=at)
    conn.execute(Q.begin, {"id": found.id, "at": at})
    audit.note(conn, "application-begun", audit.nobody(address), at, subject=by)
    begun = Beginning(
        organisation=organisations.get(conn, found.organisation_id).name,
        login=staff.get(conn, found.staff_id).login,
        invitation=link,
        key=bearing,
        outlet=outlets.get(conn, found.outlet_id).code,
        terminal=TERMINAL,
    )
    return applications.get(conn, found.id), begun


def progress(conn: Connection, application: Application) -> Progress | None:
    """Give how far an accepted applicant has come; None for who is not accepted."""
    row = conn.execute(Q.progress_of, {"id": application.id}).fetchone()
    if row is None:
        return None
    entered, signed_in_at, account, account_at, sold_at, paid = row
    return Progress(
        begun_at=application.begun_at,
        entered_at=signed_in_at if entered else None,
        account=account,
        account_at=account_at,
        sold_at=sold_at,
        paid_settlement=paid,
    )
