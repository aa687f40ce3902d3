"""Every refusal has a code, a sentence with its facts, and a line in the reference."""

import ast
import string
from collections.abc import Iterator

import pytest

from tests.shape.files import DOCS, SOURCE, import_everything, list_files, name, parse, table_rows
from tongbao.kernel.errors import REFUSALS, Conflict, Malformed, NotFound, Refusal, Refused

PAGE = DOCS / "reference" / "refusals.md"
KINDS = (Refused, Malformed, NotFound, Conflict)


Known = dict[str, type[Refusal]]


@pytest.fixture(scope="module")
def known() -> Known:
    """Give the product's refusals by code (tests may define their own)."""
    import_everything()
    return {c: r for c, r in REFUSALS.items() if r.__module__.startswith("tongbao.")}


def fields(refusal: type[Refusal]) -> set[str]:
    """Give the facts that the text of a refusal names."""
    return {field for _, field, _, _ in string.Formatter().parse(refusal.text) if field is not None}


def find_refusing(known: Known) -> Iterator[tuple[str, type[Refusal], set[str]]]:
    """Find where the product makes a refusal: the place, the class and the facts given."""
    by_name = {refusal.__name__: refusal for refusal in known.values()}
    for path in list_files(".py", folders=("src",)):
        for node in ast.walk(parse(path)):
            if not isinstance(node, ast.Call):
                continue
            refusal = by_name.get(ast.unparse(node.func).rpartition(".")[2])
            given = {keyword.arg for keyword in node.keywords}
            if refusal and None not in given:
                place = f"{name(path)}:{node.lineno} {refusal.code}"
                yield place, refusal, {fact for fact in given if fact}


def test_every_refusal_has_a_line_in_the_reference_and_the_other_way_round(known: Known) -> None:
    documented = {row[0].strip("`") for row in table_rows(PAGE)}
    missing = sorted(known.keys() - documented)
    unknown = sorted(documented - known.keys())
    assert (missing, unknown) == ([], [])


def test_each_line_says_kind_meaning_and_what_to_do(known: Known) -> None:
    wrong = []
    for row in table_rows(PAGE):
        code = row[0].strip("`")
        refusal = known.get(code)
        if len(row) != 4 or not all(row):
            wrong.append(f"{code}: {row}")
        elif refusal and row[1] not in [k.__name__ for k in KINDS if issubclass(refusal, k)]:
            wrong.append(f"{code} is not {row[1]}")
    assert wrong == []


def test_the_reference_lists_each_code_once() -> None:
    codes = [row[0] for row in table_rows(PAGE)]
    assert sorted({code for code in codes if codes.count(code) > 1}) == []


def test_every_refusal_is_of_exactly_one_kind_and_has_a_sentence(known: Known) -> None:
    wrong = [
        code
        for code, refusal in known.items()
        if sum(issubclass(refusal, kind) for kind in KINDS) != 1
        or not refusal.text
        or not all(field.isidentifier() for field in fields(refusal))
    ]
    assert wrong == []


def test_every_refusal_is_given_the_facts_that_its_sentence_names(known: Known) -> None:
    poor = {
        place: sorted(fields(refusal) - given)
        for place, refusal, given in find_refusing(known)
        if fields(refusal) - given
    }
    assert poor == {}


def test_no_refusal_is_dead(known: Known) -> None:
    text = "".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    once = [c for c, refusal in known.items() if text.count(refusal.__name__) < 2]
    assert once == []
