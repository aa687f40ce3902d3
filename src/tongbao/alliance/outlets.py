"""Outlets: where members earn and spend. Each belongs to one organisation for ever."""

from collections.abc import Sequence
from typing import Final

from psycopg.rows import class_row

from tongbao.alliance import changes
from tongbao.alliance.brands import BrandNotFound
from tongbao.alliance.formats import FormatNotFound
from tongbao.alliance.organisations import OrganisationClosed, OrganisationNotFound
from tongbao.alliance.sites import SiteNotFound
from tongbao.alliance.types import NewOutlet, Outlet
from tongbao.kernel import arrays, limits, lists, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, NotFound, Refusal

Q = sql.load(__package__)

_LARGEST_ID: Final = 2**63 - 1


class OutletNotFound(NotFound):
    code = "outlet-not-found"
    text = "there is no outlet {outlet}"


class OutletCodeTaken(Conflict):
    code = "outlet-code-taken"
    text = "another outlet has the code {given}"


def add(conn: Connection, outlet: NewOutlet) -> Outlet:
    """Add one outlet; refuses what ``add_many`` refuses."""
    return add_many(conn, [outlet])[0]


def add_many(conn: Connection, outlets: Sequence[NewOutlet]) -> list[Outlet]:
    """Add outlets in one statement and give them in the order in which they were given.

    All or none. Refuses, for the first that cannot be added, ``code-malformed``,
    ``text-malformed``, ``outlet-code-taken``, ``organisation-not-found``,
    ``organisation-closed``, ``site-not-found``, ``format-not-found`` or ``brand-not-found``
    (also another organisation's brand); a list over the limit is ``list-too-long``.
    """
    lists.check("outlets", outlets, limits.BULK)
    columns = _columns(outlets)
    problem = conn.execute(Q.find_outlet_problem, columns).fetchone()
    if problem is not None:
        raise _explain(outlets[problem[0] - 1], problem[1])
    with conn.cursor(row_factory=class_row(Outlet)) as cursor:
        added = {o.code: o for o in cursor.execute(Q.insert_outlets, columns)}
    for outlet in outlets:
        if outlet.code not in added:  # somebody else added it between the two statements
            raise OutletCodeTaken(given=outlet.code)
    return [added[outlet.code] for outlet in outlets]


def get(conn: Connection, outlet_id: int) -> Outlet:
    """Give an outlet by its id; refuses ``outlet-not-found``."""
    with conn.cursor(row_factory=class_row(Outlet)) as cursor:
        outlet = cursor.execute(Q.get_outlet, {"id": outlet_id}).fetchone()
    if outlet is None:
        raise OutletNotFound(outlet=outlet_id)
    return outlet


def find(conn: Connection, code: str) -> Outlet:
    """Give an outlet by its code; refuses ``outlet-not-found``."""
    texts.code("code", code)
    found = find_many(conn, [code])
    if code not in found:
        raise OutletNotFound(outlet=code)
    return found[code]


def find_many(conn: Connection, codes: Sequence[str]) -> dict[str, Outlet]:
    """Give those outlets that exist, by code, in one statement; what is no code finds nothing."""
    lists.check("codes", codes, limits.BULK)
    usable = arrays.texts(code for code in codes if texts.is_code(code))
    with conn.cursor(row_factory=class_row(Outlet)) as cursor:
        return {o.code: o for o in cursor.execute(Q.find_outlets, {"codes": usable})}


def list_of(
    conn: Connection, organisation_id: int | None, after: int = 0, limit: int = limits.PAGE
) -> list[Outlet]:
    """Give at most ``limit`` outlets in the order of their ids, of one organisation or of all."""
    values = {"organisation": organisation_id, "after": after, "limit": min(limit, limits.PAGE)}
    with conn.cursor(row_factory=class_row(Outlet)) as cursor:
        return cursor.execute(Q.list_outlets, values).fetchall()


def change(conn: Connection, outlet_id: int, *, name: str, brand_id: int | None) -> Outlet:
    """Give an outlet another name and brand; its code, site and format stay.

    No posting looks at either, so none has to wait. Refuses ``outlet-not-found``,
    ``text-malformed`` and ``brand-not-found`` (also another organisation's brand).
    """
    name = texts.line("name", name)
    old = get(conn, outlet_id)
    values = {"id": outlet_id, "name": name, "brand": brand_id}
    with conn.cursor(row_factory=class_row(Outlet)) as cursor:
        changed = cursor.execute(Q.change_outlet, values).fetchone()
    if changed is None:
        raise BrandNotFound(organisation=old.organisation_id, brand=brand_id)
    return changed


def set_open(conn: Connection, outlet_id: int, *, is_open: bool) -> Outlet:
    """Open an outlet again or close it; refuses ``outlet-not-found``."""
    changes.begin(conn)
    with conn.cursor(row_factory=class_row(Outlet)) as cursor:
        cursor.execute(Q.set_outlet_open, {"id": outlet_id, "open": is_open})
        outlet = cursor.fetchone()
    if outlet is None:
        raise OutletNotFound(outlet=outlet_id)
    return outlet


def _columns(outlets: Sequence[NewOutlet]) -> dict[str, str]:
    """Check each outlet by itself and give the columns of all as array literals."""
    names, seen = [], set()
    for outlet in outlets:
        if texts.code("code", outlet.code) in seen:
            raise OutletCodeTaken(given=outlet.code)
        seen.add(outlet.code)
        names.append(texts.line("name", outlet.name))
        texts.code("format", outlet.format)
        ids = {"organisation": outlet.organisation_id, "site": outlet.site_id}
        if outlet.brand_id is not None:
            ids["brand"] = outlet.brand_id
        for noun, number in ids.items():
            if not 0 < number <= _LARGEST_ID:
                raise _explain(outlet, noun)
    return {
        "codes": arrays.texts(o.code for o in outlets),
        "names": arrays.texts(names),
        "organisations": arrays.ints(o.organisation_id for o in outlets),
        "brands": arrays.ints_or_null(o.brand_id for o in outlets),
        "sites": arrays.ints(o.site_id for o in outlets),
        "formats": arrays.texts(o.format for o in outlets),
    }


def _explain(outlet: NewOutlet, problem: str) -> Refusal:
    match problem:
        case "code":
            return OutletCodeTaken(given=outlet.code)
        case "organisation":
            return OrganisationNotFound(organisation=outlet.organisation_id)
        case "closed":
            return OrganisationClosed(organisation=outlet.organisation_id)
        case "site":
            return SiteNotFound(site=outlet.site_id)
        case "format":
            return FormatNotFound(format=outlet.format)
        case _:
            return BrandNotFound(organisation=outlet.organisation_id, brand=outlet.brand_id)
