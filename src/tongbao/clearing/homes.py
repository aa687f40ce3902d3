"""Where organisations are at home: the region of their first outlet.

A claim knows its issuer and its redeemer and no place; see
``docs/decisions/an-organisation-is-at-home-where-its-first-outlet-stands.md``.
"""

from collections.abc import Iterable
from typing import Final, Literal, get_args

from tongbao.alliance import organisations
from tongbao.clearing import positions
from tongbao.kernel import arrays, sql, texts
from tongbao.kernel.db import Connection

Q = sql.load(__package__)

Level = Literal["province", "prefecture"]
_DIGITS: Final[dict[Level, int]] = {"province": 2, "prefecture": 4}
_CODE: Final = 6

NOWHERE: Final = "000000"
"""The region of organisations without an outlet; GB/T 2260 has no such code."""


def of(
    conn: Connection, organisation_ids: Iterable[int], level: Level = "province"
) -> dict[int, str]:
    """Give the home region of each organisation: a GB/T 2260 code of its ``level``.

    Refuses ``choice-malformed``.
    """
    texts.choice("level", level, get_args(Level))
    ids = list(organisation_ids)
    rows = conn.execute(Q.home_regions, {"ids": arrays.ints(ids)})
    digits = _DIGITS[level]
    known = {who: region[:digits].ljust(_CODE, "0") for who, region in rows}
    return {who: known.get(who, NOWHERE) for who in ids}


def of_window(conn: Connection, window_id: int, level: Level = "province") -> dict[int, str]:
    """Give the home region of each organisation that moved in a window, and of the operator.

    Refuses ``choice-malformed``, ``window-not-found`` and ``operator-missing``.
    """
    moved = [one.organisation_id for one in positions.nets(conn, window_id)]
    return of(conn, sorted({*moved, organisations.operator(conn).id}), level)
