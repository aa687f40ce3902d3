"""Every command of ``tongbao`` is on the page of commands with its options, and no other is."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import typer

from tests.api import routes as api_routes
from tests.shape.files import DOCS, table_rows
from tongbao.cli import COMMANDS

PAGE = DOCS / "reference" / "commands.md"
OVER_HTTP = DOCS / "reference" / "commands-over-http.md"
COMPLETION = {"--install-completion", "--show-completion"}


def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, set[str]]]:
    """Give each command below (and a group that is one itself) as its words, with its options."""
    options = {
        option
        for parameter in command.params
        if parameter.param_type_name == "option"
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    below = getattr(command, "commands", {})
    if not below or options - {"--help"}:
        yield " ".join(path), options - {"--help"}
    for name, found in below.items():
        yield from walk(found, (*path, name))


def known() -> dict[str, set[str]]:
    """Give all commands with their options."""
    return {
        words: options
        for name, where in COMMANDS.items()
        for words, options in walk(
            typer.main.get_command(import_module(f"tongbao.cli.{where.module}").app), (name,)
        )
    }


def documented() -> tuple[set[str], dict[str, set[str]]]:
    """Give the options that the page explains once, and each row's command with its own."""
    common: set[str] = set()
    rows: dict[str, set[str]] = {}
    for row in table_rows(PAGE):
        first = row[0].strip("`")
        if first.startswith("--"):
            common.add(first)
        elif row[0].startswith("`"):
            words = re.match(r"[a-z-]+(?: [a-z-]+)*", first)
            assert words is not None, first
            rows[words[0]] = set(re.findall(r"--[a-z0-9-]+", row[-1]))
    return common, rows


def test_every_command_is_in_the_reference_and_the_other_way_round() -> None:
    _, rows = documented()
    assert sorted(rows) == sorted(known()), "a row for each: | `name` | what it does | options |"


def test_every_option_is_in_the_reference_and_the_other_way_round() -> None:
    common, rows = documented()
    wrong = {
        words: sorted((options ^ rows[words]) - common)
        for words, options in known().items()
        if words in rows and (options ^ rows[words]) - common
    }
    assert wrong == {}


def test_every_command_has_a_route_or_it_is_said_why_not() -> None:
    rows = {row[0].strip("`"): row[1] for row in table_rows(OVER_HTTP) if row[0].startswith("`")}
    assert sorted(rows) == sorted(known()), "a row for each: | `name` | `METHOD /path` |"
    routes = {words: re.findall(r"`((?:[A-Z]+) /[^`]*)`", text) for words, text in rows.items()}
    silent = {words for words, found in routes.items() if not found and rows[words][0] != "–"}
    served = {route.name for route, _ in api_routes.served()}
    gone = {route for found in routes.values() for route in found} - served
    assert (silent, gone) == (set(), set())


def test_completion_is_an_option_of_the_program_and_of_no_command() -> None:
    assert {words: found for words, found in known().items() if found & COMPLETION} == {}
