"""Totals: a till's sums of a day (as ISO 8583 sends them in 0500) against the ledger's."""

from collections.abc import Iterable, Sequence
from typing import Final, get_args

from msgspec import Struct, field

from tongbao.kernel import amounts, arrays, limits, lists
from tongbao.kernel.db import Connection
from tongbao.reconcile import matching, till_file
from tongbao.reconcile.matching import Day, F
from tongbao.reconcile.refusals import TillValueMalformed
from tongbao.reconcile.till_file import TillFile
from tongbao.reconcile.types import Asked, Subject, Total

_SUBJECTS: Final[tuple[Subject, ...]] = get_args(Subject)
_MEASURES: Final = ("count", "points", "cash")
_WHOLE: Final = 0
"""Stands for the whole organisation where the till names no outlet."""


class _Said(Struct):
    """What the terminals of one outlet said, added up: fields such as ``debit_points``."""

    line: int
    sums: dict[str, int] = field(default_factory=dict)


def compare(
    conn: Connection, file: TillFile, asked: Asked, day: Day, outlets: dict[str, int]
) -> tuple[int, list[Total]]:
    """Compare a file of totals; give how many lines it had, and both sides' sums.

    Where the till gives reversals, its other sums are of everything that happened; where it does
    not, they are of what was not reversed on the same day. What differs is written down.
    """
    lines, said = _read(file, asked, outlets)
    matching.fill_here(conn, asked, day)
    gross = any(f"reversal{end}" in file.places for end in ("s", "_points"))
    here = _here(conn, whole=_WHOLE in said, gross=gross)
    made: list[Total] = []
    for outlet in sorted(here.keys() | said.keys()):
        till = said.get(outlet)
        for subject in _SUBJECTS:
            count, points, cash = here.get(outlet, {}).get(subject, (0, 0, 0))
            given = _given(file, till, subject)
            if (count or any(given)) and (subject != "reversal" or gross):
                made.append(
                    Total(
                        outlet_id=outlet,
                        subject=subject,
                        here_count=count,
                        here_points=points,
                        here_cash=cash,
                        till_count=given[0],
                        till_points=given[1],
                        till_cash=given[2],
                    )
                )
    _write_found(conn, made, {outlet: one.line for outlet, one in said.items()})
    return lines, made


def write(conn: Connection, reconciliation_id: int, made: Sequence[Total]) -> None:
    """Keep both sides' sums."""
    values = {
        "id": reconciliation_id,
        "outlets": arrays.ints(t.outlet_id for t in made),
        "subjects": arrays.words(t.subject for t in made),
        "here_counts": arrays.ints(t.here_count for t in made),
        "here_points": arrays.ints(t.here_points for t in made),
        "here_cash": arrays.ints(t.here_cash for t in made),
        "till_counts": arrays.ints_or_null(t.till_count for t in made),
        "till_points": arrays.ints_or_null(t.till_points for t in made),
        "till_cash": arrays.ints_or_null(t.till_cash for t in made),
    }
    conn.execute(F.write_totals, values)


def _read(file: TillFile, asked: Asked, outlets: dict[str, int]) -> tuple[int, dict[int, _Said]]:
    """Add up what terminals say, outlet by outlet; the journal knows no terminals."""
    said: dict[int, _Said] = {}
    lines = 0
    for line, row in till_file.read_totals(file):
        lines += 1
        lists.check("lines of totals", range(lines), limits.BULK)
        outlet = asked.outlet_id or _WHOLE
        code = row.get("outlet")
        if code is not None:
            if code not in outlets or asked.outlet_id not in (None, outlets[str(code)]):
                raise TillValueMalformed(
                    field=f"outlet of line {line}",
                    given=str(code)[:40],
                    wanted="outlet of this day",
                )
            outlet = outlets[str(code)]
        one = said.setdefault(outlet, _Said(line))
        for name, value in row.items():
            if isinstance(value, int):
                one.sums[name] = one.sums.get(name, 0) + value
    return lines, said


def _here(
    conn: Connection, *, whole: bool, gross: bool
) -> dict[int, dict[str, tuple[int, int, int]]]:
    found: dict[int, dict[str, tuple[int, int, int]]] = {}
    for outlet, subject, count, points, cash, *back in conn.execute(F.totals_here):
        sums = (count, points, cash)
        if not gross:
            sums = (count - back[0], points - back[1], cash - back[2])
        of_outlet = found.setdefault(_WHOLE if whole else outlet, {})
        before = of_outlet.get(subject, (0, 0, 0))
        of_outlet[subject] = (before[0] + sums[0], before[1] + sums[1], before[2] + sums[2])
    return found


def _given(file: TillFile, till: _Said | None, subject: Subject) -> list[int | None]:
    """Give count, points and cash of the till; a column that is there and empty says zero."""
    names = (f"{subject}s", f"{subject}_points", f"{subject}_cash")
    return [
        (0 if till is None else till.sums.get(name, 0)) if name in file.places else None
        for name in names
    ]


def _write_found(conn: Connection, made: Iterable[Total], line_of: dict[int, int]) -> None:
    with conn.cursor().copy(F.copy_found) as copy:
        for total in made:
            notes = []
            for measure in _MEASURES:
                here, till = getattr(total, f"here_{measure}"), getattr(total, f"till_{measure}")
                if till is not None and till != here:
                    say = str if measure == "count" else amounts.show
                    notes.append(f"{measure}: {say(till)} at the till, {say(here)} here")
            if notes:
                outlet = total.outlet_id or None
                label = f"{total.subject} {total.outlet_id or 'all'}"
                copy.write_row(
                    (
                        "totals-differ", total.subject, line_of.get(total.outlet_id), label, outlet,
                        None, None, total.till_points, None, total.here_points, None,
                        "; ".join(notes),
                    )
                )  # fmt: skip
