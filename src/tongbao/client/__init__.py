"""A client of the HTTP API, for Python programs elsewhere.

Owns: calls with their keys, retries, pages as iterators, refusals as exceptions.
Promises: what is repeated has the key of the first time, so that it happens once; no wait is longer
than the caller allows; what the service says more than is known here does no harm.
Never: imports anything else of tongbao.
"""

from tongbao.client.answers import (
    Amount,
    Balances,
    Claim,
    Lot,
    Member,
    Operation,
    Problem,
    Quote,
    Row,
    Slice,
)
from tongbao.client.calls import VERSION, Refused, Unreachable
from tongbao.client.client import Client, Who, new_key

__all__ = [
    "VERSION",
    "Amount",
    "Balances",
    "Claim",
    "Client",
    "Lot",
    "Member",
    "Operation",
    "Problem",
    "Quote",
    "Refused",
    "Row",
    "Slice",
    "Unreachable",
    "Who",
    "new_key",
]
