"""What the commands print: JSON, tables, lines and progress bars, and refusals in one way."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol

import typer

from tongbao.kernel.errors import Conflict, Malformed, NotFound, Refusal, Refused

if TYPE_CHECKING:
    from rich.console import Console

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
"""The type of the parameter ``as_json`` that every command with an answer has."""

_KINDS: Final = (Refused, Malformed, NotFound, Conflict)


class Advance(Protocol):
    """Move a progress bar on by some steps."""

    def __call__(self, steps: int = 1) -> None: ...


def line(text: str = "") -> None:
    """Print one line of plain text to standard output."""
    print(text)


def json(answer: Any) -> None:
    """Print ``answer`` (structs, mappings, lists, amounts as whole numbers) as one JSON object."""
    import msgspec

    encoded = msgspec.json.encode(answer, enc_hook=str)
    if sys.stdout.isatty():
        encoded = msgspec.json.format(encoded)
    print(encoded.decode())


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    width: int | None = None,
) -> None:
    """Print a table; a column whose name starts with ``>`` is aligned to the right.

    ``width``: the most columns of text it may take, if the terminal has that many; cells wrap.
    """
    from rich import box
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    made.show_header = any(column.removeprefix(">") for column in columns)
    for column in columns:
        right = column.startswith(">")
        made.add_column(
            column.removeprefix(">"), justify="right" if right else "left", overflow="fold"
        )
    for row in rows:
        made.add_row(*(Text(str(cell)) for cell in row))
    where = console()
    made.min_width = min(cell_len(title), where.width)  # so that the title stays on one line
    where.print(made, width=None if width is None else min(width, where.width))


def count(number: int, noun: str) -> str:
    """Say how many there are: ``1 payout``, ``2 payouts``, ``1,000 payouts``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def facts(given: Mapping[str, Any]) -> str:
    """Give facts as they stand in one cell of a table: ``name=value`` and so on.

    Of facts within facts the inner ones are given, and what is unknown is left out.
    """
    return " ".join(_said(given))


def _said(given: Mapping[str, Any]) -> Iterator[str]:
    for name, value in given.items():
        if isinstance(value, Mapping):
            yield from _said(value)
        elif value is not None:
            yield f"{name}={value}"


def console(*, stderr: bool = False) -> "Console":
    """Give a rich console; where the output is no terminal it neither colours nor cuts lines."""
    from rich.console import Console

    wide = None if (sys.stderr if stderr else sys.stdout).isatty() else 200
    return Console(stderr=stderr, highlight=False, width=wide, soft_wrap=False)


@contextmanager
def progress(text: str, total: int | None, *, quiet: bool = False) -> Iterator[Advance]:
    """Show a bar on standard error while the block runs, on a terminal only; give its ``advance``.

    ``total`` None: how much there is to do is not known. ``quiet``: show nothing, as with --json.
    """
    if quiet or not sys.stderr.isatty():
        yield _ignore
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(text, total=total)
        yield lambda steps=1: bar.advance(task, steps)


def _ignore(steps: int = 1) -> None:
    """Advance nothing."""


def refuse(refusal: Refusal, *, as_json: bool) -> None:
    """Print a refusal to standard error: ``code: sentence``, or an object with its facts."""
    if not as_json:
        print(f"{refusal.code}: {refusal}", file=sys.stderr)
        return
    import msgspec

    print(msgspec.json.encode(problem_of(refusal), enc_hook=str).decode(), file=sys.stderr)


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """Give a refusal as data: code, kind, sentence and facts."""
    kind = next(kind.__name__ for kind in _KINDS if isinstance(refusal, kind))
    return {
        "code": refusal.code,
        "kind": kind,
        "detail": str(refusal),
        "facts": dict(refusal.facts),
    }
