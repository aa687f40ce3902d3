"""Sales files for tests: rows as people write them, imported into a small alliance."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.world import AT, SECRET
from tongbao.intake import importing, mapping, source
from tongbao.intake.tally import Summary
from tongbao.kernel.db import Connection
from tongbao.kernel.settings import Settings

HEADER = ("outlet", "member", "receipt", "amount", "time")
TIME = "2026-04-01T12:00:00+08:00"


def write(path: Path, rows: Iterable[Sequence[Any]], header: Sequence[str] = HEADER) -> Path:
    """Write a CSV file of sales."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path


def take(
    conn: Connection, path: Path, at: datetime = AT, batch: int = 1_000, **options: Any
) -> Summary:
    """Import a file with a mapping of ``options``; ``columns`` is a part of it."""
    how = mapping.load(None, options, options.pop("columns", {}))
    settings = Settings(identity_secret=SECRET, batch_limit=batch)
    return importing.import_file(conn, source.examine(path, how), settings, clock=lambda: at)


def rejects(path: Path) -> list[tuple[int, str]]:
    """Give line and code of each reject of a sales file."""
    file = path.with_name(path.name + ".rejects.csv")
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as text:
        return [(int(row["line"]), row["code"]) for row in csv.DictReader(text)]


def state(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Give what came of imports, by names instead of ids, so that databases can be compared."""
    queries = {
        "wallets": """
            SELECT i.value, a.kind, a.balance FROM ledger.account AS a
            JOIN members.identity AS i ON i.member_id = a.owner_id ORDER BY 1, 2
        """,
        "organisations": """
            SELECT o.code, a.kind, a.balance FROM ledger.account AS a
            JOIN alliance.organisation AS o ON o.id = a.owner_id ORDER BY 1, 2
        """,
        "operations": """
            SELECT o.key, p.kind, p.points, p.cash, p.effective_at, i.value
            FROM kernel.once AS o LEFT JOIN ledger.operation AS p ON p.id = o.operation_id
            LEFT JOIN members.identity AS i ON i.member_id = p.owner_id ORDER BY 1
        """,
        "claims": """
            SELECT i.code, r.code, sum(c.claimed - c.countered)::bigint FROM ledger.claim AS c
            JOIN alliance.organisation AS i ON i.id = c.issuer_id
            JOIN alliance.organisation AS r ON r.id = c.redeemer_id GROUP BY 1, 2 ORDER BY 1, 2
        """,
        "tallies": """
            SELECT t.subject, t.code, i.code, r.code, t.count, t.amount FROM intake.tally AS t
            LEFT JOIN alliance.organisation AS i ON i.id = t.issuer_id
            LEFT JOIN alliance.organisation AS r ON r.id = t.redeemer_id ORDER BY 1, 2, 3, 4
        """,
    }
    return {name: conn.execute(query.encode()).fetchall() for name, query in queries.items()}
