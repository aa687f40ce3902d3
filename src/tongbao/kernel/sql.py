"""Named SQL that lives beside its code.

A package keeps its statements in ``queries.sql``. Each starts with ``-- name: <snake_case>``;
the comment lines that follow say why the statement is as it is. Parameters are psycopg's
``%(name)s``.
"""

import re
from importlib.resources import files
from typing import Final

_HEADER: Final = re.compile(r"^--\s*name:\s*([a-z][a-z0-9_]*)\s*$", re.MULTILINE)


class Queries:
    """Give each named statement of one package as an attribute, ready for ``conn.execute``."""

    def __init__(self, package: str, statements: dict[str, bytes]) -> None:
        self.package = package
        self.statements = statements

    def __getattr__(self, name: str) -> bytes:
        try:
            return self.statements[name]
        except KeyError:
            raise AttributeError(f"{self.package} has no query named {name}") from None


def parse(text: str) -> dict[str, bytes]:
    """Split the text of a ``queries.sql`` into ``{name: statement}``; a name may occur once."""
    statements: dict[str, bytes] = {}
    headers = list(_HEADER.finditer(text))
    for header, following in zip(headers, [*headers[1:], None], strict=True):
        body = text[header.end() : following.start() if following else len(text)]
        lines = [line for line in body.splitlines() if not line.lstrip().startswith("--")]
        statement = "\n".join(lines).strip().removesuffix(";")
        assert header[1] not in statements, f"query {header[1]} is defined twice"
        assert statement, f"query {header[1]} is empty"
        statements[header[1]] = statement.encode()
    return statements


def load(package: str, file: str = "queries.sql") -> Queries:
    """Load the named statements of ``package`` (its dotted name, usually ``__package__``)."""
    return Queries(package, parse(files(package).joinpath(file).read_text("utf-8")))
