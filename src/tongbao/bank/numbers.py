"""What identifies accounts, banks and mandates: checked before it is kept."""

import re
from datetime import date
from typing import Final

from tongbao.bank.types import Details
from tongbao.kernel import limits, texts
from tongbao.kernel.errors import Malformed

# Chinese accounts have no IBAN and no common check digit; banks group their digits.
_NUMBER: Final = re.compile(r"[0-9]{6,34}")
_GROUPED: Final = str.maketrans("", "", " -")
_CNAPS: Final = re.compile(r"[0-9]{12}")
# The stricter of the two patterns in the schemas that the files must satisfy.
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z2-9][A-NP-Z0-9](?:[A-Z0-9]{3})?")
_MANDATE: Final = re.compile(r"[A-Za-z0-9+?/:().,'-][A-Za-z0-9+?/:().,' -]{0,33}[A-Za-z0-9)]")
# Spreadsheets take a text that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@")


class AccountMalformed(Malformed):
    code = "bank-account-malformed"
    text = "{field} {given!r} is not {wanted}"


def check(details: Details) -> Details:
    """Give the details of an account as they are kept: grouping removed, names trimmed.

    Refuses ``bank-account-malformed`` and ``text-malformed``.
    """
    number = details.number.translate(_GROUPED) if len(details.number) <= limits.CODE else ""
    _require("number", number, _NUMBER, "an account number of 6 to 34 digits", details.number)
    name = texts.line("name", details.name, limits.ACCOUNT_NAME)
    if name.startswith(_FORMULA):
        _refuse("name", name, "a name that begins with a letter or a digit")
    if details.bic is None and details.cnaps is None:
        _refuse("bank", "", "a BIC or a CNAPS code")
    if details.bic is not None:
        _require("bic", details.bic, _BIC, "a BIC of 8 or 11 capitals and digits")
    if details.cnaps is not None:
        _require("cnaps", details.cnaps, _CNAPS, "a CNAPS code of 12 digits")
    if (details.mandate is None) != (details.signed_on is None):
        _refuse("mandate", details.mandate or "", "a mandate with the date of its signature")
    if details.mandate is not None:
        _require("mandate", details.mandate, _MANDATE, "a mandate id of 2 to 35 characters")
    if details.signed_on is not None and details.signed_on < limits.EARLIEST.date():
        _refuse("signed_on", details.signed_on.isoformat(), "a date after 2000")
    return Details(
        number=number,
        name=name,
        bic=details.bic,
        cnaps=details.cnaps,
        mandate=details.mandate,
        signed_on=details.signed_on,
    )


def parse_date(name: str, text: str) -> date:
    """Read a date as in ISO 8601; refuses ``bank-account-malformed``."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise AccountMalformed(
            field=name, given=texts.shown(text), wanted="a date such as 2026-05-01"
        ) from error


def _require(
    field: str, text: str, pattern: re.Pattern[str], wanted: str, given: str | None = None
) -> None:
    if pattern.fullmatch(text) is None:
        _refuse(field, text if given is None else given, wanted)


def _refuse(field: str, given: str, wanted: str) -> None:
    raise AccountMalformed(field=field, given=texts.shown(given), wanted=wanted)
