from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongbao.alliance import contracts, organisations
from tongbao.alliance.types import Organisation, Terms
from tongbao.kernel import db as database
from tongbao.kernel import limits, lists, texts
from tongbao.kernel.db import Connection
from tongbao.ledger import lock

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


def is_bounded(db: Connection, organisation: Organisation) -> bool:
    row = db.execute(
        "SELECT bounded FROM ledger.account WHERE owner_id = %s AND kind = 'issued'",
        (organisation.id,),
    ).fetchone()
    assert row is not None
    return bool(row[0])


def test_terms_that_say_nothing_are_one_percent_postpaid_at_par_for_ever() -> None:
    assert Terms() == Terms(
        earn_rate=10_000,
        earn_step=1,
        prepaid_share=0,
        reimbursement=1_000_000,
        acceptance_fee=0,
        issue_fee=0,
        redemption_share=1_000_000,
        expiry_months=None,
        breakage_to="issuer",
        earn_on="cash",
        credit_limit=None,
        cycle="daily",
        block=None,
        replenish_below=None,
        alert_at=(800_000, 950_000),
    )


def test_every_term_comes_back_as_it_was_signed(
    db: Connection, cinema: Organisation, at: datetime
) -> None:
    terms = Terms(
        earn_rate=1,
        earn_step=9,
        prepaid_share=2,
        reimbursement=3,
        acceptance_fee=4,
        issue_fee=5,
        redemption_share=6,
        expiry_months=7,
        breakage_to="operator",
        earn_on="total",
        credit_limit=8,
        cycle="monthly",
        block=9,
        replenish_below=10,
        alert_at=(11, 12, 13),
    )
    contract = contracts.sign(db, cinema.id, terms, at, at)
    assert contracts.history(db, cinema.id) == [contract]
    assert contracts.terms_at(db, cinema.id, at) == terms


def test_the_version_with_the_latest_start_not_after_the_business_time_rules(
    db: Connection, cinema: Organisation, at: datetime
) -> None:
    first, second = Terms(earn_rate=10_000), Terms(earn_rate=20_000)
    contracts.sign(db, cinema.id, first, at, at)
    contracts.sign(db, cinema.id, second, at + DAY, at)
    with pytest.raises(contracts.NoContract):
        contracts.terms_at(db, cinema.id, at - MICROSECOND)
    assert contracts.terms_at(db, cinema.id, at) == first
    assert contracts.terms_at(db, cinema.id, at + DAY - MICROSECOND) == first
    assert contracts.terms_at(db, cinema.id, at + DAY) == second
    assert contracts.terms_at(db, cinema.id, datetime(2900, 1, 1, tzinfo=UTC)) == second


def test_a_version_starts_after_every_other_one(
    db: Connection, cinema: Organisation, at: datetime
) -> None:
    contracts.sign(db, cinema.id, Terms(), at, at)
    for valid_from in (at, at - DAY):
        with pytest.raises(contracts.ContractOutOfOrder):
            contracts.sign(db, cinema.id, Terms(earn_rate=1), valid_from, at)
    assert [version.terms for version in contracts.history(db, cinema.id)] == [Terms()]


def test_a_contract_may_start_in_the_past_but_not_before_2000_nor_in_ages(
    db: Connection, cinema: Organisation, at: datetime
) -> None:
    for valid_from in (
        datetime(1900, 1, 1, tzinfo=UTC),
        limits.EARLIEST - MICROSECOND,
        at + limits.CONTRACT_AHEAD + MICROSECOND,
        datetime(2900, 1, 1, tzinfo=UTC),
    ):
        with pytest.raises(contracts.ContractDateOutOfRange):
            contracts.sign(db, cinema.id, Terms(), valid_from, at)
    contracts.sign(db, cinema.id, Terms(), limits.EARLIEST, at)
    contracts.sign(db, cinema.id, Terms(), at + limits.CONTRACT_AHEAD, at)


def test_terms_beyond_their_bounds_are_refused_and_nothing_is_written(
    db: Connection, cinema: Organisation, at: datetime
) -> None:
    rates = ("earn_rate", "prepaid_share", "reimbursement", "acceptance_fee", "issue_fee")
    wrong: list[dict[str, Any]] = [
        *({rate: bad} for rate in (*rates, "redemption_share") for bad in (-1, 1_000_001, 2**63)),
        *({"earn_step": bad} for bad in (0, -1, limits.AMOUNT + 1, 2**63)),
        *({"expiry_months": bad} for bad in (0, -1, 1_201, 2**63)),
        *({"credit_limit": bad} for bad in (-1, limits.AMOUNT + 1, 2**63)),
        *({"block": bad, "prepaid_share": 1} for bad in (-1, 0, limits.AMOUNT + 1, 2**63)),
        *({"block": 1, "prepaid_share": 1, "replenish_below": bad} for bad in (-1, 0, 2**63)),
        *({"alert_at": (bad,)} for bad in (-1, 0, 1_000_001, 2**63)),
    ]
    for change in wrong:
        with pytest.raises(contracts.TermsMalformed):
            contracts.sign(db, cinema.id, msgspec.structs.replace(Terms(), **change), at, at)
    for term in ("breakage_to", "earn_on", "cycle"):
        terms = msgspec.structs.replace(Terms(), **{term: "nobody\0"})
        with pytest.raises(texts.ChoiceMalformed):
            contracts.sign(db, cinema.id, terms, at, at)
    assert contracts.history(db, cinema.id) == []


def test_terms_that_say_nothing_without_another_are_refused(
    db: Connection, cinema: Organisation, at: datetime
) -> None:
    for terms in (
        Terms(block=1),
        Terms(replenish_below=1),
        Terms(alert_at=(2, 1)),
        Terms(alert_at=(1, 1)),
    ):
        with pytest.raises(contracts.TermsContradictory):
            contracts.sign(db, cinema.id, terms, at, at)
    with pytest.raises(lists.ListTooLong):
        contracts.sign(db, cinema.id, Terms(alert_at=tuple(range(1, 10))), at, at)
    assert contracts.history(db, cinema.id) == []
    contracts.sign(db, cinema.id, Terms(alert_at=()), at, at)
    assert contracts.terms_at(db, cinema.id, at).alert_at == ()


def test_only_an_organisation_that_is_there_and_not_closed_signs(
    db: Connection, cinema: Organisation, at: datetime
) -> None:
    with pytest.raises(organisations.OrganisationNotFound):
        contracts.sign(db, 2**63, Terms(), at, at)
    organisations.set_status(db, cinema.id, "suspended")
    contracts.sign(db, cinema.id, Terms(), at, at)
    organisations.set_status(db, cinema.id, "closed")
    with pytest.raises(organisations.OrganisationClosed):
        contracts.sign(db, cinema.id, Terms(), at + DAY, at)


def test_a_version_is_never_changed(db: Connection, cinema: Organisation, at: datetime) -> None:
    contracts.sign(db, cinema.id, Terms(), at, at)
    for statement in (
        "UPDATE alliance.contract SET earn_rate = 1",
        "DELETE FROM alliance.contract",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(statement.encode())


def test_an_organisation_is_bounded_from_its_first_limit_or_reserve_on(
    db: Connection, cinema: Organisation, hotel: Organisation, at: datetime
) -> None:
    contracts.sign(db, cinema.id, Terms(), at, at)
    assert not is_bounded(db, cinema)
    contracts.sign(db, cinema.id, Terms(credit_limit=0), at + DAY, at)
    assert is_bounded(db, cinema)
    assert not is_bounded(db, hotel)
    contracts.sign(db, hotel.id, Terms(prepaid_share=1), at, at)
    assert is_bounded(db, hotel)


def test_a_bound_stays_because_back_dated_operations_may_still_meet_it(
    db: Connection, cinema: Organisation, at: datetime
) -> None:
    contracts.sign(db, cinema.id, Terms(prepaid_share=500_000), at, at)
    contracts.sign(db, cinema.id, Terms(), at + DAY, at)
    assert is_bounded(db, cinema)


def test_terms_change_between_postings_and_not_under_one(
    db: Connection, database_url: str, cinema: Organisation, at: datetime
) -> None:
    with database.connect(database_url) as other, other.transaction():
        lock.fence(other)
        db.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            contracts.sign(db, cinema.id, Terms(credit_limit=1), at, at)
    assert contracts.history(db, cinema.id) == []


@given(
    st.builds(
        Terms,
        earn_rate=st.integers(0, limits.RATE),
        prepaid_share=st.integers(0, limits.RATE),
        expiry_months=st.none() | st.integers(1, 1_200),
        credit_limit=st.none() | st.integers(0, limits.AMOUNT),
        alert_at=st.sets(st.integers(1, limits.RATE), max_size=8).map(sorted).map(tuple),
    )
)
def test_terms_within_their_bounds_are_let_through(terms: Terms) -> None:
    contracts._check_terms(terms)
