"""Sites: malls, resorts, streets, and what is online."""

from typing import get_args

from psycopg.rows import class_row

from tongbao.alliance import regions
from tongbao.alliance.types import Site, SiteKind
from tongbao.kernel import limits, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound

Q = sql.load(__package__)


class SiteNotFound(NotFound):
    code = "site-not-found"
    text = "there is no site {site}"


class SiteCodeTaken(Conflict):
    code = "site-code-taken"
    text = "another site has the code {given}"


def add(conn: Connection, code: str, name: str, kind: SiteKind, region: str) -> Site:
    """Add a site; an online one has the region that its operations are run from.

    Refuses ``code-malformed``, ``text-malformed``, ``choice-malformed``, ``region-unknown`` and
    ``site-code-taken``.
    """
    values = {
        "code": texts.code("code", code),
        "name": texts.line("name", name),
        "kind": kind,
        "region": regions.check(region),
    }
    texts.choice("kind", kind, get_args(SiteKind))
    with conn.cursor(row_factory=class_row(Site)) as cursor:
        site = cursor.execute(Q.insert_site, values).fetchone()
    if site is None:
        raise SiteCodeTaken(given=code)
    return site


def find(conn: Connection, code: str) -> Site:
    """Give a site by its code; refuses ``site-not-found``."""
    texts.code("code", code)
    with conn.cursor(row_factory=class_row(Site)) as cursor:
        site = cursor.execute(Q.find_site, {"code": code}).fetchone()
    if site is None:
        raise SiteNotFound(site=code)
    return site


def get(conn: Connection, site: int) -> Site:
    """Give a site; refuses ``site-not-found``."""
    with conn.cursor(row_factory=class_row(Site)) as cursor:
        found = cursor.execute(Q.get_site, {"site": site}).fetchone()
    if found is None:
        raise SiteNotFound(site=site)
    return found


def list_after(conn: Connection, after: int = 0, limit: int = limits.PAGE) -> list[Site]:
    """Give at most ``limit`` sites in the order of their ids, from above ``after`` on."""
    with conn.cursor(row_factory=class_row(Site)) as cursor:
        values = {"after": after, "limit": min(limit, limits.PAGE)}
        return cursor.execute(Q.list_sites, values).fetchall()
