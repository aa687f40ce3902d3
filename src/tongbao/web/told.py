"""Refusals as people at a till, or with a phone in their hand, are told of them.

The domain says amounts in fen and members by number, as programs want it; whoever stands in a
queue reads points, yuan and times. What is not named here is said as the domain says it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from tongbao.kernel.errors import Refusal
from tongbao.web.words import Words, mark

TEXTS: Final = {
    "field-missing": mark("This has to be filled in."),
    "text-malformed": mark("This may have up to %(most)s characters, on one line."),
    "code-malformed": mark("Up to %(most)s letters, digits, dots, dashes and underscores."),
    "code-refused": mark("This code is wrong, was used, or is too old. Ask for a new one."),
    "too-many-attempts": mark("This was tried too often. Try again in %(seconds)s seconds."),
    "answer-overdue": mark("The database has not answered within %(seconds)s seconds."),
    "database-unreachable": mark("The database cannot be reached at this moment."),
    "outcome-unknown": mark("The database went away before it said whether this was done."),
    "code-not-sent": mark("The code could not be sent. Try again in a minute."),
    "identity-malformed": mark("That is not a phone number or card as we know them."),
    "identity-not-found": mark("Nobody is a member with this phone or card."),
    "proof-needed": mark("Prove first that it is you, with a code to your phone."),
    "pin-malformed": mark("A PIN has six digits, not all the same and not in a row."),
    "pin-refused": mark("This PIN is wrong, or none was set."),
    "payment-code-malformed": mark("A payment code has 18 digits; one of these is wrong."),
    "payment-code-unknown": mark("No member's phone shows this code. Scan it again."),
    "payment-code-used": mark("This code was used already. Scan the new one on the phone."),
    "payment-code-expired": mark("This code is too old. Scan the one that the phone shows now."),
    "spend-locked": mark("The member has locked spending, and can unlock it on the phone."),
    "wallet-dormant": mark("This wallet has slept for long. Ask for a payment code or the PIN."),
    "step-up-required": mark("So many points need a proof. Ask the member for the PIN."),
    "velocity-exceeded": mark("A limit on how much or how often is reached until %(resets_at)s."),
    "own-limit-exceeded": mark(
        "That is more than the member's own limit of %(most)s points a day; %(used)s are used."
    ),
    "insufficient-points": mark("%(available)s points can be spent; %(wanted)s are asked."),
    "points-exceed-amount": mark("%(points)s points are more than the bill of %(amount)s."),
    "refund-exceeds-sale": mark("%(left)s of this sale is left to refund; %(wanted)s is asked."),
    "not-refundable": mark("This cannot be refunded: it is not a sale."),
    "operation-not-found": mark("There is no such receipt here."),
    "hold-not-found": mark("There is no such hold here."),
    "hold-closed": mark("Nothing is left of this hold."),
    "hold-expired": mark("This hold ended at %(expired_at)s; its points are free again."),
    "hold-exceeded": mark("%(remaining)s points of this hold are left; %(wanted)s are asked."),
    "hold-captured": mark("%(remaining)s points of this hold are left; %(wanted)s are asked."),
    "same-member": mark("That is yourself."),
    "reversed": mark("This was called off before it arrived. Nothing was taken."),
    "headroom-exceeded": mark("This merchant cannot give points at the moment."),
    "prepaid-exhausted": mark("This merchant cannot give points at the moment."),
    "outlet-closed": mark("This outlet is closed."),
    "quote-expired": mark("This was worked out too long ago. Work it out again."),
    "quote-mismatch": mark("This was worked out for another bill. Work it out again."),
    "quote-used": mark("This bill was paid already."),
    "member-not-active": mark("This membership is not active."),
    "member-has-holds": mark("%(held)s points are held for a purchase. They must be free first."),
    "credit-code-malformed": mark("That is no credit code: compare the 18 characters."),
    "bank-account-malformed": mark("That cannot be paid to: compare it with the bank's papers."),
    "application-decided": mark("This was decided already. Open the page anew."),
    "amount-malformed": mark("That is not an amount with at most two decimals."),
    "amount-out-of-range": mark("This amount is too small or too large."),
    "block-not-whole": mark("%(amount)s is no whole number of blocks of %(block)s."),
    "prepaid-too-little": mark("It may take %(left)s of its block back, not %(wanted)s."),
    "collateral-in-use": mark("It may take %(free)s of its collateral out, not %(wanted)s."),
    "fund-in-use": mark("It may take %(free)s out of the fund, not %(wanted)s."),
    "default-not-repaid": mark("It still owes %(debt)s, and %(borne)s that others bore."),
    "nothing-to-recover": mark(
        "It has %(free)s to repay with, and %(borne)s are to be repaid: nothing can be booked."
    ),
    "dispute-exceeds-claim": mark("%(wanted)s is more than the %(most)s that may be disputed."),
    "leg-overpaid": mark("%(amount)s is more than the %(left)s that is left to be paid."),
    "leg-not-paid": mark("%(amount)s cannot come back: %(paid)s was paid."),
    "leg-state": mark("Something else became of it meanwhile, so this cannot be done now."),
    "bank-line-decided": mark("It was decided meanwhile; here is what became of it."),
    "balance-limit": mark("An account would hold more than %(most)s."),
}
_MONEY: Final = {
    "block-not-whole": ("amount", "block"),
    "prepaid-too-little": ("left", "wanted"),
    "collateral-in-use": ("free", "wanted"),
    "fund-in-use": ("free", "wanted"),
    "default-not-repaid": ("debt", "borne"),
    "nothing-to-recover": ("free", "borne"),
    "dispute-exceeds-claim": ("wanted", "most"),
    "leg-overpaid": ("amount", "left"),
    "leg-not-paid": ("amount", "paid"),
    "balance-limit": ("most",),
}
_YUAN: Final = frozenset(
    (code, name) for code, names in _MONEY.items() for name in names
) | frozenset(
    {
        ("points-exceed-amount", "amount"),
        ("refund-exceeds-sale", "left"),
        ("refund-exceeds-sale", "wanted"),
    }
)
_APPLICATION: Final = re.compile(r"application (\d+)")
DOERS: Final = {
    "bank": mark("The bank"),
    "bank desk": mark("The bank desk"),
    "till": mark("The till"),
    "member": mark("The member"),
}
"""What stands for who did something where it was the service itself."""

_PLAIN: Final = frozenset({"seconds"})
_COUNTED: Final = frozenset({"text-malformed", "code-malformed"})
_TIMES: Final = frozenset({"resets_at", "expired_at"})


def refusal(spoken: Words, no: Refusal) -> str:
    """Say why something was refused."""
    return refused(spoken, no.code, no.text or no.code, no.facts)


def refused(spoken: Words, code: str, text: str, facts: Mapping[str, Any]) -> str:
    """Say a refusal by its code; ``text`` is the domain's, for what has no other here."""
    if code not in TEXTS:
        return spoken.refused(text, facts)
    shown = {name: _fact(spoken, code, name, value) for name, value in facts.items()}
    return spoken.say(TEXTS[code], **shown)


def noted(text: str, spoken: Words) -> str:
    """Say by whom or why something was done, where it was done by the service itself.

    What a person is called, and what a person wrote, stays as it is.
    """
    application = _APPLICATION.fullmatch(text)
    if application:
        return spoken.say(mark("Application %(number)s"), number=application[1])
    return spoken.say(DOERS[text]) if text in DOERS else text


def _fact(spoken: Words, code: str, name: str, value: Any) -> object:
    if name in _TIMES and isinstance(value, str):
        return spoken.moment(datetime.fromisoformat(value))
    if not isinstance(value, int) or name in _PLAIN or code in _COUNTED:
        return value
    write: Callable[[int], str] = spoken.points
    if (code, name) in _YUAN:
        write = spoken.money
    return write(value)
