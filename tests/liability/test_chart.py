"""Accounts of a general ledger have names of their own, in both books, for every movement."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongbao.alliance.types import Organisation
from tongbao.ledger.books import MEMBER_KINDS
from tongbao.ledger.movements import MOVEMENTS, M
from tongbao.liability.chart import MEMBERS, Chart, chart, plain, side

ACCOUNT = re.compile(r"(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+")
AMONG_MEMBERS = {M.GIFT, M.MERGE_WALLET, M.MERGE_HELD, M.MERGE_PENDING, M.MERGE_OWING}


def organisations(*codes: str) -> list[Organisation]:
    return [
        Organisation(
            id=n, code=code, name=code, role="merchant", status="active",
            registered_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for n, code in enumerate(codes, start=1)
    ]  # fmt: skip


def named(whose: int | None) -> Chart:
    return chart(organisations("wanda", "hotel"), whose)


@pytest.mark.parametrize("movement", [m for m in M if m not in AMONG_MEMBERS], ids=lambda m: m.name)
def test_every_movement_has_two_accounts_in_every_book(movement: M) -> None:
    rule = MOVEMENTS[movement]
    source, target = side(rule.from_kind, 1), side(rule.to_kind, 2)
    own = [who for who in (1, 2) if who in (source.owner, target.owner)]
    assert own or movement is M.RELEASE or rule.from_kind in MEMBER_KINDS
    for whose in (None, *own):
        accounts = named(whose).sides(movement, source, target)
        assert all(ACCOUNT.fullmatch(account) for account in accounts)
        assert accounts[0] != accounts[1]


def test_in_its_own_book_a_refund_undoes_the_income_of_the_sale() -> None:
    book = named(2)
    claim = book.sides(M.CLAIM, side("clearing", 1), side("clearing", 2))
    back = book.sides(M.COUNTERCLAIM, side("clearing", 2), side("clearing", 1))
    assert claim == ("Income:Claims:WANDA", "Assets:Clearing")
    assert back == claim[::-1]
    assert named(1).sides(M.CLAIM, side("clearing", 1), side("clearing", 2)) == (
        "Assets:Clearing",
        "Expenses:Claims:HOTEL",
    )


def test_members_have_one_account_of_each_kind() -> None:
    assert named(None).account(side("wallet", 77)) == "Assets:Members:Wallet"
    assert side("wallet", 77).owner == MEMBERS
    assert named(None).counterparty(MEMBERS, 1) == "members"
    assert named(None).counterparty(2, 1) == "hotel"
    assert named(None).counterparty(1, 1) == ""


def test_codes_that_look_alike_keep_apart_and_the_older_keeps_its_name() -> None:
    names = chart(organisations("a.b", "A-b", "a-b-2", "___", "--", "9"), None).names
    assert names == {1: "A-B", 2: "A-B-2", 3: "A-B-2-3", 4: "X", 5: "X-5", 6: "9"}


@given(st.lists(st.from_regex(r"[A-Za-z0-9._-]{1,8}", fullmatch=True), unique=True, max_size=40))
def test_names_are_valid_and_unique_and_do_not_change_when_others_join(codes: list[str]) -> None:
    names = chart(organisations(*codes), None).names
    assert len(set(names.values())) == len(codes)
    assert all(ACCOUNT.fullmatch(f"Assets:{name}") for name in names.values())
    fewer = chart(organisations(*codes[: len(codes) // 2]), None).names
    assert fewer.items() <= names.items()


def test_a_code_is_written_in_capitals() -> None:
    assert plain("wanda_cinema.sh") == "WANDA-CINEMA-SH"
