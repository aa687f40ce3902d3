"""People who decide: one is not another because a name is written in capitals."""

import unicodedata

from tongbao.kernel import texts


def name(by: str) -> str:
    """Give the name of who acts, as it is kept; refuses ``text-malformed``."""
    return " ".join(texts.line("by", by).split())


def same(one: str, other: str) -> bool:
    """Say whether two names are the same person's, as far as writing tells."""
    return _folded(one) == _folded(other)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
