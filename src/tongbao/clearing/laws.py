"""The law of settlements, in the form of the ledger's own; the doors verify both together."""

from typing import Final

from tongbao.kernel import sql
from tongbao.ledger import laws as ledger
from tongbao.ledger.laws import Law

SETTLEMENTS: Final = Law(
    number=13,
    sentence="What settlements say was paid is what moved; their states follow from their legs.",
    queries=sql.load(__package__, "laws.sql").statements,
)
"""Law 13."""

LAWS: Final = (*ledger.LAWS, SETTLEMENTS)
"""All laws in order."""
