"""Terminals: the tills of an outlet."""

from psycopg.rows import class_row

from tongbao.alliance import outlets
from tongbao.alliance.types import Terminal
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound

Q = sql.load(__package__)


class TerminalNotFound(NotFound):
    code = "terminal-not-found"
    text = "there is no terminal {terminal} at outlet {outlet}"


class TerminalCodeTaken(Conflict):
    code = "terminal-code-taken"
    text = "outlet {outlet} has a terminal {given} already"


def add(conn: Connection, outlet_id: int, code: str) -> Terminal:
    """Add a terminal, active from now on.

    Refuses ``code-malformed``, ``outlet-not-found`` and ``terminal-code-taken``.
    """
    texts.code("code", code)
    outlets.get(conn, outlet_id)
    with conn.cursor(row_factory=class_row(Terminal)) as cursor:
        cursor.execute(Q.insert_terminal, {"outlet": outlet_id, "code": code})
        terminal = cursor.fetchone()
    if terminal is None:
        raise TerminalCodeTaken(outlet=outlet_id, given=code)
    return terminal


def find(conn: Connection, outlet_id: int, code: str) -> Terminal:
    """Give an outlet's terminal by its code; refuses ``terminal-not-found``."""
    texts.code("code", code)
    with conn.cursor(row_factory=class_row(Terminal)) as cursor:
        cursor.execute(Q.find_terminal, {"outlet": outlet_id, "code": code})
        terminal = cursor.fetchone()
    if terminal is None:
        raise TerminalNotFound(outlet=outlet_id, terminal=code)
    return terminal


def set_active(conn: Connection, outlet_id: int, code: str, *, active: bool) -> Terminal:
    """Block a terminal (lost, replaced) or let it work again; refuses ``terminal-not-found``."""
    texts.code("code", code)
    values = {"outlet": outlet_id, "code": code, "active": active}
    with conn.cursor(row_factory=class_row(Terminal)) as cursor:
        terminal = cursor.execute(Q.set_terminal_active, values).fetchone()
    if terminal is None:
        raise TerminalNotFound(outlet=outlet_id, terminal=code)
    return terminal


def list_of(
    conn: Connection, outlet_id: int, after: int = 0, limit: int = limits.PAGE
) -> list[Terminal]:
    """Give at most ``limit`` terminals of an outlet in the order of their ids."""
    values = {"outlet": outlet_id, "after": after, "limit": min(limit, limits.PAGE)}
    with conn.cursor(row_factory=class_row(Terminal)) as cursor:
        return cursor.execute(Q.list_terminals, values).fetchall()
