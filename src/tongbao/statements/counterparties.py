"""The tables of counterparties on paper: the largest one by one, the others as one line."""

from collections.abc import Sequence

from tongbao.kernel.amounts import show
from tongbao.statements.grid import Table, breakable, column, table
from tongbao.statements.types import Issuer, Redeemer
from tongbao.statements.words import word

Amounts = tuple[int, ...]


def issuers_table(issuers: Sequence[Issuer], most: int, language: str) -> list[Table]:
    """Print whose points were accepted, the ``most`` largest by name; nothing if none were."""
    names = ("accepted_points", "given_back_points", "claims", "due", "due_back", "net")
    rows = [(one.code, one.name, _of_issuer(one)) for one in issuers]
    return _table("issuers", names, rows, most, language)


def redeemers_table(redeemers: Sequence[Redeemer], most: int, language: str) -> list[Table]:
    """Print who accepted the organisation's points; nothing if nobody did."""
    names = ("claims", "owed_column", "due_back", "net")
    rows = [(one.code, one.name, _of_redeemer(one)) for one in redeemers]
    return _table("redeemers", names, rows, most, language)


def _of_issuer(one: Issuer) -> Amounts:
    claims = one.claims + one.counterclaims
    return (
        one.points, -one.points_back, claims, one.due, -one.due_back, one.due - one.due_back,
    )  # fmt: skip


def _of_redeemer(one: Redeemer) -> Amounts:
    claims = one.claims + one.counterclaims
    return claims, -one.owed, one.owed_back, one.owed_back - one.owed


def _table(
    title: str,
    names: Sequence[str],
    rows: list[tuple[str, str, Amounts]],
    most: int,
    language: str,
) -> list[Table]:
    if not rows:
        return []
    counted = names.index("claims")

    def cells(label: str, amounts: Amounts) -> list[str]:
        shown = [f"{n:,}" if i == counted else show(n) for i, n in enumerate(amounts)]
        return [label, *shown]

    rows.sort(key=lambda row: (-sum(map(abs, row[2])), row[0]))
    stated = [
        cells(f"{breakable(name)} ({breakable(code)})", amounts)
        for code, name, amounts in rows[:most]
    ]
    if len(rows) > most:
        label = word("others", language, count=f"{len(rows) - most:,}")
        stated.append(cells(label, _sum([amounts for _, _, amounts in rows[most:]])))
    stated.append(cells(word("total", language), _sum([amounts for _, _, amounts in rows])))
    heads = [column(word(name, language)) for name in names]
    return [
        table(
            word(title, language),
            [column(word("counterparty", language), wide=True, right=False), *heads],
            stated,
            strong=[len(stated) - 1],
            note=word(f"{title}_note", language),
        )
    ]


def _sum(rows: Sequence[Amounts]) -> Amounts:
    return tuple(map(sum, zip(*rows, strict=True)))
