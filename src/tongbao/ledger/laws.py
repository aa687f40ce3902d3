"""The laws: what is true of the ledger at every commit, each with the queries that look for more.

``LAWS`` says them in order; the queries stand in ``laws.sql`` and ``journal_laws.sql`` with their
reasons. Law 11 has, beside its query, the walk of the hash chain (``seal.py``).
"""

from typing import Final

from msgspec import Struct

from tongbao.kernel import sql

_STATEMENTS: Final = {
    name: statement
    for file in ("laws.sql", "journal_laws.sql")
    for name, statement in sql.load(__package__, file).statements.items()
}


class Law(Struct, frozen=True, kw_only=True):
    """One law: its number, its sentence, and the named queries that return what offends it."""

    number: int
    sentence: str
    queries: dict[str, bytes]


CHAIN: Final = 11
"""The law that is also verified by walking the hash chain."""

_SENTENCES: Final = {
    1: "Per unit, all balances sum to zero.",
    2: "Each balance equals the sum of its transfers.",
    3: "No balance is below its floor.",
    4: "What a member has, holds, awaits and owes is what its lots, holds and debts say.",
    5: "What an organisation has issued and set aside is what remains in its lots.",
    6: "Claims per issuer, redeemer and window equal the transfers between the two.",
    7: "Every transfer fits its operation, and every lot is the sum of its transfers.",
    8: "Each operation has exactly one idempotency record, and each accepted key one operation.",
    9: "A refund never exceeds what it refunds, line by line, nor captures their hold.",
    10: "The positions of a window sum to zero, fees included, and equal its transfers.",
    11: "The journal's hash chain is unbroken.",
    12: "Budgets: nothing is given away beyond what was allowed.",
}

LAWS: Final = tuple(
    Law(
        number=number,
        sentence=sentence,
        queries={n: s for n, s in _STATEMENTS.items() if n.startswith(f"law_{number:02d}_")},
    )
    for number, sentence in _SENTENCES.items()
)
"""All laws in order."""
