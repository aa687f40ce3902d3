"""What to do about a difference: its code says what is wrong, its action what puts it right."""

from typing import Final, NamedTuple


class Remedy(NamedTuple):
    """An action's code, and the sentence for whoever works on it."""

    action: str
    advice: str


REMEDIES: Final[dict[str, Remedy]] = {
    "unreadable": Remedy(
        "correct-line", "Correct the line as the note says, and send the file again."
    ),
    "missing-here": Remedy(
        "post-late",
        "Post it now, under the till's key and with its business time; as an advice if the"
        " customer has left. When it is too old to be posted, open a dispute.",
    ),
    "missing-reversal-here": Remedy(
        "send-reversal", "Send the reversal again, with the key of what it reverses."
    ),
    "refused-here": Remedy(
        "cancel-at-till",
        "It was refused here for the reason in the note: cancel it at the till, or send an advice"
        " if the customer has left with the goods.",
    ),
    "unposted-here": Remedy(
        "work-on-exception",
        "The advice could not be posted and waits as an exception item: see"
        " `tongbao exceptions list --kind advice`.",
    ),
    "reversed-here": Remedy(
        "reverse-at-till",
        "It was reversed here: reverse it at the till, too, or post it anew under another key if"
        " it did happen.",
    ),
    "missing-at-till": Remedy(
        "reverse-here",
        "If it did not happen at the till, reverse it here by its key; if it did, book it at the"
        " till.",
    ),
    "missing-reversal-at-till": Remedy(
        "reverse-at-till",
        "It was reversed here on this day, and the till has not noted it: reverse it at the till,"
        " unless the till never had it.",
    ),
    "less-at-till": Remedy(
        "refund-difference",
        "More was posted here than the till says: refund the difference, or correct the till.",
    ),
    "more-at-till": Remedy(
        "post-difference",
        "Less was posted here than the till says: post the difference as an advice, or correct the"
        " till. What nobody can post is a dispute.",
    ),
    "kind-differs": Remedy(
        "open-dispute",
        "The two sides mean different things by the same key: look at both receipts; reverse and"
        " post anew what is wrong, and open a dispute about what cannot be undone.",
    ),
    "duplicate-at-till": Remedy(
        "strike-at-till", "The till has it twice and here it is once: strike out the second."
    ),
    "other-day": Remedy(
        "move-day",
        "It belongs to the business day in the note: reconcile it there, and set the till's clock.",
    ),
    "other-outlet": Remedy(
        "correct-outlet", "It was posted for another outlet: correct the outlet of the terminal."
    ),
    "totals-differ": Remedy("send-lines", "Send the lines of the day: they say which sale it is."),
}
"""What each code of a difference asks for."""
