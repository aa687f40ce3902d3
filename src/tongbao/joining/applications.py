"""Applications: made, found by the applicant's secret link, put right when more was asked."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from tongbao.access import audit, bearer, guesses
from tongbao.access.guesses import Bound, TooManyAttempts
from tongbao.alliance import formats, regions
from tongbao.bank import numbers
from tongbao.bank.types import Details
from tongbao.joining import credit_code
from tongbao.joining.types import Application, Remark, State, Wanted
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound, Refusal, Refused
from tongbao.members import keys

Q = sql.load(__package__)

ADDRESS: Final = Bound("join-address", 10, timedelta(hours=1))
"""Applications from one address, behind which there may be a whole office."""
APPLICANT: Final = "applicant"

_WANTED: Final = (
    "name", "credit_code", "format", "region", "outlet", "contact", "phone",
)  # fmt: skip


class ApplicationUnknown(NotFound):
    code = "application-unknown"
    text = "this link leads to no application"


class ApplicationNotFound(NotFound):
    code = "application-not-found"
    text = "there is no application {application}"


class ApplicationDecided(Conflict):
    code = "application-decided"
    text = "application {application} is {state} already"


class ApplicationNotAsked(Refused):
    code = "application-not-asked"
    text = "nothing was asked about this application; it is being looked at"


def submit(
    conn: Connection, wanted: Wanted, secret: str, *, address: str, at: datetime
) -> str | TooManyAttempts:
    """Make an application and give the token of its link; commit whatever comes back.

    ``secret`` (43 characters) is the applicant's; the same one is the same application. Whether
    somebody has applied or takes part with the same name or number is not looked at: nobody can
    find out by applying. Refuses what ``check`` refuses.
    """
    checked = check(conn, wanted)
    digest = bearer.digest(secret)
    known = conn.execute(Q.find_application, {"digest": digest}).fetchone()
    if known is not None:
        return bearer.write("tba", known[0], secret)
    too_many = guesses.count(conn, ADDRESS, address, at)
    if too_many is not None:
        return too_many
    made = conn.execute(Q.insert_application, _row(checked) | {"digest": digest, "at": at})
    row = made.fetchone() or conn.execute(Q.find_application, {"digest": digest}).fetchone()
    assert row is not None, "it has just been inserted, by us or by who sent the same form"
    subject = f"application {row[0]}"
    audit.note(conn, "application-made", audit.nobody(address), at, subject=subject)
    return bearer.write("tba", row[0], secret)


def check(conn: Connection, wanted: Wanted) -> Wanted:
    """Give what is applied with as it is kept: trimmed, the phone in E.164.

    Refuses ``text-malformed``, ``credit-code-malformed``, ``format-not-found``,
    ``region-unknown``, ``identity-malformed`` for a phone, and ``bank-account-malformed``.
    """
    kept = {name: take() for name, take in _fields(conn, wanted).items()}
    return Wanted(**kept, collect=wanted.collect)


def faults(conn: Connection, wanted: Wanted) -> list[Refusal]:
    """Give everything for which ``check`` would refuse, in the order of the fields."""
    found: list[Refusal] = []
    for take in _fields(conn, wanted).values():
        try:
            take()
        except Refusal as refusal:
            found.append(refusal)
    return found


def _fields(conn: Connection, wanted: Wanted) -> dict[str, Callable[[], Any]]:
    """Give what checks each field and gives it as it is kept."""
    return {
        "name": lambda: texts.line("name", wanted.name),
        "credit_code": lambda: credit_code.check(wanted.credit_code),
        "format": lambda: formats.find(conn, texts.code("format", wanted.format)).code,
        "region": lambda: regions.check(wanted.region),
        "outlet": lambda: texts.line("outlet", wanted.outlet),
        "contact": lambda: texts.line("contact", wanted.contact),
        "phone": lambda: keys.e164(wanted.phone),
        "account": lambda: numbers.check(wanted.account),
    }


def look(conn: Connection, token: str) -> Application:
    """Give the application of an applicant's link; refuses ``application-unknown``."""
    parts = bearer.read("tba", token)
    row = parts and conn.execute(Q.digest_of, {"id": parts[0]}).fetchone()
    if parts is None or row is None or not bearer.fits(row[0], parts[1]):
        raise ApplicationUnknown
    return get(conn, parts[0])


def answer(
    conn: Connection, token: str, wanted: Wanted, text: str, *, address: str, at: datetime
) -> Application:
    """Put an application right and answer what was asked about it; it is looked at again.

    Refuses ``application-unknown``, ``application-decided``, ``application-not-asked`` and what
    ``check`` refuses.
    """
    found = lock(conn, look(conn, token).id)
    if found.state != "asked":
        raise ApplicationNotAsked
    conn.execute(Q.change_application, _row(check(conn, wanted)) | {"id": found.id, "at": at})
    remark(conn, found.id, "answer", APPLICANT, text, at)
    subject = f"application {found.id}"
    audit.note(conn, "application-answered", audit.nobody(address), at, subject=subject)
    return get(conn, found.id)


def lock(conn: Connection, application_id: int) -> Application:
    """Keep an application that nobody has decided from changing, and give it.

    Refuses ``application-not-found`` and ``application-decided``.
    """
    get(conn, application_id)
    conn.execute(Q.lock_application, {"id": application_id})
    found = get(conn, application_id)
    if found.state in ("accepted", "refused"):
        raise ApplicationDecided(application=found.id, state=found.state)
    return found


def get(conn: Connection, application_id: int) -> Application:
    """Give an application by its id; refuses ``application-not-found``."""
    row = None
    if 0 < application_id < 2**63:
        row = conn.execute(Q.get_application, {"id": application_id}).fetchone()
    if row is None:
        raise ApplicationNotFound(application=application_id)
    return _read(row)


def listed(
    conn: Connection, state: State | None = None, after: int = 0, limit: int = limits.PAGE
) -> list[Application]:
    """Give at most ``limit`` applications with ids above ``after``, oldest first."""
    values = {"state": state, "after": after, "limit": min(limit, limits.PAGE)}
    return [_read(row) for row in conn.execute(Q.list_applications, values)]


def remarks(conn: Connection, application_id: int) -> list[Remark]:
    """Give what was asked and answered about an application, oldest first."""
    rows = conn.execute(Q.remarks_of, {"application": application_id})
    return [Remark(kind=kind, by=by, at=at, text=text) for kind, by, at, text in rows]


def remark(
    conn: Connection, application_id: int, kind: str, by: str, text: str, at: datetime
) -> None:
    """Write down what was asked or answered; refuses ``text-malformed``."""
    said = texts.line("text", text, limits.TEXT)
    values = {"application": application_id, "kind": kind, "by": by, "text": said, "at": at}
    conn.execute(Q.insert_remark, values)


def forget(conn: Connection, at: datetime) -> int:
    """Forget contact and account of whom was refused or has not answered; give how many."""
    return conn.execute(Q.forget, {"before": at - limits.APPLICATION, "at": at}).rowcount


def _row(wanted: Wanted) -> dict[str, Any]:
    account = wanted.account
    return {name: getattr(wanted, name) for name in (*_WANTED, "collect")} | {
        "account_number": account.number,
        "account_name": account.name,
        "account_bic": account.bic,
        "account_cnaps": account.cnaps,
    }


def _read(row: tuple[Any, ...]) -> Application:
    application_id, state, *said = row
    wanted, (number, name, bic, cnaps, collect), rest = said[:7], said[7:12], said[12:]
    return Application(
        id=application_id,
        state=state,
        wanted=Wanted(
            **dict(zip(_WANTED, wanted, strict=True)),
            account=Details(number=number, name=name, bic=bic, cnaps=cnaps),
            collect=collect,
        ),
        **dict(zip(_REST, rest, strict=True)),
    )


_REST: Final = tuple(field.name for field in msgspec.structs.fields(Application))[3:]
