"""Nothing is longer than a reader's patience."""

import ast

from tests.shape.files import list_files, name, parse

FILE = 400
FUNCTION = 70
COLUMNS = 100


def test_no_file_has_more_than_400_lines() -> None:
    lengths = {
        name(path): len(path.read_text("utf-8").splitlines())
        for path in list_files(".py", ".sql", ".sh")
    }
    assert {path: lines for path, lines in lengths.items() if lines > FILE} == {}


def test_no_function_has_more_than_70_lines() -> None:
    lengths = {
        f"{name(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in list_files(".py")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {place: lines for place, lines in lengths.items() if lines > FUNCTION} == {}


def test_no_line_has_more_than_100_columns() -> None:
    long = [
        f"{name(path)}:{number}"
        for path in list_files(".py", ".sql", ".sh")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if len(line) > COLUMNS
    ]
    assert long == []
