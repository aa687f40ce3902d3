"""Keys: identities made comparable, so that one person's two spellings meet. Nothing is read."""

import hmac
import re
import unicodedata
from typing import Final, get_args

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from tongbao.kernel import limits, texts
from tongbao.kernel.errors import Malformed
from tongbao.members.types import Identity, Key, Kind

_REGION: Final = "CN"
_CARD: Final = re.compile(r"[0-9A-Z]{4,32}")
# Whatever is printed between the groups of a card number: spaces, hyphens, dashes, minus.
_GAPS: Final = re.compile(r"[\s\u2010-\u2015\u2212-]+")
_LONGEST_PHONE: Final = 40
_LONGEST_CARD: Final = 80
_HINT: Final = 4
_KINDS: Final = get_args(Kind)
_LARGEST_ID: Final = 2**63 - 1


class IdentityMalformed(Malformed):
    code = "identity-malformed"
    text = "this {kind} cannot be an identity: {reason}"


def normalise(identity: Identity, secret: str) -> Key:
    """Give the key of an identity; ``secret`` keys the hash of a phone and never changes.

    Refuses ``choice-malformed`` for an unknown kind and ``identity-malformed``; neither repeats
    what was given, because refusals are kept and shown.
    """
    assert secret, "a phone without a keyed hash could be found by trying all numbers"
    texts.choice("kind", identity.kind, _KINDS)
    if not 0 <= identity.issuer_id <= _LARGEST_ID:
        raise _refuse(identity, "its issuer is no id")
    match identity.kind:
        case "phone":
            return _phone(identity, secret)
        case "card":
            return _card(identity)
        case "external":
            return _external(identity)


def e164(phone: str) -> str:
    """Give a phone as the world writes it, such as +8613800138000; ``identity-malformed``."""
    return _e164(Identity(kind="phone", value=phone))


def _phone(identity: Identity, secret: str) -> Key:
    if identity.issuer_id:
        raise _refuse(identity, "a phone has no issuer")
    number = _e164(identity)
    digest = hmac.digest(secret.encode(), number.encode(), "sha256").hex()
    return Key("phone", 0, digest, number[-_HINT:])


def _e164(identity: Identity) -> str:
    if len(identity.value) > _LONGEST_PHONE:
        raise _refuse(identity, f"it has more than {_LONGEST_PHONE} characters")
    try:
        number = phonenumbers.parse(identity.value, _REGION)
    except NumberParseException:
        raise _refuse(identity, "it is not a phone number") from None
    if not phonenumbers.is_valid_number(number):
        raise _refuse(identity, "no country has such a number")
    if number.extension:
        raise _refuse(identity, "an extension is not one person's phone")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _card(identity: Identity) -> Key:
    if len(identity.value) <= _LONGEST_CARD:
        value = _GAPS.sub("", unicodedata.normalize("NFKC", identity.value))
        # ASCII first: the upper case of some other letters is ASCII, and two cards would be one.
        if value.isascii() and _CARD.fullmatch(value.upper()):
            value = value.upper()
            return Key("card", identity.issuer_id, value, value[-_HINT:])
    raise _refuse(identity, "it must have 4 to 32 digits and letters")


def _external(identity: Identity) -> Key:
    if not identity.issuer_id:
        raise _refuse(identity, "the organisation that gave it must be named")
    if len(identity.value) <= limits.NAME:
        try:
            folded = unicodedata.normalize("NFKC", identity.value)
            value = texts.line("external id", folded, limits.CODE)
        except texts.TextMalformed:
            pass
        else:
            return Key("external", identity.issuer_id, value, value[-_HINT:])
    raise _refuse(identity, f"it must have 1 to {limits.CODE} printable characters")


def _refuse(identity: Identity, reason: str) -> IdentityMalformed:
    return IdentityMalformed(kind=identity.kind, reason=reason)
