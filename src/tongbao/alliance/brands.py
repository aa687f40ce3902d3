"""Brands: the names an organisation trades under."""

from psycopg.rows import class_row

from tongbao.alliance import organisations
from tongbao.alliance.types import Brand
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound

Q = sql.load(__package__)


class BrandNotFound(NotFound):
    code = "brand-not-found"
    text = "organisation {organisation} has no brand {brand}"


class BrandTaken(Conflict):
    code = "brand-taken"
    text = "organisation {organisation} has the brand {brand} already"


def add(conn: Connection, organisation_id: int, name: str) -> Brand:
    """Add a brand to an organisation.

    Refuses ``text-malformed``, ``organisation-not-found``, ``organisation-closed`` and
    ``brand-taken``.
    """
    name = texts.line("name", name)
    organisations.lock_open(conn, organisation_id)
    with conn.cursor(row_factory=class_row(Brand)) as cursor:
        cursor.execute(Q.insert_brand, {"organisation": organisation_id, "name": name})
        brand = cursor.fetchone()
    if brand is None:
        raise BrandTaken(organisation=organisation_id, brand=name)
    return brand


def find(conn: Connection, organisation_id: int, name: str) -> Brand:
    """Give an organisation's brand by its name; refuses ``brand-not-found``."""
    name = texts.line("name", name)
    with conn.cursor(row_factory=class_row(Brand)) as cursor:
        cursor.execute(Q.find_brand, {"organisation": organisation_id, "name": name})
        brand = cursor.fetchone()
    if brand is None:
        raise BrandNotFound(organisation=organisation_id, brand=name)
    return brand


def list_of(
    conn: Connection,
    organisation_id: int | None = None,
    *,
    after: int = 0,
    limit: int = limits.PAGE,
) -> list[Brand]:
    """Give at most ``limit`` brands with ids above ``after``, of one organisation or of all."""
    values = {"organisation": organisation_id, "after": after, "limit": min(limit, limits.PAGE)}
    with conn.cursor(row_factory=class_row(Brand)) as cursor:
        return cursor.execute(Q.list_brands, values).fetchall()
