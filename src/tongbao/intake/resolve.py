"""Resolving the outlets and members that a chunk of receipts names, in a few statements."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from msgspec import Struct, field

from tongbao.alliance import organisations, outlets
from tongbao.alliance.types import Outlet
from tongbao.intake.entry import Entry, Fault, fault_of
from tongbao.intake.mapping import Mapping
from tongbao.intake.receipts import Receipt
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal
from tongbao.members import identities, members
from tongbao.members.identities import IdentityNotFound
from tongbao.members.keys import normalise
from tongbao.members.types import Identity, Key
from tongbao.points.refusals import OutletNotFound

# Hashing a phone takes longer than everything else about a row.
_normalise = lru_cache(maxsize=50_000)(normalise)


class Names(Struct):
    """What names stand for: outlets by code, members by (kind's issuer, identity); or a fault."""

    outlets: dict[str, Outlet] = field(default_factory=dict)
    members: dict[tuple[int, str], int | Fault] = field(default_factory=dict)
    issuer: int | None = None

    def outlet(self, code: str) -> Outlet | Fault:
        """Give an outlet by its code."""
        return self.outlets.get(code) or fault_of(OutletNotFound(outlet=code))

    def member(self, entry: Entry, outlet: Outlet) -> int | Fault:
        """Give the member of an entry at its outlet."""
        return self.members[self.issuer_at(outlet), entry.member]

    def issuer_at(self, outlet: Outlet) -> int:
        """Give whose identities members are known by at ``outlet``."""
        return outlet.organisation_id if self.issuer is None else self.issuer


def issuer_of(conn: Connection, mapping: Mapping) -> int | None:
    """Give the organisation whose cards or external ids the file has; 0: the alliance's own.

    None: each outlet's organisation has its own. Refuses ``organisation-not-found``.
    """
    if mapping.member_issuer is not None:
        return organisations.find(conn, mapping.member_issuer).id
    return None if mapping.member_kind == "external" else 0


def find_outlets(
    conn: Connection, receipts: Iterable[Receipt]
) -> tuple[dict[str, Outlet], set[str]]:
    """Give the outlets that receipts name, by code, and the codes that there are none for."""
    codes = {entry.outlet for receipt in receipts for entry in _good(receipt)}
    found = outlets.find_many(conn, list(codes))
    return found, codes - found.keys()


def find_members(
    conn: Connection,
    names: Names,
    receipts: Iterable[Receipt],
    mapping: Mapping,
    at: datetime,
    *,
    secret: str,
) -> int:
    """Look up the members that receipts name; enrol those unknown if the mapping says so.

    Gives how many were enrolled.
    """
    keys: dict[tuple[int, str], Key] = {}
    for receipt in receipts:
        for entry in _good(receipt):
            outlet = names.outlets.get(entry.outlet)
            if outlet is None:
                continue
            name = (names.issuer_at(outlet), entry.member)
            if name in keys or name in names.members:
                continue
            try:
                keys[name] = _normalise(Identity(mapping.member_kind, name[1], name[0]), secret)
            except Refusal as refusal:
                names.members[name] = fault_of(refusal)
    known = identities.find_many(conn, list(set(keys.values())))
    unknown = [key for key in dict.fromkeys(keys.values()) if key not in known]
    if unknown and mapping.enrol:
        enrolled = members.enrol_many(conn, [[key] for key in unknown], at)
        known |= {key: member.id for key, member in zip(unknown, enrolled, strict=True)}
    missing = fault_of(IdentityNotFound(kind=mapping.member_kind))
    for name, key in keys.items():
        names.members[name] = known.get(key, missing)
    return len(unknown) if mapping.enrol else 0


def _good(receipt: Receipt) -> Iterable[Entry]:
    yield from receipt.sold
    yield from receipt.returned
