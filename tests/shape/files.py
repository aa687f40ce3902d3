"""What the shape tests look at: the repository's own files, read once."""

import ast
import importlib
import pkgutil
from functools import cache
from pathlib import Path

import tongbao

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "tongbao"
DOCS = ROOT / "docs"
HEADERS = ("code", "setting", "variable")


def list_files(*suffixes: str, folders: tuple[str, ...] = ("src", "tests", "bench")) -> list[Path]:
    """List the files below ``folders`` that end in one of ``suffixes``, in order."""
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in suffixes and "__pycache__" not in path.parts
    )


def name(path: Path) -> str:
    """Give the path as it is written in the repository."""
    return path.relative_to(ROOT).as_posix()


@cache
def parse(path: Path) -> ast.Module:
    """Parse one Python file."""
    return ast.parse(path.read_text("utf-8"), filename=name(path))


def import_everything() -> None:
    """Import every module of the product, so that its refusals and settings are defined."""
    for module in pkgutil.walk_packages(tongbao.__path__, "tongbao."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)


def table_rows(path: Path) -> list[list[str]]:
    """Give the cells of the Markdown table rows of a page, header and rule left out."""
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("|")
    ]
    return [row for row in rows if row[0] not in HEADERS and not set(row[0]) <= set("-: |")]
