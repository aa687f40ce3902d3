"""A refusal is a code, a sentence and facts."""

import pytest

from tongbao.kernel.errors import REFUSALS, Refusal, Refused


class CupboardBare(Refused):
    code = "cupboard-bare"
    text = "the cupboard of {owner} holds {found}"


@pytest.fixture(autouse=True, scope="module")
def _forget() -> object:
    """Take the test's own refusal out of the product's list when done."""
    yield None
    REFUSALS.pop("cupboard-bare")


def test_a_refusal_says_its_sentence_with_its_facts() -> None:
    refusal = CupboardBare(owner="Mother Hubbard", found=0)
    assert str(refusal) == "the cupboard of Mother Hubbard holds 0"
    assert refusal.facts == {"owner": "Mother Hubbard", "found": 0}
    assert isinstance(refusal, Refusal)


def test_refusals_are_listed_by_code() -> None:
    assert REFUSALS["cupboard-bare"] is CupboardBare


def test_a_code_may_be_used_once() -> None:
    with pytest.raises(AssertionError, match="defined twice"):
        type("Other", (Refused,), {"code": "cupboard-bare"})


def test_kinds_have_no_code_of_their_own() -> None:
    assert "" not in REFUSALS
