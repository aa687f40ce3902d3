"""Merchant category codes: ISO 18245, with what the card networks have added to it."""

import re
from typing import Final

import iso18245

from tongbao.kernel import texts
from tongbao.kernel.errors import Malformed

_FORM: Final = re.compile(r"[0-9]{4}")


class MccUnknown(Malformed):
    code = "mcc-unknown"
    text = "{mcc!r} is not a merchant category code: {reason}"


def check(mcc: str) -> str:
    """Give ``mcc`` as it is; refuses ``mcc-unknown`` unless it is a code that says what is sold.

    Ranges that the standard reserves are refused, also for private use (3000-3999 name single
    airlines, car rentals and hotels), and so is a code that neither ISO nor a network lists.
    """
    if _FORM.fullmatch(mcc) is None:
        raise MccUnknown(mcc=texts.shown(mcc), reason="it must have four digits")
    if iso18245.get_mcc_range(mcc).reserved:
        raise MccUnknown(mcc=mcc, reason="its range is reserved")
    try:
        iso18245.get_mcc(mcc)
    except iso18245.MCCNotFound:
        raise MccUnknown(mcc=mcc, reason="no list has it") from None
    return mcc
