"""Checks: what a person sees of an application before deciding on it.

None decides. What has failed cannot be accepted as it stands; what says ``look`` may be in order,
and somebody should know before signing.
"""

from typing import Final

from tongbao.alliance import formats, mcc, regions
from tongbao.bank import numbers
from tongbao.joining import credit_code
from tongbao.joining.types import Application, Check, Result
from tongbao.kernel import sql
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, NotFound

Q = sql.load(__package__)

LIKE_MONEY: Final = frozenset(
    {"4829", "6010", "6011", "6012", "6050", "6051", "6211", "6513", "6540", "7995"}
)
"""MCCs of money, securities, stored value and gambling: points would be changed into cash there."""

NAMES: Final = (
    "credit-code", "registered-at", "known", "applied", "name", "format", "region", "account",
    "holder", "account-used",
)  # fmt: skip
"""Every check, in the order in which they are shown."""


def of(conn: Connection, application: Application) -> list[Check]:
    """Give every check of an application, as things stand now."""
    found = [
        *_identity(application),
        *_duplicates(conn, application),
        _format(conn, application),
        _region(application),
        *_account(conn, application),
    ]
    return sorted(found, key=lambda check: NAMES.index(check.name))


def _identity(application: Application) -> list[Check]:
    code, outlet = application.wanted.credit_code, application.wanted.region
    business: Result = "passed" if credit_code.is_business(code) else "look"
    registered = credit_code.region(code)
    near: Result = (
        "passed" if regions.is_known(registered) and registered[:2] == outlet[:2] else "look"
    )
    return [
        Check(name="credit-code", result=business),
        Check(name="registered-at", result=near, facts={"region": registered}),
    ]


def _duplicates(conn: Connection, application: Application) -> list[Check]:
    wanted = application.wanted
    values = {
        "id": application.id,
        "credit_code": wanted.credit_code,
        "phone": wanted.phone,
        "name": wanted.name,
        "organisation": application.organisation_id,
    }
    joined = conn.execute(Q.joined_with, values).fetchone()
    others = [row[0] for row in conn.execute(Q.other_applications, values)]
    named = conn.execute(Q.same_name, values).fetchone()
    return [
        _whose("known", joined, "failed"),
        Check(name="applied", result="look", facts={"applications": others})
        if others
        else Check(name="applied", result="passed"),
        _whose("name", named, "look"),
    ]


def _whose(name: str, row: tuple[int, str] | None, result: Result) -> Check:
    """Give the check that finds an organisation, if there is one."""
    if row is None:
        return Check(name=name, result="passed")
    return Check(name=name, result=result, facts={"organisation": row[0], "called": row[1]})


def _format(conn: Connection, application: Application) -> Check:
    try:
        found = formats.find(conn, application.wanted.format)
        mcc.check(found.mcc)
    except (NotFound, Malformed):
        return Check(name="format", result="failed")
    result: Result = "look" if found.mcc in LIKE_MONEY else "passed"
    return Check(name="format", result=result, facts={"called": found.name, "mcc": found.mcc})


def _region(application: Application) -> Check:
    region = application.wanted.region
    result: Result = "passed" if regions.is_current(region) else "look"
    return Check(name="region", result=result, facts={"region": region})


def _account(conn: Connection, application: Application) -> list[Check]:
    account = application.wanted.account
    try:
        numbers.check(account)
        form: Result = "passed"
    except Malformed:
        form = "failed"
    same = _plain(account.name) == _plain(application.wanted.name)
    values = {"number": account.number, "organisation": application.organisation_id}
    return [
        Check(name="account", result=form),
        Check(name="holder", result="passed" if same else "look", facts={"called": account.name}),
        _whose("account-used", conn.execute(Q.account_of_another, values).fetchone(), "look"),
    ]


def _plain(name: str) -> str:
    """Give a name as banks compare it: without spaces, brackets alike."""
    return "".join(name.split()).casefold().replace("（", "(").replace("）", ")")
