"""Deciding on applications: asking for more, refusing with a reason, accepting on terms."""

from datetime import date, datetime
from typing import Final

import msgspec

from tongbao.access import staff
from tongbao.alliance import contracts, organisations, outlets, sites, terminals
from tongbao.alliance.types import NewOutlet, Terms
from tongbao.bank import accounts
from tongbao.bank.types import Details
from tongbao.desk import people
from tongbao.events import outbox
from tongbao.events.outbox import Event
from tongbao.events.types import ORGANISATION_JOINED, OrganisationJoined
from tongbao.joining import applications, checks
from tongbao.joining.types import Acceptance, Application
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.clock import micros
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused

Q = sql.load(__package__)

USUAL: Final = Terms(acceptance_fee=6_000, expiry_months=24, credit_limit=1_000_000)
"""What a small merchant is offered first: one per cent, ten thousand yuan of credit."""

TERMINAL: Final = "1"
"""The code of the terminal with which an accepted merchant begins."""

_json = msgspec.json.Encoder()


class ApplicationCheckFailed(Refused):
    code = "application-check-failed"
    text = "application {application} cannot be accepted as it stands: {checks}"


def ask(
    conn: Connection, application_id: int, question: str, *, by: str, at: datetime
) -> Application:
    """Ask the applicant for more; who applied sees it under the link and may put things right.

    Refuses ``application-not-found``, ``application-decided`` and ``text-malformed``.
    """
    found = applications.lock(conn, application_id)
    applications.remark(conn, found.id, "question", people.name(by), question, at)
    conn.execute(Q.ask, {"id": found.id, "at": at})
    return applications.get(conn, found.id)


def refuse(
    conn: Connection, application_id: int, reason: str, *, by: str, at: datetime
) -> Application:
    """Refuse an application with a reason, which its applicant is shown.

    Refuses what ``ask`` refuses.
    """
    found = applications.lock(conn, application_id)
    said = texts.line("reason", reason, limits.TEXT)
    values = {"id": found.id, "reason": said, "by": people.name(by), "at": at}
    conn.execute(Q.refuse, values)
    return applications.get(conn, found.id)


def accept(
    conn: Connection,
    application_id: int,
    how: Acceptance,
    *,
    by: str,
    at: datetime,
    today: date,
) -> Application:
    """Take an applicant in: organisation, contract, outlet, terminal, manager, bank account.

    The account is proposed by who accepts, and counts from ``today`` on once somebody else has
    approved it (``bank.accounts``). Refuses ``application-not-found``, ``application-decided``,
    ``application-check-failed``, and what registering, signing, adding and proposing refuse, such
    as ``organisation-code-taken``, ``terms-malformed`` and ``login-taken``.
    """
    found = applications.lock(conn, application_id)
    failed = [check.name for check in checks.of(conn, found) if check.result == "failed"]
    if failed:
        raise ApplicationCheckFailed(application=found.id, checks=", ".join(failed))
    wanted = found.wanted
    joined = organisations.register(conn, how.code, wanted.name, "merchant", at)
    contracts.sign(conn, joined.id, how.terms, at, at)
    outlet_id = _open_outlet(conn, found, how, joined.id)
    manager = staff.add(conn, joined.id, how.login, wanted.contact, "manager", by=by, at=at)
    account = accounts.propose(
        conn,
        joined.id,
        _with_mandate(found),
        today,
        by=by,
        reason=f"application {found.id}",
        at=at,
    )
    values = {
        "id": found.id,
        "by": people.name(by),
        "at": at,
        "organisation": joined.id,
        "outlet": outlet_id,
        "staff": manager.id,
        "proposal": account.id,
    }
    conn.execute(Q.accept, values)
    said = OrganisationJoined(organisation=joined.id, written=micros(at))
    data = _json.encode(said).decode()
    outbox.announce(conn, [Event(joined.id, ORGANISATION_JOINED, at, data)], at)
    return applications.get(conn, found.id)


def _open_outlet(conn: Connection, found: Application, how: Acceptance, organisation: int) -> int:
    """Add the outlet with its terminal, at a site that is there or at one of its own."""
    wanted, code = found.wanted, f"{how.code}-1"
    site = how.site
    if site is None:
        site = sites.add(conn, code, wanted.outlet, "street", wanted.region).id
    outlet = NewOutlet(
        code=code,
        name=wanted.outlet,
        organisation_id=organisation,
        site_id=site,
        format=wanted.format,
    )
    added = outlets.add(conn, outlet)
    terminals.add(conn, added.id, TERMINAL)
    return added.id


def _with_mandate(found: Application) -> Details:
    """Give the account; by applying, who wants collections has signed the mandate for them."""
    account = found.wanted.account
    if not found.wanted.collect:
        return account
    return msgspec.structs.replace(
        account, mandate=f"JOIN-{found.id}", signed_on=found.changed_at.date()
    )
