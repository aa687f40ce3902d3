"""The words: what is never written, and what nothing is named."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.shape.files import ROOT, SOURCE, list_files, name, parse

WRITTEN = [
    *list_files(".py", ".sql", ".sh", ".md", ".toml", folders=("src", "tests", "docs", "bench")),
    *ROOT.glob("*.md"),
    *ROOT.glob("*.toml"),
    ROOT / "Makefile",
    ROOT / ".ci" / "run",
]
# Split so that this file does not contain what it looks for.
NEVER = {
    "a machine's path": re.compile(r"(?<![\w.])/(?:work|root|home|Users|mnt)/"),
    "a registry's host": re.compile(r"\b(?:pypi|pythonhosted|npmjs|debian)\.(?:org|com|net)\b"),
    "a note to self": re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b"),
}
# member or staff, outlet, (nothing), and a transaction is the database's alone.
NAMES = {"user", "users", "store", "stores", "tenant", "tenants"}
TRANSACTIONS = {"transaction", "transactions"}
# Where a name may speak of the database's transactions.
DATABASE = (SOURCE / "kernel", SOURCE / "teller", ROOT / "tests", ROOT / "bench")
POSTGRES = re.compile(r"\b(?:current_user|session_user)\b", re.IGNORECASE)


def words_of(identifier: str) -> set[str]:
    """Split ``snake_case`` and ``CamelCase`` into words in lower case."""
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", identifier).lower().split("_"))


def identifiers(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Find every name that a Python file defines, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr


def forbidden(path: Path) -> set[str]:
    """Give the words that no name in this file may contain."""
    database = any(path.is_relative_to(folder) for folder in DATABASE)
    return NAMES if database else NAMES | TRANSACTIONS


def test_nothing_names_a_machine_a_registry_or_unfinished_work() -> None:
    found = [
        f"{name(path)}:{number} has {what}"
        for path in WRITTEN
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        for what, pattern in NEVER.items()
        if pattern.search(line)
    ]
    assert found == []


def test_names_in_python_use_the_words_of_the_glossary() -> None:
    found = [
        f"{name(path)}:{line} {identifier}"
        for path in list_files(".py")
        for line, identifier in identifiers(parse(path))
        if words_of(identifier) & forbidden(path)
    ]
    assert found == []


def test_names_in_sql_use_the_words_of_the_glossary() -> None:
    found = []
    for path in list_files(".sql", folders=("src",)):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            code = POSTGRES.sub("", line.partition("--")[0])
            found += [
                f"{name(path)}:{number} {word}"
                for word in re.findall(r"\w+", code)
                if words_of(word) & NAMES
            ]
    assert found == []
