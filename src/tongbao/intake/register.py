"""Registering what a file names and the alliance does not have yet, when the mapping says how."""

from collections.abc import Iterable
from datetime import datetime

from tongbao.alliance import contracts, formats, organisations, outlets, sites
from tongbao.alliance.types import NewOutlet
from tongbao.intake.mapping import Register, terms_of
from tongbao.kernel import limits
from tongbao.kernel.db import Connection


def register_outlets(
    conn: Connection, codes: Iterable[str], register: Register, at: datetime
) -> None:
    """Register outlets with their organisations, on a contract that is valid from the beginning.

    Refuses what registering refuses; codes are known to be codes and not to exist.
    """
    site = sites.find(conn, register.site)
    terms = terms_of(register)
    new: list[NewOutlet] = []
    for code in sorted(codes):
        name = register.organisation or code
        organisation = _find_organisation(conn, name)
        if organisation is None:
            organisation = organisations.register(conn, name, name, "merchant", at).id
            contracts.sign(conn, organisation, terms, limits.EARLIEST, at)
        new.append(
            NewOutlet(
                code=code,
                name=code,
                organisation_id=organisation,
                site_id=site.id,
                format=register.format,
            )
        )
    outlets.add_many(conn, new)


def prepare(conn: Connection, register: Register, at: datetime) -> None:
    """Register the operator, the site and the format that outlets will need, where missing."""
    try:
        organisations.operator(conn)
    except organisations.OperatorMissing:
        organisations.register(conn, register.operator, register.operator, "operator", at)
    try:
        sites.find(conn, register.site)
    except sites.SiteNotFound:
        sites.add(conn, register.site, register.site, register.site_kind, register.region)
    try:
        formats.find(conn, register.format)
    except formats.FormatNotFound:
        formats.add(conn, register.format, register.format, register.mcc)


def _find_organisation(conn: Connection, code: str) -> int | None:
    try:
        return organisations.find(conn, code).id
    except organisations.OrganisationNotFound:
        return None
