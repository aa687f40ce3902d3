"""How the netting of a window is printed: all at once, or by region first."""

from typing import Any

from tongbao.alliance import regions
from tongbao.clearing import homes, netting, positions
from tongbao.clearing.types import Regional
from tongbao.cli import organisation as organisations
from tongbao.cli import output
from tongbao.kernel.amounts import show as yuan
from tongbao.kernel.db import Connection


def flat(conn: Connection, window: int, limit: int, *, as_json: bool) -> None:
    """Print what each organisation receives or pays when all settle with all at once."""
    nets = positions.flat(conn, window)
    if as_json:
        output.json({"window": window, "nets": nets})
        return
    largest = sorted(nets, key=lambda who: (-abs(nets[who]), who))[:limit]
    output.table(
        f"Window {window}: the {len(largest)} largest of {len(nets):,}; the operator with what "
        "it keeps",
        ["organisation", ">receives"],
        [(organisations.code_of(conn, who), yuan(nets[who])) for who in largest],
    )


def regional(conn: Connection, window: int, level: str, limit: int, *, as_json: bool) -> None:
    """Print what is settled within regions, and what regions settle with each other."""
    given: Any = level  # by_region() refuses what is no level
    made = netting.by_region(conn, window, given)
    where, found = made.homes, made.netted
    if as_json:
        output.json({"window": window, "homes": where, "netted": found, "nets": made.nets})
        return
    codes = sorted(found.between, key=lambda code: (-abs(found.between[code]), code))
    output.table(
        f"Window {window} by {level}",
        ["region", "", ">organisations", ">claimed within", ">paid within", ">from the others"],
        [_row(code, found, where) for code in codes[:limit]],
    )
    between = sum(amount for amount in found.between.values() if amount > 0)
    output.line(f"{yuan(between)} move between {len(codes)} regions; nobody pays more or less")


def _row(code: str, found: Regional, where: dict[int, str]) -> tuple[object, ...]:
    within = sum(amount for amount in found.inside[code].values() if amount > 0)
    return (
        code,
        "no outlet" if code == homes.NOWHERE else regions.name(code),
        sum(home == code for home in where.values()),
        yuan(found.claimed[code]),
        yuan(within),
        yuan(found.between[code]),
    )
