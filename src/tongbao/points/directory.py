"""The directory: outlets, organisations, contracts and limits as posting sees them, read once.

They change rarely, and only while no posting is under way (``alliance.changes``). So each
connection keeps what it has read and asks in every batch, behind the fence, for one number that
says whether anything has changed.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

from msgspec import Struct
from psycopg import Connection

from tongbao.alliance.types import Terms
from tongbao.kernel import arrays, sql

Q = sql.load(__package__, "directory_queries.sql")

_TERMS: Final = (
    "earn_rate", "earn_step", "prepaid_share", "reimbursement", "acceptance_fee", "issue_fee",
    "redemption_share", "expiry_months", "breakage_to", "earn_on", "credit_limit", "cycle", "block",
    "replenish_below", "alert_at",
)  # fmt: skip


class Outlet(Struct, frozen=True):
    """An outlet as posting sees it."""

    id: int
    organisation: int
    region: str
    format: str
    open: bool


class Organisation(Struct, frozen=True):
    """An organisation's state and its contract versions, latest first."""

    id: int
    status: str
    versions: tuple[tuple[datetime, Terms], ...]


class Cap(Struct, frozen=True):
    """A limit in its versions, latest first: (valid from, most operations, most points).

    ``organisation`` is whose tills it is for, 0: everybody's.
    """

    subject: str
    measure: str
    span: str
    organisation: int
    versions: tuple[tuple[datetime, int | None, int | None], ...]


class StepUp(Struct, frozen=True):
    """From how many points on a proof is asked for, latest version first."""

    proof: str
    organisation: int
    versions: tuple[tuple[datetime, int | None], ...]


class Directory:
    """What one connection knows of the alliance, as of ``version``."""

    def __init__(self) -> None:
        self.version = -1
        self.outlets: dict[int, Outlet] = {}
        self.organisations: dict[int, Organisation] = {}
        self.caps: tuple[Cap, ...] = ()
        self.steps: tuple[StepUp, ...] = ()
        self._rules_read = False

    def renew(self, version: int) -> None:
        """Forget everything if the alliance is another one than what was read."""
        if version != self.version:
            self.version = version
            self.outlets.clear()
            self.organisations.clear()
            self._rules_read = False

    def read_outlets(self, conn: Connection[Any], ids: Iterable[int]) -> None:
        """Read those of these outlets that are not known yet; there may be no such outlet."""
        unknown = [i for i in ids if i not in self.outlets]
        if unknown:
            for row in conn.execute(Q.outlets, {"outlets": arrays.ints(unknown)}):
                self.outlets[row[0]] = Outlet(*row)

    def read_organisations(self, conn: Connection[Any], ids: Iterable[int]) -> None:
        """Read those of these organisations that are not known yet; members among them are none."""
        unknown = [i for i in ids if i not in self.organisations]
        if not unknown:
            return
        given = {"organisations": arrays.ints(unknown)}
        with conn.pipeline():
            rows = conn.execute(Q.organisations, given)
            contracts = conn.execute(Q.contracts, given)
        versions: dict[int, list[tuple[datetime, Terms]]] = {}
        for row in contracts:
            versions.setdefault(row[0], []).append((row[1], _terms((*row[2:-1], tuple(row[-1])))))
        for organisation, status in rows:
            known = Organisation(organisation, status, tuple(versions.get(organisation, ())))
            self.organisations[organisation] = known

    def read_rules(self, conn: Connection[Any]) -> None:
        """Read the limits and the amounts that need a proof, unless they are known."""
        if self._rules_read:
            return
        with conn.pipeline():
            caps = conn.execute(Q.caps)
            steps = conn.execute(Q.steps)
        limited: dict[tuple[str, str, str, int], list[Any]] = {}
        for *of, valid_from, uses, points in caps:
            limited.setdefault(tuple(of), []).append((valid_from, uses, points))
        asked: dict[tuple[str, int], list[Any]] = {}
        for proof, organisation, valid_from, points in steps:
            asked.setdefault((proof, organisation), []).append((valid_from, points))
        self.caps = tuple(Cap(*of, tuple(versions)) for of, versions in limited.items())
        self.steps = tuple(StepUp(*of, tuple(versions)) for of, versions in asked.items())
        self._rules_read = True


_directories: WeakKeyDictionary[Connection[Any], Directory] = WeakKeyDictionary()


def of(conn: Connection[Any]) -> Directory:
    """Give the directory of a connection; a new one knows nothing."""
    directory = _directories.get(conn)
    if directory is None:
        directory = _directories[conn] = Directory()
    return directory


@lru_cache(maxsize=10_000)
def _terms(values: tuple[Any, ...]) -> Terms:
    """Give terms from a row: most organisations of an alliance have agreed to the same."""
    return Terms(**dict(zip(_TERMS, values, strict=True)))
