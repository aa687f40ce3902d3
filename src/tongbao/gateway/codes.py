"""Response codes (field 39): what each refusal is to a terminal. One table, and what is left."""

from collections.abc import Mapping
from typing import Final

from tongbao.kernel.errors import REFUSALS, Conflict, Malformed, NotFound, Refusal

APPROVED: Final = "00"
OUT_OF_BALANCE: Final = "95"
FAILED: Final = "96"

AGAIN: Final = frozenset({"09", "90", "91", "96"})
"""Nothing is known to have been posted, and nothing was remembered: send the repeat."""

_BY_CODE: Final[Mapping[str, tuple[str, ...]]] = {
    "03": ("outlet-not-found", "outlet-closed", "organisation-not-active", "terminal-not-active"),
    "09": ("key-running",),
    "12": ("hold-closed", "hold-expired", "hold-captured", "not-reversible", "not-refundable"),
    "13": ("amount-malformed", "amount-out-of-range", "points-exceed-amount", "hold-exceeded"),
    "14": (
        "identity-not-found", "identity-malformed", "member-not-found", "payment-code-unknown",
        "payment-code-malformed",
    ),
    "21": ("reversed",),
    "25": ("hold-not-found", "operation-not-found"),
    "40": ("message-unknown",),
    "51": ("insufficient-points", "too-many-lots"),
    "54": ("payment-code-expired", "payment-code-used"),
    "58": ("sign-on-missing",),
    "61": ("step-up-required", "own-limit-exceeded"),
    "62": ("spend-locked", "wallet-dormant", "member-not-active", "member-merged"),
    "63": ("key-unknown", "signature-needed", "sign-on-refused"),
    "65": ("velocity-exceeded",),
    "75": ("too-many-attempts",),
    "90": ("no-open-window",),
    "91": (
        "answer-overdue", "database-unreachable", "outcome-unknown", "posting-collided",
        "teller-busy", "teller-closed", "too-many-requests",
    ),
    "94": ("key-reused",),
}  # fmt: skip

TABLE: Final[Mapping[str, str]] = {
    refusal: code for code, refusals in _BY_CODE.items() for refusal in refusals
}
"""Response codes by the code of the refusal."""


def of(code: str, kind: type[Refusal] | None = None) -> str:
    """Give the response code of a refusal; of one not in the table, by its kind."""
    known = TABLE.get(code)
    if known is not None:
        return known
    kind = kind or REFUSALS.get(code, Refusal)
    if issubclass(kind, Malformed):
        return "30"
    if issubclass(kind, NotFound):
        return "25"
    return "94" if issubclass(kind, Conflict) else "05"
