import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongbao.kernel import texts
from tongbao.members.keys import IdentityMalformed, normalise
from tongbao.members.types import Identity, Key

SECRET = "a secret of the tests"


@pytest.mark.parametrize(
    "value",
    [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "+86 138 0013 8000",
        "+8613800138000",
        "008613800138000",
        "８６１３８００１３８０００",
        "tel:+86-138-0013-8000",
    ],
)
def test_all_spellings_of_a_phone_have_one_key(value: str) -> None:
    assert normalise(Identity("phone", value), SECRET) == Key(
        "phone", 0, "bd1f04be19c284f86e0af51c0a91752136aae18f095fee499dd340fe4c7026d0", "8000"
    )


def test_phones_of_other_countries_are_phones_too() -> None:
    abroad = ["+852 5123 4567", "+1 650 253 0000", "+44 20 7031 3000", "010-8888 8888"]
    keys = {normalise(Identity("phone", value), SECRET) for value in abroad}
    assert {key.hint for key in keys} == {"4567", "0000", "3000", "8888"}


def test_the_hash_of_a_phone_depends_on_the_secret() -> None:
    phone = Identity("phone", "13800138000")
    assert normalise(phone, "one secret").value != normalise(phone, "another one").value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nobody",
        "110",
        "12345678",
        "11111111111",
        "1380013800",
        "+86 13800138000 ext 5",
        "+999 123456",
        "138\x000013800",
        "\ud800",
        "1" * 10_000_000,
    ],
    ids=lambda value: ascii(value[:24]),
)
def test_what_is_nobodys_phone_is_refused_without_being_repeated(value: str) -> None:
    with pytest.raises(IdentityMalformed) as refused:
        normalise(Identity("phone", value), SECRET)
    assert not value or value not in str(refused.value)
    assert set(refused.value.facts) == {"kind", "reason"}


def test_a_phone_has_no_issuer() -> None:
    with pytest.raises(IdentityMalformed):
        normalise(Identity("phone", "13800138000", 7), SECRET)


@pytest.mark.parametrize(
    "value", ["AB12345678", "ab12345678", " AB 1234-5678 ", "ａｂ１２３４５６７８", "AB–1234—5678"]
)
def test_all_spellings_of_a_card_have_one_key(value: str) -> None:
    assert normalise(Identity("card", value), SECRET) == Key("card", 0, "AB12345678", "5678")


def test_cards_of_two_issuers_are_two_cards() -> None:
    ours, theirs = (normalise(Identity("card", "12345678", n), SECRET) for n in (0, 7))
    assert ours != theirs


@pytest.mark.parametrize(
    "value",
    ["", "123", "1" * 33, "1234_5678", "1234\0", "卡号12345", "ßßßß", "ıııı", "1 " * 5_000_000],
    ids=lambda value: ascii(value[:24]),
)
def test_what_is_no_card_number_is_refused(value: str) -> None:
    with pytest.raises(IdentityMalformed):
        normalise(Identity("card", value), SECRET)


def test_an_external_id_is_trimmed_and_folded_but_keeps_its_case() -> None:
    key = normalise(Identity("external", "\u3000Ｍember-①号 ", 7), SECRET)
    assert key == Key("external", 7, "Member-1号", "r-1号")


@pytest.mark.parametrize(
    "value",
    ["", "  ", "x" * 65, "a\0b", "a\nb", "\ud800", "\ufdfa" * 4, "x" * 10_000_000],
    ids=lambda value: ascii(value[:24]),
)
def test_what_is_no_external_id_is_refused(value: str) -> None:
    with pytest.raises(IdentityMalformed):
        normalise(Identity("external", value, 7), SECRET)


@pytest.mark.parametrize("issuer", [0, -1, 2**63])
def test_an_external_id_names_who_gave_it(issuer: int) -> None:
    with pytest.raises(IdentityMalformed):
        normalise(Identity("external", "member-1", issuer), SECRET)


def test_there_are_three_kinds() -> None:
    with pytest.raises(texts.ChoiceMalformed):
        normalise(Identity("fax", "13800138000"), SECRET)  # type: ignore[arg-type]


@given(st.text(max_size=90))
def test_a_card_or_external_id_is_refused_or_its_own_normal_form(value: str) -> None:
    for identity in (Identity("card", value), Identity("external", value, 7)):
        try:
            key = normalise(identity, SECRET)
        except IdentityMalformed:
            continue
        again = Identity(key.kind, key.value, key.issuer_id)
        assert normalise(again, SECRET) == key
        assert not {"Cc", "Cs", "Zl", "Zp"} & set(map(unicodedata.category, key.value))
        assert unicodedata.is_normalized("NFKC", key.value)
