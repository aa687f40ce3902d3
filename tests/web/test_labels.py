"""What the domain writes by code has a name on pages: kinds in the log, facts, settings."""

import ast
from collections.abc import Iterator
from inspect import signature
from pathlib import Path

from msgspec.structs import fields

from tests.shape.files import SOURCE
from tongbao.api.app import ROUTES
from tongbao.kernel.settings import Settings
from tongbao.web import facts, labels, words
from tongbao.web.operator import logged, people, settings


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
    assert {kind: path for kind, path in written.items() if kind not in logged.CONSOLE} == {}


def test_whatever_is_done_through_the_api_has_a_name_in_the_log() -> None:
    functions = [route.fn for route in ROUTES if "actor" in signature(route.fn).parameters]
    written = {
        f"{one.__module__.rpartition('.')[2]}.{one.__name__}".replace("_", "-") for one in functions
    }
    assert written == logged.ACTIONS.keys()
    assert logged.ACTIONS.keys().isdisjoint(logged.CONSOLE)


def test_facts_of_the_log_are_words() -> None:
    zh, en = words.of("zh", "Asia/Shanghai"), words.of("en", "Asia/Shanghai")
    said = {"decision": "approve", "reason": "", "points": 12_050, "locked": True, "at_till": "a"}
    told = "Decision: Approve; Reason: ; Points: 120.50; Locked: yes; at till: a"
    assert logged.tell(said, en) == told
    assert logged.tell({"decision": "approve"}, zh) == "裁定: 批准"
    assert logged.tell({"to": None, "scopes": ["a", "b"]}, en) == "Scopes: a, b"


def test_every_setting_and_every_role_is_said() -> None:
    assert list(settings.TEXTS) == [field.name for field in fields(Settings)]
    assert people.MAY.keys() == people.PERSON_ROLES.keys()


def test_whatever_a_fact_is_written_as_it_has_a_name() -> None:
    assert (facts.KINDS.keys() | facts.WORDS.keys()) - labels.FACTS.keys() - {"here_at"} == set()
