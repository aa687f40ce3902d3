"""Exposure: how every organisation stands against its limit and its block, exact at a commit.

Each page is one statement and so one moment of the database. Levels that posting reaches are
announced by the commit that reaches them (``points.alerts``); here they become exception items,
and so do those that money paid, a new contract or time have reached.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct

from tongbao.alliance.blocks import wanted
from tongbao.alliance.headroom import level_reached, limit, used, used_share
from tongbao.alliance.organisations import OrganisationNotFound
from tongbao.alliance.types import Status, Terms
from tongbao.desk import exceptions
from tongbao.desk.exceptions import NewItem
from tongbao.kernel import arrays, limits, sql
from tongbao.kernel.db import Connection

Q = sql.load(__package__, "exposure_queries.sql")

AlertKind = Literal["headroom", "replenishment"]
ALERTS: Final[tuple[AlertKind, ...]] = ("headroom", "replenishment")
"""Kinds of alerts, and of the exception items that they become."""

_SYSTEM: Final = "tongbao"


class Exposure(Struct, frozen=True, kw_only=True):
    """How an organisation stands, in fen.

    ``clearing``: its position of all windows not settled yet, negative is owed by it.
    ``guarantee``: its share of the guarantee fund; it backs nothing of its own. ``limit``:
    collateral and credit; None: its issuing is not bounded. ``used``: what of it is used, and
    ``used_share`` in parts per million. ``headroom``: what it may still issue. ``level``: the
    highest of its alert levels that is reached, 0 none. ``block``, ``wanted``: the size of its
    blocks, and what of them is to be bought.
    """

    organisation_id: int
    code: str
    name: str
    status: Status
    clearing: int
    collateral: int
    prepaid: int
    guarantee: int
    reserve: int
    circulation: int
    limit: int | None
    used: int
    used_share: int | None
    headroom: int | None
    level: int
    levels: tuple[int, ...]
    block: int | None
    replenish_below: int | None
    wanted: int


class Alerts(Struct, frozen=True, kw_only=True):
    """How many alerts were raised, and how many have ended."""

    raised: int
    ended: int


class _Alert(Struct, frozen=True):
    organisation_id: int
    kind: AlertKind
    level: int


def of(conn: Connection, organisation_id: int, at: datetime) -> Exposure:
    """Give how an organisation stands at ``at``; refuses ``organisation-not-found``."""
    for one in _page(conn, at, organisation_id - 1, 1):
        if one.organisation_id == organisation_id:
            return one
    raise OrganisationNotFound(organisation=organisation_id)


def listed(
    conn: Connection, at: datetime, after: int = 0, limit: int = limits.PAGE
) -> list[Exposure]:
    """Give at most ``limit`` organisations in the order of their ids, from above ``after`` on."""
    return _page(conn, at, after, min(limit, limits.PAGE))


def alerted(conn: Connection, at: datetime, after: int, limit: int) -> list[Exposure]:
    """Give at most ``limit`` above ``after`` that are at a level of theirs, or short of a block."""
    found: list[Exposure] = []
    while len(found) < limit and (page := listed(conn, at, after)):
        found += (one for one in page if one.level or one.wanted)
        after = page[-1].organisation_id
    return found[:limit]


def every(conn: Connection, at: datetime) -> Iterator[Exposure]:
    """Give all organisations, page by page; of one moment in a transaction of one snapshot."""
    after = 0
    while page := listed(conn, at, after):
        yield from page
        after = page[-1].organisation_id


def raise_alerts(conn: Connection, at: datetime) -> Alerts:
    """Raise an exception item for each level that is reached, and close those that are not.

    Once for as long as it stays reached, even if somebody has closed the item meanwhile. Asks for
    a block as often as it is to be bought: once until it is there. Needs a transaction; may be run
    again, and by several at once.
    """
    raised = ended = after = 0
    while page := listed(conn, at, after):
        last = page[-1].organisation_id
        reached = {alert: one for one in page for alert in _reached(one)}
        ended += _end(conn, reached, after, last, at)
        raised += _raise(conn, reached, at)
        after = last
    return Alerts(raised=raised, ended=ended)


def _reached(one: Exposure) -> Iterator[_Alert]:
    for level in one.levels:
        if level <= one.level:
            yield _Alert(one.organisation_id, "headroom", level)
    if one.wanted:
        yield _Alert(one.organisation_id, "replenishment", 0)


def _columns(alerts: Iterable[_Alert]) -> dict[str, str]:
    rows = list(alerts)
    return {
        "organisations": arrays.ints(alert.organisation_id for alert in rows),
        "kinds": arrays.words(alert.kind for alert in rows),
        "levels": arrays.ints(alert.level for alert in rows),
    }


def _raise(conn: Connection, reached: dict[_Alert, Exposure], at: datetime) -> int:
    if not reached:
        return 0
    rows = conn.execute(Q.raise_alerts, {**_columns(reached), "at": at}).fetchall()
    items = [
        NewItem(
            kind=kind,
            organisation_id=organisation,
            subject=subject,
            facts=_facts(kind, level, reached[_Alert(organisation, kind, level)]),
        )
        for organisation, kind, level, subject in rows
    ]
    exceptions.raise_items(conn, items, at)
    return len(items)


def _end(conn: Connection, reached: Iterable[_Alert], after: int, last: int, at: datetime) -> int:
    values = {**_columns(reached), "after": after, "last": last}
    rows = conn.execute(Q.end_alerts, values).fetchall()
    for kind, how, reason in (
        ("headroom", "below-level", "the level is not reached any more"),
        ("replenishment", "bought", "there is enough again"),
    ):
        subjects = [subject for subject, of_kind in rows if of_kind == kind]
        exceptions.close_subjects(conn, kind, subjects, by=_SYSTEM, how=how, reason=reason, at=at)
    return len(rows)


def _facts(kind: AlertKind, level: int, one: Exposure) -> dict[str, Any]:
    if kind == "replenishment":
        return {
            "prepaid": one.prepaid,
            "below": one.replenish_below,
            "block": one.block,
            "wanted": one.wanted,
        }
    return {
        "level": level,
        "used_share": one.used_share,
        "used": one.used,
        "limit": one.limit,
        "headroom": one.headroom,
        "collateral": one.collateral,
        "clearing": one.clearing,
        "circulation": one.circulation,
        "reserve": one.reserve,
    }


def _page(conn: Connection, at: datetime, after: int, most: int) -> list[Exposure]:
    values = {"at": at, "after": after, "limit": most}
    return [_exposure(row) for row in conn.execute(Q.exposures, values)]


def _exposure(row: Sequence[Any]) -> Exposure:
    organisation, code, name, status, *amounts = row[:10]
    clearing, collateral, prepaid, guarantee, reserve, circulation = amounts
    signed, credit_limit, redemption_share, prepaid_share, block, below, levels = row[10:]
    known: dict[str, Any] = {
        "organisation_id": organisation,
        "code": code,
        "name": name,
        "status": status,
        "clearing": clearing,
        "collateral": collateral,
        "prepaid": prepaid,
        "guarantee": guarantee,
        "reserve": reserve,
        "circulation": circulation,
        "block": block,
        "replenish_below": below,
    }
    if not signed:  # who has no contract issues nothing
        bare: dict[str, Any] = {
            "limit": 0,
            "used": 0,
            "used_share": 0,
            "headroom": 0,
            "level": 0,
            "wanted": 0,
        }
        return Exposure(**known, **bare, levels=())
    terms = Terms(
        credit_limit=credit_limit,
        redemption_share=redemption_share,
        prepaid_share=prepaid_share,
        block=block,
        replenish_below=below,
        alert_at=tuple(levels),
    )
    out = used(terms, clearing=clearing, circulation=circulation, reserve=reserve)
    most = limit(terms, collateral)
    share = None if most is None else used_share(out, most)
    return Exposure(
        **known,
        limit=most,
        used=out,
        used_share=share,
        headroom=None if most is None else most - out,
        level=0 if share is None else level_reached(terms.alert_at, share),
        levels=() if share is None else terms.alert_at,
        wanted=wanted(terms, prepaid),
    )
