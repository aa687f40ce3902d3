"""Allowances: which terminals may work offline, for how much and until when."""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace
from psycopg.rows import class_row

from tongbao.alliance import outlets, terminals
from tongbao.desk import people
from tongbao.kernel import limits, sql
from tongbao.kernel.amounts import AmountOutOfRange
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, NotFound, Refused
from tongbao.till import signed
from tongbao.till.signed import Grant

Q = sql.load(__package__, "offline_queries.sql")

LONGEST: Final = timedelta(days=31)


class TerminalNotActive(Refused):
    code = "terminal-not-active"
    text = "terminal {terminal} is blocked"


class TerminalKeyMalformed(Malformed):
    code = "terminal-key-malformed"
    text = "a terminal's public key has 32 bytes, written as 64 hex digits"


class TerminalKeyMissing(Refused):
    code = "terminal-key-missing"
    text = "terminal {terminal} has registered no key"


class AllowanceNotFound(NotFound):
    code = "allowance-not-found"
    text = "there is no allowance {allowance}"


class AllowanceTimes(Malformed):
    code = "allowance-times"
    text = "an allowance lasts at most {days} days from now on"


def register(
    conn: Connection, outlet_id: int, code: str, public_key: str, *, by: str, at: datetime
) -> int:
    """Register the public key (hex) that a terminal has made; give the terminal's id.

    A key that was registered before ends, and its allowances with it: what it has signed until
    then is still taken. Refuses ``terminal-not-found``, ``terminal-not-active``,
    ``terminal-key-malformed``, ``outlet-not-found``, ``text-malformed``.
    """
    try:
        key = bytes.fromhex(public_key)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise TerminalKeyMalformed
    outlet = outlets.get(conn, outlet_id)
    terminal = terminals.find(conn, outlet_id, code)
    if not terminal.active:
        raise TerminalNotActive(terminal=code)
    values = {
        "terminal": terminal.id,
        "organisation": outlet.organisation_id,
        "outlet": outlet_id,
        "key": key,
        "by": people.name(by),
        "at": at,
    }
    conn.execute(Q.lock_terminal, values)
    conn.execute(Q.end_signers, values)
    conn.execute(Q.insert_signer, values)
    return terminal.id


def grant(
    conn: Connection,
    outlet_id: int,
    code: str,
    *,
    spend_points: int,
    member_points: int,
    award_amount: int,
    valid_until: datetime,
    by: str,
    at: datetime,
    key: str,
) -> Grant:
    """Let a terminal work offline from now on; the one before goes on until its time.

    ``key`` is the setting ``access_secret``. Refuses ``terminal-not-found``,
    ``terminal-not-active``, ``terminal-key-missing``, ``amount-out-of-range``,
    ``allowance-times``.
    """
    sizes = {
        "spend_points": spend_points,
        "member_points": member_points,
        "award_amount": award_amount,
    }
    for name, size in sizes.items():
        if not 0 <= size <= limits.AMOUNT:
            raise AmountOutOfRange(name=name, amount=size, least=0, most=limits.AMOUNT)
    if not at < valid_until <= at + LONGEST:
        raise AllowanceTimes(days=LONGEST.days)
    terminal = terminals.find(conn, outlet_id, code)
    if not terminal.active:
        raise TerminalNotActive(terminal=code)
    signer = conn.execute(Q.find_signer, {"terminal": terminal.id}).fetchone()
    if signer is None:
        raise TerminalKeyMissing(terminal=code)
    values = {"signer": signer[0], "until": valid_until, "by": people.name(by), "at": at}
    row = conn.execute(Q.insert_allowance, sizes | values).fetchone()
    assert row is not None, "it has just been inserted"
    return get(conn, row[0], None, key=key)


def end_key(conn: Connection, outlet_id: int, code: str, at: datetime) -> int:
    """End a terminal's key, and its allowances with it; give the terminal's id.

    What it has signed until then is still taken. Refuses ``terminal-not-found`` and
    ``terminal-key-missing``.
    """
    terminal = terminals.find(conn, outlet_id, code)
    values = {"terminal": terminal.id, "at": at}
    conn.execute(Q.lock_terminal, values)
    if conn.execute(Q.end_signers, values).rowcount == 0:
        raise TerminalKeyMissing(terminal=code)
    return terminal.id


def get(conn: Connection, allowance_id: int, organisation_id: int | None, *, key: str) -> Grant:
    """Give a grant with the operator's signature, the same as when it was given.

    ``organisation_id``: whose it must be; none: anybody's. ``key`` is the setting
    ``access_secret``. Refuses ``allowance-not-found``.
    """
    made = _of(conn, allowance_id, organisation_id)
    message = signed.grant_message(made)
    return replace(made, signature=signed.sign(signed.operators_key(key), message))


def end(conn: Connection, allowance_id: int, organisation_id: int | None, at: datetime) -> Grant:
    """End an allowance now: of what comes home later only what happened before is taken.

    ``organisation_id``: whose it must be; none: anybody's. Refuses ``allowance-not-found``.
    """
    _of(conn, allowance_id, organisation_id)
    conn.execute(Q.end_allowance, {"id": allowance_id, "at": at})
    return _read(conn, allowance_id)


def _of(conn: Connection, allowance_id: int, organisation_id: int | None) -> Grant:
    made = _read(conn, allowance_id)
    if organisation_id not in (None, made.organisation):
        raise AllowanceNotFound(allowance=allowance_id)
    return made


def _read(conn: Connection, allowance_id: int) -> Grant:
    with conn.cursor(row_factory=class_row(Grant)) as cursor:
        found = cursor.execute(Q.get_allowance, {"id": allowance_id}).fetchone()
    if found is None:
        raise AllowanceNotFound(allowance=allowance_id)
    return found
