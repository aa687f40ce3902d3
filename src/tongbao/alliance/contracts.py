"""Contracts: terms from a day on. A version is never changed; the next one takes its place."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, get_args

import msgspec

from tongbao.alliance import changes, organisations
from tongbao.alliance.types import Contract, Terms
from tongbao.kernel import arrays, limits, lists, sql, texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Conflict, Malformed, Refused
from tongbao.ledger import accounts

Q = sql.load(__package__)

_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(Terms))
_RATES: Final = (
    "earn_rate",
    "prepaid_share",
    "reimbursement",
    "acceptance_fee",
    "issue_fee",
    "redemption_share",
)
_MONTHS: Final = 1_200


class TermsMalformed(Malformed):
    code = "terms-malformed"
    text = "{term} is {given}; it must lie between {least} and {most}"


class TermsContradictory(Malformed):
    code = "terms-contradictory"
    text = "{term} needs {needs}"


class ContractDateOutOfRange(Malformed):
    code = "contract-date-out-of-range"
    text = "a contract cannot start at {valid_from}; it must be between {earliest} and {latest}"


class ContractOutOfOrder(Conflict):
    code = "contract-out-of-order"
    text = "organisation {organisation} has a version from {latest} on, {valid_from} is no later"


class NoContract(Refused):
    code = "no-contract"
    text = "organisation {organisation} has no contract that applies at {when}"


def sign(
    conn: Connection, organisation_id: int, terms: Terms, valid_from: datetime, at: datetime
) -> Contract:
    """Let ``terms`` rule from the business time ``valid_from`` on.

    Waits for postings under way: terms, and whether the organisation is bounded, change between
    batches and never within one. Refuses ``terms-malformed``, ``terms-contradictory``,
    ``choice-malformed``, ``list-too-long``, ``contract-date-out-of-range``,
    ``organisation-not-found``, ``organisation-closed`` and, unless it starts after every version
    there is, ``contract-out-of-order``.
    """
    _check_terms(terms)
    latest = at + limits.CONTRACT_AHEAD
    if not limits.EARLIEST <= valid_from <= latest:
        raise ContractDateOutOfRange(valid_from=valid_from, earliest=limits.EARLIEST, latest=latest)
    organisations.lock_open(conn, organisation_id)
    versions = history(conn, organisation_id)
    if versions and valid_from <= versions[-1].valid_from:
        raise ContractOutOfOrder(
            organisation=organisation_id, latest=versions[-1].valid_from, valid_from=valid_from
        )
    changes.begin(conn)
    values = msgspec.structs.asdict(terms) | {"alert_at": arrays.ints(terms.alert_at)}
    conn.execute(
        Q.insert_contract,
        values | {"organisation": organisation_id, "valid_from": valid_from, "at": at},
    )
    contract = Contract(
        organisation_id=organisation_id, valid_from=valid_from, terms=terms, written_at=at
    )
    # Every version counts: a back-dated operation may still fall under the oldest one.
    bounded = any(_is_bounded(version.terms) for version in [*versions, contract])
    accounts.set_bounded(conn, organisation_id, bounded=bounded)
    return contract


def amend(
    conn: Connection,
    organisation_id: int,
    changes: Mapping[str, Any],
    valid_from: datetime,
    at: datetime,
    *,
    fresh: bool = False,
) -> Contract:
    """Sign the terms that rule at ``valid_from``, but for the ``changes``; see ``sign``.

    Without terms that rule then, and if it is a ``fresh`` start, what is not given is as when
    unset. Refuses what ``sign`` refuses.
    """
    before = Terms()
    if not fresh:
        with suppress(NoContract):
            before = terms_at(conn, organisation_id, valid_from)
    terms = msgspec.structs.replace(before, **changes)
    return sign(conn, organisation_id, terms, valid_from, at)


def terms_at(conn: Connection, organisation_id: int, when: datetime) -> Terms:
    """Give the terms that rule at the business time ``when``; refuses ``no-contract``."""
    return version_at(conn, organisation_id, when).terms


def version_at(conn: Connection, organisation_id: int, when: datetime) -> Contract:
    """Give the version that rules at the business time ``when``; refuses ``no-contract``."""
    values = {"organisation": organisation_id, "moment": when}
    row = conn.execute(Q.contract_at, values).fetchone()
    if row is None:
        raise NoContract(organisation=organisation_id, when=when)
    return _read(row)


def history(conn: Connection, organisation_id: int) -> list[Contract]:
    """Give all versions of an organisation's contract, oldest first; none is an empty list."""
    rows = conn.execute(Q.contract_history, {"organisation": organisation_id})
    return [_read(row) for row in rows]


def _read(row: tuple[Any, ...]) -> Contract:
    organisation_id, valid_from, written_at, *terms, alert_at = row
    return Contract(
        organisation_id=organisation_id,
        valid_from=valid_from,
        terms=Terms(**dict(zip(_FIELDS, (*terms, tuple(alert_at)), strict=True))),
        written_at=written_at,
    )


def _is_bounded(terms: Terms) -> bool:
    return terms.credit_limit is not None or terms.prepaid_share > 0


def _check_terms(terms: Terms) -> None:
    for rate in _RATES:
        _check_between(rate, getattr(terms, rate), 0, limits.RATE)
    _check_between("earn_step", terms.earn_step, 1, limits.AMOUNT)
    if terms.expiry_months is not None:
        _check_between("expiry_months", terms.expiry_months, 1, _MONTHS)
    if terms.credit_limit is not None:
        _check_between("credit_limit", terms.credit_limit, 0, limits.AMOUNT)
    for field in msgspec.structs.fields(Terms):
        if field.name in ("breakage_to", "earn_on", "cycle"):
            texts.choice(field.name, getattr(terms, field.name), get_args(field.type))
    _check_block(terms)
    _check_alerts(terms.alert_at)


def _check_block(terms: Terms) -> None:
    for term in ("block", "replenish_below"):
        given = getattr(terms, term)
        if given is not None:
            _check_between(term, given, 1, limits.AMOUNT)
    if terms.block is not None and not terms.prepaid_share:
        raise TermsContradictory(term="block", needs="a prepaid_share above zero")
    if terms.replenish_below is not None and terms.block is None:
        raise TermsContradictory(term="replenish_below", needs="a block")


def _check_alerts(levels: tuple[int, ...]) -> None:
    lists.check("alert_at", levels, limits.ALERT_LEVELS)
    for level in levels:
        _check_between("alert_at", level, 1, limits.RATE)
    if list(levels) != sorted(set(levels)):
        raise TermsContradictory(term="alert_at", needs="levels that rise")


def _check_between(term: str, given: int, least: int, most: int) -> None:
    if not least <= given <= most:
        raise TermsMalformed(term=term, given=given, least=least, most=most)
