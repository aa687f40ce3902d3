"""The log of what people did, as its page tells it: actions by name, facts as words.

What the console writes down is called in ``CONSOLE``; what is done through the API is written
as the resource and the function of its route.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tongbao.web import closings, facts, labels
from tongbao.web.operator import named, settings
from tongbao.web.words import Words, mark

CONSOLE: Final = {
    "key-made": mark("Key made"),
    "key-replaced": mark("Key replaced"),
    "key-revoked": mark("Key revoked"),
    "webhook-made": mark("Webhook set up"),
    "webhook-changed": mark("Webhook changed"),
    "webhook-sent-again": mark("Event sent again"),
    "till-reconciled": mark("Till reconciled"),
    "application-made": mark("Application made"),
    "application-asked": mark("Applicant asked"),
    "application-answered": mark("Applicant answered"),
    "application-refused": mark("Application refused"),
    "application-accepted": mark("Application accepted"),
    "application-begun": mark("Link and key given"),
    "sign-in": mark("Signed in"),
    "sign-in-refused": mark("Sign-in refused"),
    "password-changed": mark("Password changed"),
    "password-change-refused": mark("Change of password refused"),
    "member-sign-in": mark("Member signed in"),
    "member-sign-in-refused": mark("Member's sign-in refused"),
    "second-factor-set-up": mark("Second factor set up"),
    "second-factor-refused": mark("Second factor refused"),
    "recovery-code-used": mark("Recovery code used"),
    "sso-refused": mark("Single sign-on refused"),
    "staff-added": mark("Person added"),
    "staff-changed": mark("Person changed"),
    "staff-link": mark("Link made"),
    "outlet-added": mark("Outlet added"),
    "outlet-changed": mark("Outlet changed"),
    "terminal-added": mark("Terminal added"),
    "terminal-changed": mark("Terminal blocked or freed"),
    "terminal-key-set": mark("Terminal's key registered"),
    "terminal-key-ended": mark("Terminal's key ended"),
    "allowance-granted": mark("Offline allowance given"),
    "allowance-ended": mark("Offline allowance ended"),
    "member-looked-at": mark("Member looked at"),
    "member-lock": mark("Spending locked or freed"),
    "organisation-status": mark("Organisation's state changed"),
    "contract-signed": mark("Contract signed"),
    "settlement-proposed": mark("Settlement proposed"),
    "settlement-decided": mark("Settlement decided"),
    "leg-instructed-again": mark("Payment instructed again"),
    "leg-refused": mark("Payment refused by the bank"),
    "leg-given-up": mark("Payment given up"),
    "leg-booked": mark("Payment booked by hand"),
    "leg-returned": mark("Payment came back"),
    "payment-file-taken": mark("Payment file taken"),
    "exception-closed": mark("Exception closed"),
    "risk-decided": mark("Risk decided"),
    "device-revoked": mark("Device revoked"),
    "proposal-made": mark("Proposal made"),
    "proposal-decided": mark("Proposal decided"),
    "exception-assigned": mark("Exception assigned"),
    "dispute-opened": mark("Dispute opened"),
    "dispute-answered": mark("Dispute answered"),
    "adjustment-proposed": mark("Adjustment proposed"),
    "adjustment-decided": mark("Adjustment decided"),
    "members-merged": mark("Memberships merged"),
    "refund-posted": mark("Refund posted"),
    "organisation-registered": mark("Organisation registered"),
    "limit-set": mark("Limit set"),
    "proof-set": mark("Proof asked for"),
    "member-data-exported": mark("Member's data exported"),
    "member-erased": mark("Membership ended"),
    "member-revealed": mark("Member's identities revealed"),
    "own-limit-set": mark("Own limit set"),
    "pin-set": mark("PIN set"),
    "spend-locked": mark("Spending locked by the member"),
    "spend-unlocked": mark("Spending freed by the member"),
    "consent-given": mark("Consent given"),
    "consent-withdrawn": mark("Consent taken back"),
    "second-factor-removed": mark("Second factor taken away"),
    "password-reset-begun": mark("Password to be set anew"),
    "staff-token-made": mark("Token made for a person"),
    "staff-disabled": mark("Person disabled"),
    "staff-enabled": mark("Person let in again"),
    "sso-linked": mark("Single sign-on linked"),
    "sso-unlinked": mark("Single sign-on unlinked"),
    "key-signing-begun": mark("Signing of a key begun"),
    "key-signing-ended": mark("Signing of a key ended"),
    "key-limited": mark("Key limited"),
    "default-covered": mark("Default covered"),
    "recovery-booked": mark("Recovery booked"),
    "bank-file-read": mark("Bank file read"),
    "bank-line-decided": mark("Line of the bank decided"),
    "payment-files-made": mark("Payment files made"),
    "window-closed": mark("Window closed"),
    "verification-asked": mark("Verification of the laws asked for"),
}
"""What people do in the console, as the log names it."""

ACTIONS: Final = {
    "adjustments.propose": mark("Adjustment proposed"),
    "adjustments.approve": mark("Adjustment approved"),
    "adjustments.reject": mark("Adjustment rejected"),
    "applications.ask-applicant": mark("Applicant asked"),
    "applications.refuse": mark("Application refused"),
    "applications.accept": mark("Application accepted"),
    "bank-accounts.propose": mark("Bank account proposed"),
    "contracts.sign": mark("Contract signed"),
    "days.record-year": mark("Days of a year recorded"),
    "days.record-day": mark("Day of the calendar recorded"),
    "defaults.declare": mark("Default proposed"),
    "defaults.lift": mark("End of a default proposed"),
    "defaults.reinstate": mark("Issuing again proposed"),
    "defaults.cover": mark("Default covered"),
    "defaults.book-recovery": mark("Recovery booked"),
    "deposits.deposit": mark("Deposit proposed"),
    "deposits.withdraw": mark("Withdrawal of a deposit proposed"),
    "deposits.buy-block": mark("Block to be bought proposed"),
    "deposits.return-block": mark("Block to be given back proposed"),
    "disputes.open-one": mark("Dispute opened"),
    "disputes.answer": mark("Dispute answered"),
    "disputes.propose": mark("End of a dispute proposed"),
    "disputes.decide": mark("Dispute decided"),
    "estimates.propose": mark("Estimate proposed"),
    "estimates.approve": mark("Estimate approved"),
    "estimates.reject": mark("Estimate rejected"),
    "exceptions.assign": mark("Exception assigned"),
    "exceptions.close": mark("Exception closed"),
    "exposures.raise-alerts": mark("Exposures looked through"),
    "files.plan": mark("Payment files made"),
    "files.send-report": mark("Bank file read"),
    "files.match": mark("Line of the bank booked"),
    "files.send-back": mark("Line of the bank sent back"),
    "files.find-missing": mark("Missing payments looked for"),
    "guarantee.contribute": mark("Contribution proposed"),
    "guarantee.give-back": mark("Contribution to be given back proposed"),
    "guarantee.set-first-loss": mark("First loss proposed"),
    "guarantee.return-first-loss": mark("First loss to be given back proposed"),
    "guarantee.set-cap": mark("Part and cap proposed"),
    "guarantee.assess": mark("Assessment of the fund proposed"),
    "keys.create": mark("Key made"),
    "keys.rotate": mark("Key replaced"),
    "keys.revoke": mark("Key revoked"),
    "keys.sign": mark("Signing of a key begun"),
    "keys.limit": mark("Key limited"),
    "keys.stop-signing": mark("Signing of a key ended"),
    "legs.instruct": mark("Settlement instructed"),
    "legs.book": mark("Payment booked by hand"),
    "legs.return-payment": mark("Payment came back"),
    "legs.refuse": mark("Payment refused by the bank"),
    "legs.instruct-again": mark("Payment instructed again"),
    "legs.fail": mark("Payment given up"),
    "liability.close": mark("Month of the liability closed"),
    "organisations.register": mark("Organisation registered"),
    "organisations.rename": mark("Organisation renamed"),
    "organisations.suspend": mark("Organisation suspended"),
    "organisations.resume": mark("Organisation resumed"),
    "organisations.close": mark("Organisation closed"),
    "places.add-brand": mark("Brand added"),
    "places.add-site": mark("Site added"),
    "places.add-format": mark("Format added"),
    "places.add-outlet": mark("Outlet added"),
    "places.open-outlet": mark("Outlet opened again"),
    "places.close-outlet": mark("Outlet closed"),
    "places.add-terminal": mark("Terminal added"),
    "places.block-terminal": mark("Terminal blocked"),
    "places.unblock-terminal": mark("Terminal freed"),
    "proposals.approve": mark("Proposal approved"),
    "proposals.reject": mark("Proposal rejected"),
    "reconciliations.reconcile": mark("Till reconciled"),
    "settlements.propose": mark("Settlement proposed"),
    "settlements.propose-due": mark("Due settlements proposed"),
    "settlements.approve": mark("Settlement approved"),
    "settlements.reject": mark("Settlement rejected"),
    "upkeep.ask": mark("Verification of the laws asked for"),
    "upkeep.lock-sleepers": mark("Sleeping wallets locked"),
    "upkeep.look": mark("Watch let look"),
    "upkeep.sweep": mark("Points that were due swept"),
    "windows.close": mark("Window closed"),
}
"""What people do through the API."""

KINDS: Final = CONSOLE | ACTIONS

FACTS: Final = labels.FACTS | {
    "name": mark("Name"),
    "role": mark("Role"),
    "code": mark("Code"),
    "kind": mark("Kind"),
    "status": mark("State"),
    "decision": mark("Decision"),
    "verdict": mark("Decision"),
    "how": mark("How"),
    "what": mark("What"),
    "action": mark("What"),
    "accept": mark("Accepts it"),
    "active": mark("Active"),
    "locked": mark("Locked"),
    "enrolled": mark("Newly enrolled"),
    "means": mark("Signed in with"),
    "purpose": mark("Purpose"),
    "scopes": mark("Scopes"),
    "to": mark("Now with"),
    "into": mark("Merged into"),
    "refund": mark("Refund"),
    "files": mark("Files"),
    "replayed": mark("Read before"),
    "run": mark("Run of the waterfall"),
    "event": mark("Event"),
    "subject": mark("Counted for"),
    "measure": mark("Counted"),
    "span": mark("Within"),
    "uses": mark("Times"),
    "proof": mark("Proof"),
    "since": mark("Since"),
}
"""What the facts of the log are called."""

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "role": labels.ROLES | labels.ORGANISATION_ROLES,
    "status": labels.ORGANISATION_STATES,
    "kind": named.DECISIONS,
    "how": closings.CLOSED_HOW,
    "decision": {
        "approve": mark("Approve"),
        "reject": mark("Reject"),
    },
    "verdict": {
        "clear": mark("Nothing was wrong"),
        "confirm": mark("Confirmed"),
    },
    "action": {
        "disable": mark("disabled"),
        "enable": mark("enabled"),
        "remove-codes": mark("second factor taken away"),
        "sign-out": mark("signed out everywhere"),
        "place": mark("put at another outlet"),
        "rename": mark("renamed"),
        "close": mark("closed"),
        "reopen": mark("opened again"),
        "ping": mark("tried"),
        "pause": mark("paused"),
        "delete": mark("deleted"),
        "secret": mark("given a new secret"),
        "replay": mark("told of everything again"),
    },
    "subject": settings.SUBJECTS,
    "measure": settings.MEASURES,
    "span": settings.SPANS,
    "proof": settings.PROOFS,
    "means": {
        "password": mark("Password"),
        "sso": mark("Single sign-on"),
    },
}
"""What facts that are one of a few words are called; others are written as they are."""

SUBJECTS: Final = {
    "member ": mark("Member"),
    "organisation ": mark("Organisation"),
    "staff ": mark("Person"),
    "operation ": mark("Operation"),
    "settlement ": mark("Settlement"),
    "exception ": mark("Exception"),
    "proposal ": mark("Proposal"),
    "dispute ": mark("Dispute"),
    "application ": mark("Application to join"),
    "adjustment ": mark("Adjustment"),
    "outlet ": mark("Outlet"),
    "terminal ": mark("Terminal"),
    "webhook ": mark("Webhook"),
    "key ": mark("API key"),
    "bank line ": mark("Line of the bank"),
    "bank report ": mark("Bank file"),
    "reconciliation ": mark("Reconciliation"),
    "device ": mark("Device"),
    "verification ": mark("Verification"),
    "window ": mark("Window"),
}
"""What entries begin with that say what they are about."""

_YES_NO: Final = {True: mark("yes"), False: mark("no")}
NOBODY: Final = {"nobody": mark("nobody who has signed in")}
FRAGMENTS: Final = {
    **NOBODY,
    **SUBJECTS,
    **{f'"{name}":': text for name, text in FACTS.items()},
    **{
        f'"{name}":"{value}"': text
        for name, called in WORDS.items()
        for value, text in called.items()
    },
    **{f":{str(value).lower()}": text for value, text in _YES_NO.items()},
}
"""What stands in the texts of an entry, its facts as they are written, and what it is called."""


def parts_of(kind: str, number: str, name: str) -> Iterator[tuple[str, str]]:
    """Give how the texts of an entry name an organisation, an outlet or a person, with its name.

    ``number``: of who has signed in, what with; of a ``place``, which is an outlet, its code.
    """
    if kind == "login":
        for part in (f"\n{number}\n", f"\nstaff {number}\n", f'"to":"{number}"'):
            yield part, name
        return
    if kind == "place":
        yield f"\noutlet {number}\n", name
        yield f"\nterminal {number}/", name
        return
    for ends in (f'"{number}"', f"{number},", f"{number}}}"):
        yield f'"{kind}":{ends}', name
    yield f"\n{kind} {number}\n", name


def about(subject: str, spoken: Words) -> str:
    """Write what an entry is about: ``Member 1007``."""
    for begins, text in SUBJECTS.items():
        if subject.startswith(begins):
            return f"{spoken.say(text)} {subject.removeprefix(begins)}"
    return subject


def tell(said: Mapping[str, Any], spoken: Words) -> str:
    """Write the facts of an entry, each with its name: ``Decision: Approve; Reason: …``."""
    return "; ".join(
        f"{spoken.say(FACTS.get(name, name.replace('_', ' ')))}: {_value(name, value, spoken)}"
        for name, value in _flat(said)
    )


def _flat(said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in said.items():
        if isinstance(value, dict):
            yield from _flat(value)
        elif value is not None:
            yield name, value


def _value(name: str, value: Any, spoken: Words) -> str:
    if isinstance(value, bool):
        return spoken.say(_YES_NO[value])
    if isinstance(value, list):
        return ", ".join(_value(name, each, spoken) for each in value)
    kind = facts.KINDS.get(name)
    if isinstance(value, int) and kind == "money":
        return spoken.money(value)
    if isinstance(value, int) and kind == "points":
        return spoken.points(value)
    return spoken.say(WORDS.get(name, {}).get(str(value), "")) or str(value)
