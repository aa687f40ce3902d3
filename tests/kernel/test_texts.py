import json

import pytest

from tongbao.kernel import texts


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("新天地影城", "新天地影城"),
        ("  Café \n", "Café"),
        ("Cafe\u0301", "Café"),
        ("影城\u3000一店", "影城\u3000一店"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_line_is_trimmed_and_composed(given: str, kept: str) -> None:
    assert texts.line("name", given) == kept


@pytest.mark.parametrize(
    "given",
    ["", " \t\n", "x" * 201, "a\0b", "a\nb", "a\u2028b", "\ud800", "pay\u202eyap", "a\u0085b"],
    ids=ascii,
)
def test_a_line_that_is_empty_too_long_or_not_printable_is_refused(given: str) -> None:
    with pytest.raises(texts.TextMalformed) as refused:
        texts.line("name", given)
    assert str(refused.value) == "name must be 1 to 200 characters without control characters"


def test_a_text_that_grows_when_it_is_composed_is_measured_afterwards() -> None:
    with pytest.raises(texts.TextMalformed):
        texts.line("name", "\ufb2c" * 200)


def test_ten_megabytes_are_refused_at_once() -> None:
    with pytest.raises(texts.TextMalformed):
        texts.line("name", "通" * 10_000_000)
    with pytest.raises(texts.CodeMalformed):
        texts.code("code", "x" * 10_000_000)


@pytest.mark.parametrize("given", ["A", "shop-1", "a.b_c-9", "NULL", "x" * 64])
def test_a_code_is_kept_as_it_is(given: str) -> None:
    assert texts.code("code", given) == given


@pytest.mark.parametrize(
    "given", ["", " A", "A\n", "店", "a b", "x" * 65, "１", "a\0", "\ud800"], ids=ascii
)
def test_a_code_of_anything_else_is_refused(given: str) -> None:
    with pytest.raises(texts.CodeMalformed):
        texts.code("code", given)
    assert not texts.is_code(given)


def test_a_choice_outside_the_list_is_refused_with_the_list() -> None:
    texts.choice("role", "merchant", ("merchant", "partner"))
    with pytest.raises(texts.ChoiceMalformed) as refused:
        texts.choice("role", "king", ("merchant", "partner"))
    assert str(refused.value) == "role 'king' must be one of merchant, partner"


def test_what_a_refusal_repeats_can_be_printed_and_written_as_json() -> None:
    shown = texts.shown("a\ud800\0\u202e店" + "x" * 1_000)
    assert shown == "a???店" + "x" * 35
    json.dumps(shown).encode()
