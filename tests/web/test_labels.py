"""What the domain writes by code has a name on pages: kinds in the log, facts, settings."""

import ast
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import fields

from tests.shape.files import SOURCE
from tongbao.kernel.settings import Settings
from tongbao.web import facts, labels
from tongbao.web.operator import people, settings


def calls(name: str) -> Iterator[tuple[Path, ast.Call]]:
    """Give every call of a function of this name, with its file."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr == name:
                assert isinstance(node, ast.Call)
                yield path, node


def test_whatever_is_written_into_the_log_has_a_name() -> None:
    written = {
        str(call.args[1].value): path.name
        for path, call in calls("note")
        if len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
    }
    assert len(written) > 40
    assert {kind: path for kind, path in written.items() if kind not in labels.LOG} == {}


def test_every_setting_and_every_role_is_said() -> None:
    assert list(settings.TEXTS) == [field.name for field in fields(Settings)]
    assert people.MAY.keys() == people.PERSON_ROLES.keys()


def test_whatever_a_fact_is_written_as_it_has_a_name() -> None:
    assert (facts.KINDS.keys() | facts.WORDS.keys()) - labels.FACTS.keys() - {"here_at"} == set()
