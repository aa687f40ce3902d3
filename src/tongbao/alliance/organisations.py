"""Organisations: registering them, finding them, and what they may become."""

from datetime import datetime
from typing import Final, get_args

from psycopg.rows import class_row

from tongbao.alliance import changes
from tongbao.alliance.types import Organisation, Role, Status
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound, Refused
from tongbao.ledger import accounts

Q = sql.load(__package__)

# Who has cured a default is looked at once more before it issues again.
_BECOMES: Final[dict[Status, frozenset[Status]]] = {
    "active": frozenset({"suspended", "defaulted", "closed"}),
    "suspended": frozenset({"active", "defaulted", "closed"}),
    "defaulted": frozenset({"suspended", "closed"}),
    "closed": frozenset(),
}
# What must be zero before closing; the bank row only says what was ever paid in and out.
_TO_SETTLE: Final = ("issued", "clearing", "reserve", "collateral", "prepaid", "guarantee")


class OrganisationNotFound(NotFound):
    code = "organisation-not-found"
    text = "there is no organisation {organisation}"


class OrganisationCodeTaken(Conflict):
    code = "organisation-code-taken"
    text = "another organisation has the code {given}"


class OperatorExists(Conflict):
    code = "operator-exists"
    text = "the alliance has its operator already"


class OperatorMissing(NotFound):
    code = "operator-missing"
    text = "the alliance has no operator yet"


class OperatorStays(Refused):
    code = "operator-stays"
    text = "the operator is always active; it cannot become {wanted}"


class OrganisationStatusRefused(Refused):
    code = "organisation-status-refused"
    text = "organisation {organisation} is {status}; it cannot become {wanted}"


class OrganisationNotSettled(Refused):
    code = "organisation-not-settled"
    text = "organisation {organisation} cannot close while something is left: {left}"


class OrganisationClosed(Refused):
    code = "organisation-closed"
    text = "organisation {organisation} is closed"


def register(conn: Connection, code: str, name: str, role: Role, at: datetime) -> Organisation:
    """Register a legal entity, active from now on, and open its accounts.

    Refuses ``code-malformed``, ``text-malformed``, ``choice-malformed``,
    ``organisation-code-taken`` and, for a second operator, ``operator-exists``.
    """
    texts.code("code", code)
    name = texts.line("name", name)
    texts.choice("role", role, get_args(Role))
    with conn.cursor(row_factory=class_row(Organisation)) as cursor:
        cursor.execute(Q.insert_organisation, {"code": code, "name": name, "role": role, "at": at})
        organisation = cursor.fetchone()
    if organisation is None:
        if role == "operator" and _find_operator(conn) is not None:
            raise OperatorExists
        raise OrganisationCodeTaken(given=code)
    accounts.open_organisation(conn, organisation.id, operator=role == "operator")
    return organisation


def get(conn: Connection, organisation_id: int) -> Organisation:
    """Give an organisation by its id; refuses ``organisation-not-found``."""
    with conn.cursor(row_factory=class_row(Organisation)) as cursor:
        cursor.execute(Q.get_organisation, {"id": organisation_id})
        organisation = cursor.fetchone()
    if organisation is None:
        raise OrganisationNotFound(organisation=organisation_id)
    return organisation


def find(conn: Connection, code: str) -> Organisation:
    """Give an organisation by its code; refuses ``organisation-not-found``."""
    texts.code("code", code)
    with conn.cursor(row_factory=class_row(Organisation)) as cursor:
        cursor.execute(Q.find_organisation, {"code": code})
        organisation = cursor.fetchone()
    if organisation is None:
        raise OrganisationNotFound(organisation=code)
    return organisation


def list_after(conn: Connection, after: int = 0, limit: int = limits.PAGE) -> list[Organisation]:
    """Give at most ``limit`` organisations in the order of their ids, from above ``after`` on."""
    with conn.cursor(row_factory=class_row(Organisation)) as cursor:
        cursor.execute(Q.list_organisations, {"after": after, "limit": min(limit, limits.PAGE)})
        return cursor.fetchall()


def operator(conn: Connection) -> Organisation:
    """Give the operator; refuses ``operator-missing`` while none is registered."""
    found = _find_operator(conn)
    if found is None:
        raise OperatorMissing
    return found


def lock_open(conn: Connection, organisation_id: int) -> Organisation:
    """Keep an organisation from changing until this transaction ends, and give it.

    Refuses ``organisation-not-found`` and ``organisation-closed``.
    """
    organisation = _lock(conn, organisation_id)
    if organisation.status == "closed":
        raise OrganisationClosed(organisation=organisation_id)
    return organisation


def set_status(conn: Connection, organisation_id: int, status: Status) -> Organisation:
    """Let an organisation become ``status``; what it already is it may become again.

    Waits for postings under way, so that none still goes by the old status afterwards. Refuses
    ``organisation-status-refused`` where no such change exists, ``operator-stays``, and closing
    with ``organisation-not-settled`` while points are in circulation or anything is owed.
    """
    texts.choice("status", status, get_args(Status))
    organisation = _lock(conn, organisation_id)
    if organisation.status == status:
        return organisation
    if organisation.role == "operator":
        raise OperatorStays(wanted=status)
    if status not in _BECOMES[organisation.status]:
        raise OrganisationStatusRefused(
            organisation=organisation_id, status=organisation.status, wanted=status
        )
    changes.begin(conn)
    if status == "closed":
        _check_settled(conn, organisation_id)
    with conn.cursor(row_factory=class_row(Organisation)) as cursor:
        cursor.execute(Q.set_organisation_status, {"id": organisation_id, "status": status})
        changed = cursor.fetchone()
    assert changed is not None, "the row is locked"
    return changed


def rename(conn: Connection, organisation_id: int, name: str) -> Organisation:
    """Give an organisation another name; its code stays.

    Refuses ``text-malformed``, ``organisation-not-found`` and ``organisation-closed``.
    """
    name = texts.line("name", name)
    lock_open(conn, organisation_id)
    with conn.cursor(row_factory=class_row(Organisation)) as cursor:
        cursor.execute(Q.rename_organisation, {"id": organisation_id, "name": name})
        renamed = cursor.fetchone()
    assert renamed is not None, "the row is locked"
    return renamed


def _check_settled(conn: Connection, organisation_id: int) -> None:
    balances = accounts.balances(conn, organisation_id)
    left = {kind: balances[kind] for kind in _TO_SETTLE if balances[kind]}
    owed = accounts.owed_by_members(conn, organisation_id)
    if owed:
        left["owing"] = owed
    if left:
        raise OrganisationNotSettled(organisation=organisation_id, left=left)


def _lock(conn: Connection, organisation_id: int) -> Organisation:
    with conn.cursor(row_factory=class_row(Organisation)) as cursor:
        cursor.execute(Q.lock_organisation, {"id": organisation_id})
        organisation = cursor.fetchone()
    if organisation is None:
        raise OrganisationNotFound(organisation=organisation_id)
    return organisation


def _find_operator(conn: Connection) -> Organisation | None:
    with conn.cursor(row_factory=class_row(Organisation)) as cursor:
        return cursor.execute(Q.find_operator).fetchone()
