"""Staff: who works for an organisation and in which role; added, changed, disabled."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType
from psycopg.rows import class_row

from tongbao.access import sessions
from tongbao.access.roles import Role, check_staff_role
from tongbao.alliance import organisations
from tongbao.alliance.outlets import OutletNotFound
from tongbao.kernel import arrays, limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, Malformed, NotFound
from tongbao.members import members

Q = sql.load(__package__, "staff_queries.sql")

_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")

Status = Literal["invited", "active", "disabled"]


class StaffNotFound(NotFound):
    code = "staff-not-found"
    text = "nobody on the staff is {staff}"


class LoginTaken(Conflict):
    code = "login-taken"
    text = "somebody signs in as {given} already"


class LoginMalformed(Malformed):
    code = "login-malformed"
    text = "{given!r} must be 2 to 64 of a-z, 0-9, dot, dash, underscore, plus and at"


class Staff(Struct, frozen=True, kw_only=True):
    """Somebody on the staff; ``invited``: no password was set yet, ``totp``: codes are set up."""

    id: int
    organisation_id: int
    login: str
    name: str
    role: Role
    outlet_id: int | None
    member_id: int | None
    disabled: bool
    invited: bool
    totp: bool
    created_by: str
    created_at: datetime
    signed_in_at: datetime | None

    @property
    def status(self) -> Status:
        if self.disabled:
            return "disabled"
        return "invited" if self.invited else "active"


def add(
    conn: Connection,
    organisation_id: int,
    login: str,
    name: str,
    role: Role,
    *,
    by: str,
    at: datetime,
    outlet_id: int | None = None,
    member_id: int | None = None,
) -> Staff:
    """Add somebody, who signs in once an invitation was used (``invitations.invite``).

    ``outlet_id`` is where a cashier works, ``member_id`` whose wallet is the person's own. Refuses
    ``login-malformed``, ``login-taken``, ``text-malformed``, ``choice-malformed``,
    ``role-not-allowed``, ``organisation-not-found``, ``organisation-closed``,
    ``outlet-not-found`` and ``member-not-found``.
    """
    organisation = organisations.lock_open(conn, organisation_id)
    check_staff_role(role, operator=organisation.role == "operator")
    _check_places(conn, organisation_id, outlet_id, member_id)
    values = {
        "organisation": organisation_id,
        "login": fold(login),
        "name": texts.line("name", name),
        "role": role,
        "outlet": outlet_id,
        "member": member_id,
        "by": texts.line("by", by),
        "at": at,
    }
    made = conn.execute(Q.insert_staff, values).fetchone()
    if made is None:
        raise LoginTaken(given=fold(login))
    return get(conn, made[0])


def names(
    conn: Connection, logins: Iterable[str], organisation_id: int | None = None
) -> dict[str, str]:
    """Give the names of those who sign in by some texts, of one organisation or of all.

    A text may be any, such as who has decided something: what is nobody's is left out.
    """
    values = {"logins": arrays.texts(logins), "organisation": organisation_id}
    return dict(conn.execute(Q.names, values).fetchall())


def change(
    conn: Connection,
    staff_id: int,
    *,
    by: str,
    at: datetime,
    name: str | UnsetType = UNSET,
    role: Role | UnsetType = UNSET,
    outlet_id: int | UnsetType | None = UNSET,
    member_id: int | UnsetType | None = UNSET,
    disabled: bool | UnsetType = UNSET,
) -> Staff:
    """Change what is given of somebody; another role, or being disabled, ends all sessions.

    Refuses ``staff-not-found``, ``text-malformed``, ``choice-malformed``, ``role-not-allowed``,
    ``outlet-not-found`` and ``member-not-found``.
    """
    conn.execute(Q.lock_staff, {"id": staff_id})
    old = get(conn, staff_id)
    wanted = old.role if role is UNSET else role
    place = old.outlet_id if outlet_id is UNSET else outlet_id
    member = old.member_id if member_id is UNSET else member_id
    off = old.disabled if disabled is UNSET else disabled
    operator = organisations.get(conn, old.organisation_id).role == "operator"
    check_staff_role(wanted, operator=operator)
    _check_places(conn, old.organisation_id, place, member)
    values = {
        "id": staff_id,
        "name": old.name if name is UNSET else texts.line("name", name),
        "role": wanted,
        "outlet": place,
        "member": member,
        "disabled": off,
    }
    conn.execute(Q.change_staff, values)
    if off or wanted != old.role:
        sessions.revoke_all(conn, staff_id, by=by, at=at)
    return get(conn, staff_id)


def get(
    conn: Connection, staff_id: int, organisation_id: int | None = None, *, lock: bool = False
) -> Staff:
    """Give somebody by id, of one organisation if it is given; refuses ``staff-not-found``.

    ``lock``: nobody else changes the person until this transaction ends.
    """
    found = None
    if 0 < staff_id < 2**63:
        if lock:
            conn.execute(Q.lock_staff, {"id": staff_id})
        with conn.cursor(row_factory=class_row(Staff)) as cursor:
            found = cursor.execute(Q.get_staff, {"id": staff_id}).fetchone()
    if found is None or organisation_id not in (None, found.organisation_id):
        raise StaffNotFound(staff=staff_id)
    return found


def find(conn: Connection, login: str) -> Staff:
    """Give somebody by the name to sign in with; refuses ``staff-not-found``."""
    with conn.cursor(row_factory=class_row(Staff)) as cursor:
        found = cursor.execute(Q.find_staff, {"login": fold(login)}).fetchone()
    if found is None:
        raise StaffNotFound(staff=fold(login))
    return found


def listed(
    conn: Connection,
    organisation_id: int | None = None,
    after: int = 0,
    limit: int = limits.PAGE,
) -> list[Staff]:
    """Give at most ``limit`` of the staff, of one organisation or of all, in order of ids."""
    values = {"organisation": organisation_id, "after": after, "limit": min(limit, limits.PAGE + 1)}
    with conn.cursor(row_factory=class_row(Staff)) as cursor:
        return cursor.execute(Q.list_staff, values).fetchall()


def fold(login: str) -> str:
    """Give a name to sign in with as it is kept; refuses ``login-malformed``."""
    folded = ""
    if len(login) <= limits.NAME:
        folded = unicodedata.normalize("NFKC", login).strip().lower()
    if _LOGIN.fullmatch(folded) is None:
        raise LoginMalformed(given=texts.shown(login))
    return folded


def _check_places(
    conn: Connection, organisation_id: int, outlet_id: int | None, member_id: int | None
) -> None:
    if outlet_id is not None:
        whose = conn.execute(Q.outlet_of, {"outlet": outlet_id}).fetchone()
        if whose != (organisation_id,):
            raise OutletNotFound(outlet=outlet_id)
    if member_id is not None:
        members.get(conn, member_id)
