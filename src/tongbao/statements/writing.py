"""Writing statements to a folder, as they come: one organisation's, or everybody's.

Of one organisation each format is a file of its own. Of all, JSON is one file with a statement on
each line and CSV one table; PDFs are a file each. A file has its name when it is complete: what
breaks off leaves none that looks whole.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec

from tongbao.kernel import texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refused
from tongbao.statements import paper, statement, summing, tables
from tongbao.statements.types import Period, Statement, Totals

FORMATS: Final = ("json", "csv", "pdf")
LANGUAGES: Final = paper.LANGUAGES
FEE_VAT: Final = 60_000
"""VAT in fees (ppm) unless told otherwise: 6 %, as on services in China."""

ZONE: Final = "Asia/Shanghai"
"""Time zone of what is printed, unless told otherwise."""

_AHEAD: Final = 64


class Printed(NamedTuple):
    """How PDFs are printed."""

    language: str
    zone: str


class FolderUnwritable(Refused):
    code = "folder-unwritable"
    text = "{folder} cannot be written: {reason}"


def write_all(
    conn: Connection,
    period: Period,
    folder: Path,
    formats: Sequence[str],
    *,
    language: str = "zh",
    zone: str = ZONE,
    fee_vat: int = FEE_VAT,
    organisation_id: int | None = None,
) -> Totals:
    """Write the statements of all organisations, or of one, into ``folder``; give how much it was.

    Windows of the period that are not summed yet are summed first, with ``fee_vat`` (ppm). PDFs
    are in ``language`` (zh or en), with times of ``zone``. Needs a transaction around it, and no
    more memory than the largest statements. Refuses
    ``choice-malformed``, ``folder-unwritable``, ``organisation-not-found``, ``operator-missing``,
    ``statement-unbalanced``.
    """
    for name in formats:
        texts.choice("format", name, FORMATS)
    texts.choice("language", language, LANGUAGES)
    summing.sum_windows(conn, fee_vat, period.last_window)
    if organisation_id is None:
        found = statement.every(conn, period)
    else:
        found = iter([statement.one(conn, period, organisation_id)])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        printed = Printed(language, zone)
        named = None if organisation_id is not None else _name(period)
        return _write(found, folder, frozenset(formats), printed, named)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FolderUnwritable(folder=folder, reason=reason) from error


def as_json(stated: Statement) -> bytes:
    """Write a statement as one line of JSON."""
    return msgspec.json.encode(stated)


def _write(
    found: Iterable[Statement],
    folder: Path,
    formats: frozenset[str],
    printed: Printed,
    named: str | None,
) -> Totals:
    """Write each statement in every format before the next one is read.

    ``named``: the name of files that are everybody's; none: the files are of one statement.
    """
    count = lines = 0
    sizes: list[int] = []
    with ExitStack() as stack:
        pages = stack.enter_context(_printer(folder, printed, sizes)) if "pdf" in formats else None
        opened: dict[str, BinaryIO] = {}
        for stated in found:
            if not opened:
                name = named or stated.number
                for kind in formats - {"pdf"}:
                    suffix = ".jsonl" if kind == "json" and named else f".{kind}"
                    opened[kind] = stack.enter_context(_whole(folder / (name + suffix), sizes))
                if "csv" in opened:
                    opened["csv"].write(tables.head().encode())
            count += 1
            lines += len(stated.lines) + _entries(stated.issuers) + _entries(stated.redeemers)
            if "json" in opened:
                opened["json"].write(as_json(stated) + b"\n")
            if "csv" in opened:
                opened["csv"].write(tables.rows(stated).encode())
            if pages is not None:
                pages(stated)
    return Totals(statements=count, lines=lines, files=len(sizes), bytes=sum(sizes))


def _name(period: Period) -> str:
    return f"statements-{period.first_window:06d}-{period.last_window:06d}"


def _entries(listed: msgspec.Raw) -> int:
    """Count the entries of a list; no code and, as JSON, no name can contain this."""
    return bytes(listed).count(b'{"code":')


@contextmanager
def _whole(path: Path, sizes: list[int]) -> Iterator[BinaryIO]:
    """Give a file to write that gets its name when the block ends well; keep its size."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
            sizes.append(file.tell())
        os.replace(part, path)  # noqa: PTH105 - it says that an older one is replaced
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def _printer(
    folder: Path, printed: Printed, sizes: list[int]
) -> Iterator[Callable[[Statement], None]]:
    """Give what prints a statement on one of as many threads as there are processors.

    Setting pages lets other threads run. A few statements wait at most, so that those that are
    read faster than they are printed do not fill the memory.
    """
    waiting: list[Future[None]] = []

    def print_one(stated: Statement) -> None:
        with _whole(folder / f"{stated.number}.pdf", sizes) as file:
            file.write(paper.pdf(stated, printed.language, printed.zone))

    with ThreadPoolExecutor(os.cpu_count()) as threads:

        def hand_over(stated: Statement) -> None:
            waiting.append(threads.submit(print_one, stated))
            if len(waiting) >= _AHEAD:
                waiting.pop(0).result()

        yield hand_over
        for each in waiting:
            each.result()
