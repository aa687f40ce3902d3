"""Who stands before the till: by phone, card, external id, or the payment code on the phone.

One function for all doors. A wrong code costs the terminal a try: whoever guesses is stopped
long before a guess is likely to be right.
"""

import re
from datetime import datetime, timedelta
from typing import Final, Literal

from msgspec import Struct

from tongbao.access import devices, guesses
from tongbao.access.guesses import Bound, TooManyAttempts
from tongbao.kernel import texts
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import NotFound
from tongbao.members import identities
from tongbao.members.types import Identity
from tongbao.points.operations import CodeUse
from tongbao.till import payment_code

Means = Literal["phone", "card", "external", "code"]

WRONG_AT_TERMINAL: Final = Bound("payment-code", 10, timedelta(minutes=10))
WRONG_AT_ORGANISATION: Final = Bound("payment-code-org", 50, timedelta(minutes=10))
REPEATED: Final = 24 * 60
"""Minutes for which a code is recognised, so that a repeated request is answered as it was. It
is good for a minute only: the posting decides that, after it has looked for the key."""

_NOBODYS: Final = bytes(devices.SECRET)
"""Looked through where there is no device, so that it takes as long."""

_PHONE: Final = re.compile(r"(\+|00)[0-9 ()-]{7,20}|1[3-9][0-9]{9}")


class PaymentCodeUnknown(NotFound):
    code = "payment-code-unknown"
    text = "no member's phone shows this payment code"


class Place(Struct, frozen=True):
    """Where somebody is identified: the organisation that asks, its outlet and till."""

    organisation: int
    outlet: str = ""
    terminal: str = ""


class Secrets(Struct, frozen=True):
    """The settings ``identity_secret`` and ``access_secret``."""

    identity: str
    access: str


class Identified(Struct, frozen=True):
    """The member, and the payment code that an operation is to use up."""

    member: int
    code: CodeUse | None = None


def means_of(scanned: str) -> Means:
    """Tell what a scanned or typed text is: a payment code, a phone, or else a card."""
    if payment_code.looks_like(scanned):
        return "code"
    return "phone" if _PHONE.fullmatch(scanned.strip()) else "card"


def identify(
    conn: Connection,
    means: Means,
    value: str,
    place: Place,
    at: datetime,
    *,
    secrets: Secrets,
    issuer: int = 0,
) -> Identified | PaymentCodeUnknown | TooManyAttempts:
    """Give the member whom ``value`` leads to; ``issuer``: whose card or external id it is.

    A wrong payment code is given back and not raised, for the try must be committed. Refuses
    what ``identities.find`` refuses and ``payment-code-malformed``.
    """
    if means != "code":
        identity = Identity(kind=means, value=value, issuer_id=issuer)
        return Identified(identities.find(conn, identity, secret=secrets.identity))
    return by_code(conn, value, place, at, payment_code.step_at(at), key=secrets.access)


def by_code(
    conn: Connection, value: str, place: Place, at: datetime, step: int, *, key: str
) -> Identified | PaymentCodeUnknown | TooManyAttempts:
    """Give the member whose device shows a code in minute ``step`` or not long before.

    ``key`` is the setting ``access_secret``. An offline till gives the minute of its line.
    """
    code = payment_code.read(value)
    bounds = [
        (WRONG_AT_TERMINAL, _subject(place)),
        (WRONG_AT_ORGANISATION, f"{place.organisation}"),
    ]
    for bound, subject in bounds:
        blocked = guesses.refused(conn, bound, subject, at)
        if blocked is not None:
            return blocked
    device = devices.armed(conn, code.device, key=key)
    secret = _NOBODYS if device is None else device.secret
    found = payment_code.find_step(secret, code, payment_code.near(step, back=REPEATED))
    if device is None or found is None:
        for bound, subject in bounds:
            guesses.count(conn, bound, subject, at)
        return PaymentCodeUnknown()
    return Identified(device.member_id, CodeUse(code.device, found))


def _subject(place: Place) -> str:
    where = texts.shown(place.outlet), texts.shown(place.terminal)
    return "/".join((str(place.organisation), *where))
