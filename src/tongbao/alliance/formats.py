"""Formats: what kinds of business there are."""

from psycopg.rows import class_row

from tongbao.alliance import mcc as categories
from tongbao.alliance.types import Format
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound

Q = sql.load(__package__)


class FormatNotFound(NotFound):
    code = "format-not-found"
    text = "there is no format {format}"


class FormatCodeTaken(Conflict):
    code = "format-code-taken"
    text = "another format has the code {given}"


def add(conn: Connection, code: str, name: str, mcc: str) -> Format:
    """Add a format with its merchant category code.

    Refuses ``code-malformed``, ``text-malformed``, ``mcc-unknown`` and ``format-code-taken``.
    """
    values = {
        "code": texts.code("code", code),
        "name": texts.line("name", name),
        "mcc": categories.check(mcc),
    }
    with conn.cursor(row_factory=class_row(Format)) as cursor:
        added = cursor.execute(Q.insert_format, values).fetchone()
    if added is None:
        raise FormatCodeTaken(given=code)
    return added


def find(conn: Connection, code: str) -> Format:
    """Give a format by its code; refuses ``format-not-found``."""
    texts.code("code", code)
    with conn.cursor(row_factory=class_row(Format)) as cursor:
        found = cursor.execute(Q.find_format, {"code": code}).fetchone()
    if found is None:
        raise FormatNotFound(format=code)
    return found


def list_after(conn: Connection, after: str = "", limit: int = limits.PAGE) -> list[Format]:
    """Give at most ``limit`` formats in the order of their codes, from above ``after`` on."""
    with conn.cursor(row_factory=class_row(Format)) as cursor:
        values = {"after": after, "limit": min(limit, limits.PAGE)}
        return cursor.execute(Q.list_formats, values).fetchall()
