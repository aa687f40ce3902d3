"""Alerts: what a batch announces because a limit or a block is nearly used up. Pure.

A level counts as reached by what the whole batch has left behind, compared with what it found; the
commit that crosses it announces it. Only organisations that the batch has locked and read are
looked at: nobody else moves them meanwhile.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from tongbao.alliance.blocks import wanted
from tongbao.alliance.headroom import level_reached, limit, used, used_share
from tongbao.alliance.types import Terms
from tongbao.events.outbox import Event
from tongbao.events.types import (
    HEADROOM_NARROWED,
    PREPAID_LOWERED,
    HeadroomNarrowed,
    PrepaidLowered,
)
from tongbao.kernel import limits
from tongbao.points.books import Books
from tongbao.points.directory import Organisation

_KINDS: Final = ("collateral", "clearing", "issued", "reserve", "prepaid")

Balances = dict[str, int]


def is_watched(organisation: Organisation) -> bool:
    """Say whether its balances are needed even when it neither issues nor accepts.

    Points counted in part become debt in full when others take them; a block may be drawn on.
    """
    return any(
        terms.redemption_share < limits.RATE or terms.block is not None
        for _, terms in organisation.versions
    )


def crossed(books: Books) -> Iterator[Event]:
    """Give an event for each level that an organisation has reached by this batch."""
    deltas, at = books.deltas, books.at
    for who in sorted(books.locked & books.organisations.keys()):
        after = books.accounts.get(who)
        if after is None or not any(deltas.get((who, kind)) for kind in _KINDS):
            continue
        terms = books.terms_if_any(who, at)
        if terms is None:
            continue
        now = {kind: after.get(kind, 0) for kind in _KINDS}
        before = {kind: now[kind] - deltas.get((who, kind), 0) for kind in _KINDS}
        narrowed = _narrowed(terms, who, before, now)
        if narrowed is not None:
            yield Event(who, HEADROOM_NARROWED, at, msgspec.json.encode(narrowed).decode())
        lowered = _lowered(terms, who, before["prepaid"], now["prepaid"])
        if lowered is not None:
            yield Event(who, PREPAID_LOWERED, at, msgspec.json.encode(lowered).decode())


def _narrowed(terms: Terms, who: int, before: Balances, now: Balances) -> HeadroomNarrowed | None:
    if terms.credit_limit is None or not terms.alert_at:
        return None
    level = _level(terms, now)
    if level <= _level(terms, before):
        return None
    most, out = limit(terms, now["collateral"]) or 0, _used(terms, now)
    return HeadroomNarrowed(
        organisation=who,
        level=level,
        used=out,
        limit=most,
        headroom=most - out,
        collateral=now["collateral"],
        clearing=now["clearing"],
        circulation=-now["issued"],
        reserve=now["reserve"],
    )


def _level(terms: Terms, balances: Balances) -> int:
    most = limit(terms, balances["collateral"]) or 0
    return level_reached(terms.alert_at, used_share(_used(terms, balances), most))


def _used(terms: Terms, balances: Balances) -> int:
    return used(
        terms,
        clearing=balances["clearing"],
        circulation=-balances["issued"],
        reserve=balances["reserve"],
    )


def _lowered(terms: Terms, who: int, before: int, now: int) -> PrepaidLowered | None:
    below = terms.replenish_below
    if below is None or not now < below <= before:
        return None
    return PrepaidLowered(organisation=who, prepaid=now, below=below, wanted=wanted(terms, now))
