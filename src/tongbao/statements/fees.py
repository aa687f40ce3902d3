"""Fees and the VAT in them. Pure; amounts are fen, rates parts per million."""

from collections.abc import Iterable
from typing import Final, Literal

from tongbao.kernel.amounts import WHOLE
from tongbao.statements.types import Fee, Line

_KIND: Final[dict[str, Literal["acceptance", "issue"]]] = {
    "acceptance_fees": "acceptance",
    "acceptance_fees_back": "acceptance",
    "issue_fees": "issue",
    "issue_fees_back": "issue",
}

_Key = tuple[Literal["acceptance", "issue"], bool, int]


def net_half_up(gross: int, rate: int) -> int:
    """Give what of ``gross`` is left without VAT of ``rate``, half a fen rounded up.

    The VAT is the rest, so that both together are always the gross amount. What was given back
    beyond what was charged (a negative gross) is rounded as its opposite.
    """
    if gross < 0:
        return -net_half_up(-gross, rate)
    whole = WHOLE + rate
    return (2 * gross * WHOLE + whole) // (2 * whole)


def fees_of(lines: Iterable[Line]) -> list[Fee]:
    """Sum the fees among ``lines`` by kind and rate, with the VAT in them.

    What the operator receives is split organisation by organisation, as each of them is told, so
    that its VAT is exactly the sum of theirs.
    """
    parts: dict[_Key, dict[str | None, list[int]]] = {}
    for line in lines:
        kind = _KIND.get(line.item)
        if kind is None:
            continue
        assert line.vat is not None, "fees keep the rate of their window"
        received = line.account == "fees"
        payers = parts.setdefault((kind, received, line.vat), {})
        sums = payers.setdefault(line.counterparty if received else None, [0, 0])
        back = line.item.endswith("_back")
        sums[back] += line.amount if received != back else -line.amount
    return [_fee(key, payers.values()) for key, payers in sorted(parts.items())]


def _fee(key: _Key, payers: Iterable[list[int]]) -> Fee:
    kind, received, rate = key
    charged = given_back = net = 0
    for one_charged, one_back in payers:
        charged += one_charged
        given_back += one_back
        net += net_half_up(one_charged - one_back, rate)
    gross = charged - given_back
    return Fee(
        fee=kind,
        received=received,
        rate=rate,
        charged=charged,
        given_back=given_back,
        gross=gross,
        net=net,
        vat=gross - net,
    )
