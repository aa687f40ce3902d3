"""Refusals as people at a till, or with a phone in their hand, are told of them.

The domain says amounts in fen and members by number, as programs want it; whoever stands in a
queue reads points, yuan and times. What is not named here is said as the domain says it.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from tongbao.kernel.errors import Refusal
from tongbao.web import facts, labels
from tongbao.web.words import Words, mark

TEXTS: Final = {
    "field-missing": mark("This has to be filled in."),
    "choice-malformed": mark("Choose one of the list."),
    "text-malformed": mark("This may have up to %(most)s characters, on one line."),
    "whole-number-malformed": mark("This must be a whole number, in digits."),
    "month-malformed": mark("This must be a year and a month, such as 2026-05."),
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
    "operation-not-found": mark("There is no such operation or receipt here."),
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
    "bank-account-malformed": mark("That cannot be paid to: it must be %(wanted)s."),
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
    "leg-not-found": mark("The organisation has no part in this settlement."),
    "leg-state": mark("Something else became of it meanwhile, so this cannot be done now."),
    "bank-line-decided": mark("It was decided meanwhile; here is what became of it."),
    "balance-limit": mark("An account would hold more than %(most)s."),
    "terms-malformed": mark("This must lie between %(least)s and %(most)s."),
    "organisation-not-found": mark("There is no such organisation."),
    "organisation-closed": mark("This organisation is closed."),
    "organisation-not-active": mark("The organisation is %(status)s."),
    "organisation-status-refused": mark("It is %(status)s; it cannot become %(wanted)s."),
    "organisation-code-taken": mark("Another organisation has this code."),
    "issuer-stopped": mark("The issuer is %(status)s and may not give points."),
    "no-contract": mark("It has no contract that applies at that time."),
    "contract-out-of-order": mark(
        "A version counts from %(latest)s on; a new one must begin later."
    ),
    "no-block": mark("Its contract knows no blocks."),
    "outlet-not-found": mark("There is no such outlet."),
    "outlet-code-taken": mark("Another outlet has this code."),
    "outlet-elsewhere": mark("That outlet belongs to another organisation."),
    "terminal-not-found": mark("There is no such terminal."),
    "terminal-code-taken": mark("This outlet has a terminal with this code already."),
    "terminal-not-active": mark("This terminal is blocked."),
    "member-not-found": mark("There is no such member."),
    "member-has-points": mark("%(points)s points are left: give them to somebody or give them up."),
    "identity-taken": mark("Somebody else is a member with it."),
    "staff-not-found": mark("There is no such person."),
    "login-taken": mark("Somebody signs in with this name already."),
    "login-malformed": mark("2 to 64 small letters, digits, dots, dashes or an e-mail address."),
    "role-not-allowed": mark("This role is not for that organisation."),
    "session-not-found": mark("This sign-in has ended already."),
    "device-not-found": mark("This device was removed already."),
    "api-key-not-found": mark("There is no such key."),
    "scope-not-allowed": mark("A key in the role %(role)s cannot have this: %(scope)s."),
    "api-key-ended": mark("This key is not valid any more. Make a new one."),
    "webhook-not-found": mark("There is no such webhook."),
    "proposal-not-found": mark("There is no such proposal."),
    "proposal-decided": mark("This was decided already: %(state)s."),
    "adjustment-decided": mark("This was decided already: %(state)s."),
    "same-person": mark("You have proposed it; somebody else must decide."),
    "reason-missing": mark("Say why it is rejected."),
    "exception-not-found": mark("There is no such exception."),
    "exception-closed": mark("Somebody has closed it already. Open the page anew."),
    "dispute-not-found": mark("There is no such dispute."),
    "dispute-exists": mark("This was disputed before: %(state)s."),
    "dispute-state": mark("The dispute is over or waits for somebody else: %(state)s."),
    "dispute-nothing": mark("The operation left nothing of that kind between these two."),
    "dispute-too-late": mark("The operation is older than %(days)s days."),
    "dispute-side": mark("This organisation is not the other side of the dispute."),
    "dispute-unanswered": mark("It may still be answered until %(until)s."),
    "dispute-proposed": mark("Its end is proposed already, and not decided yet."),
    "window-closed-before": mark("It was closed before. The next window is open."),
    "settlement-not-found": mark("There is no such settlement."),
    "settlement-state": mark("The settlement is %(state)s: this cannot be done with it."),
    "settlement-outdated": mark(
        "%(count)s positions have changed since it was proposed. Reject it, and propose anew."
    ),
    "bank-line-does-not-fit": mark("It cannot be the payment %(payment)s: %(reason)s."),
    "limit-in-past": mark("A limit begins now or later."),
    "limit-taken": mark("A version of this limit begins at the same time already."),
    "not-in-default": mark("It is not in default."),
    "already-in-default": mark("It is in default already."),
    "webhooks-too-many": mark("There are %(most)s webhooks already; delete one first."),
    "address-forbidden": mark("%(host)s is no address that may be called."),
    "url-malformed": mark("This cannot be called: %(reason)s."),
    "password-weak": mark("The password must %(reason)s."),
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
_MONEY_TERMS: Final = frozenset({"credit_limit", "block", "replenish_below"})
_SILENT: Final = re.compile(r"it has not answered well since (.+)")
_APPLICATION: Final = re.compile(r"application (\d+)")
DOERS: Final = {
    "bank": mark("The bank"),
    "bank desk": mark("The bank desk"),
    "till": mark("The till"),
    "member": mark("The member"),
}
"""What stands for who did something where it was the service itself."""

REASONS: Final = (
    mark("have at most %(number)s characters"),
    mark("have at least %(number)s characters"),
    mark("have at least %(number)s different characters"),
    mark("not contain the name you sign in with"),
    mark("it is empty"),
    mark("it is too long, or has characters that must be escaped"),
    mark("it is not a URL"),
    mark("it must begin with https://"),
    mark("it names no host, or no port that can be"),
    mark("it must have no name, password or fragment"),
    mark("the encoding does not fit the bytes"),
    mark("the message has no group header"),
    mark("the message has no statement"),
    mark("the report does not say what it is about"),
    mark("the original message is not named"),
    mark("a statement in several pages; ask the bank for one file"),
    mark("not well-formed (invalid token)"),
    mark("no element found"),
    mark("syntax error"),
    mark("mismatched tag"),
    mark("%(tag)s has no %(path)s"),
    mark("%(path)s is longer than %(number)s characters"),
    mark("its header cannot be read: %(reason)s"),
    mark("the line is not %(encoding)s"),
    mark("the line has more than %(number)s bytes"),
    mark("%(number)s fields where the header has %(wanted)s"),
    mark("unexpected end of data"),
    mark("no answer within %(number)s seconds"),
    mark("%(host)s has no address that may be called"),
    mark("redirects are not followed"),
)
"""Why something cannot be used, as packages say it where people send it to them."""

VALUES: Final = {
    "amount": mark("the amount"),
    "kind": mark("the type"),
    "operation": mark("the number of the operation"),
    "outlet": mark("the outlet"),
    "points": mark("the points"),
    "receipt": mark("the receipt"),
    "terminal": mark("the terminal"),
    "time": mark("the time"),
    "outlet of this organisation": mark("outlet of this organisation"),
    "purchase, award, sale, refund or reversal": mark("purchase, award, sale, refund or reversal"),
    "an account number of 6 to 34 digits": mark("an account number of 6 to 34 digits"),
    "a name that begins with a letter or a digit": mark(
        "a name that begins with a letter or a digit"
    ),
    **dict.fromkeys(
        (
            "a BIC or a CNAPS code",
            "a BIC of 8 or 11 capitals and digits",
            "a CNAPS code of 12 digits",
        ),
        mark("a CNAPS code of 12 digits, or a BIC of 8 or 11 capitals and digits"),
    ),
    "a mandate with the date of its signature": mark("a mandate with the date of its signature"),
    "a mandate id of 2 to 35 characters": mark("a mandate id of 2 to 35 characters"),
    "a date after 2000": mark("a date after 2000"),
    "single character": mark("single character"),
    "whole number": mark("whole number"),
}
"""What a value in a file is called, and what it should be."""

_STATES: Final[Mapping[str, Mapping[str, str]]] = {
    "organisation": labels.ORGANISATION_STATES,
    "issuer": labels.ORGANISATION_STATES,
    "member": labels.MEMBER_STATES,
    "proposal": labels.PROPOSAL_STATES,
    "adjustment": labels.PROPOSAL_STATES,
    "dispute": labels.DISPUTE_STATES,
    "settlement": labels.SETTLEMENT_STATES,
}
"""What states are called, by what a code begins with."""
_PLAIN: Final = frozenset({"seconds", "days", "count"})
_COUNTED: Final = frozenset({"text-malformed", "code-malformed", "webhooks-too-many"})
_TIMES: Final = frozenset({"resets_at", "expired_at", "until"})


NOTES: Final = {
    text: text
    for text in (
        mark("nobody is owed anything"),
        mark("in default"),
        mark("the leg is in a payment file"),
        mark("the bank has reported it"),
        mark("the statement that was missing has come"),
        mark("the lines have come"),
        mark("the month is over"),
        mark("the advice was reversed"),
        mark("it answers 410 Gone"),
    )
}
"""Why something was done, where the service itself has done it."""


def refusal(spoken: Words, no: Refusal) -> str:
    """Say why something was refused."""
    return refused(spoken, no.code, no.text or no.code, no.facts)


def refused(spoken: Words, code: str, text: str, given: Mapping[str, Any]) -> str:
    """Say a refusal by its code; ``text`` is the domain's, for what has no other here."""
    if code not in TEXTS:
        said = spoken.refused(text, {**given, **_known(spoken, given)})
        # The domain's sentences begin small, for logs and command lines.
        return said[:1].upper() + said[1:] if text[:1].islower() else said
    if code == "terms-malformed":
        write = _term(spoken, str(given["term"]))
        return spoken.say(TEXTS[code], least=write(given["least"]), most=write(given["most"]))
    shown = {name: _fact(spoken, code, name, value) for name, value in given.items()}
    return spoken.say(TEXTS[code], **shown)


def _known(spoken: Words, given: Mapping[str, Any]) -> dict[str, str]:
    """Give those facts that have words of their own."""
    known = {
        name: spoken.say(VALUES[value])
        for name in ("field", "wanted")
        if (value := given.get(name)) in VALUES
    }
    if isinstance(why := given.get("reason"), str):
        known["reason"] = reason(spoken, why)
    return known


def noted(text: str, spoken: Words) -> str:
    """Say by whom or why something was done, where it was done by the service itself.

    What a person is called, and what a person wrote, stays as it is.
    """
    application = _APPLICATION.fullmatch(text)
    if application:
        return spoken.say(mark("Application %(number)s"), number=application[1])
    if silent := _SILENT.fullmatch(text):
        since = spoken.moment(datetime.fromisoformat(silent[1]))
        return spoken.say(mark("it has not answered well since %(time)s"), time=since)
    known = DOERS | NOTES
    return spoken.say(known[text]) if text in known else text


def _term(spoken: Words, term: str) -> Callable[[int], str]:
    """Give how a term of a contract is written: most are rates."""
    if term.endswith(("months", "days", "step")):
        return spoken.count
    return spoken.money if term in _MONEY_TERMS else spoken.percent


def reason(spoken: Words, text: str) -> str:
    """Say why something cannot be used; what is not among ``REASONS`` stays as it is."""
    for known in (*facts.WORDS["why"], *REASONS):
        found = _pattern(known).fullmatch(text)
        if found:
            facts_of = found.groupdict()
            if "reason" in facts_of:
                facts_of["reason"] = reason(spoken, facts_of["reason"])
            return spoken.say(known, **facts_of)
    return text


@cache
def _pattern(known: str) -> re.Pattern[str]:
    """Give what finds a text with its facts."""
    ways = re.split(r"%\((\w+)\)s", known)
    for at, part in enumerate(ways):
        ways[at] = rf"(?P<{part}>.+)" if at % 2 else re.escape(part)
    return re.compile("".join(ways))


def _fact(spoken: Words, code: str, name: str, value: Any) -> object:
    if name in _TIMES and isinstance(value, str):
        return spoken.moment(datetime.fromisoformat(value))
    if isinstance(value, datetime):
        return spoken.moment(value)
    if name == "reason" and isinstance(value, str):
        return reason(spoken, value)
    if name == "wanted" and value in VALUES:
        return spoken.say(VALUES[value])
    if name in ("state", "status", "wanted") and isinstance(value, str):
        said = spoken.say(_STATES.get(code.partition("-")[0], {}).get(value, value))
        return said[:1].lower() + said[1:]
    if name == "role":
        return spoken.say(labels.ROLES.get(value, value))
    if not isinstance(value, int) or name in _PLAIN or code in _COUNTED:
        return value
    write: Callable[[int], str] = spoken.points
    if (code, name) in _YUAN:
        write = spoken.money
    return write(value)
