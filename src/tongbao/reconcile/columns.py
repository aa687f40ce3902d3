"""Columns of tills' files: the headers they go by, in English, in Chinese and in ISO 8583."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tongbao.kernel import limits, texts
from tongbao.kernel.files import ColumnMissing, ColumnRepeated
from tongbao.reconcile.refusals import TillFileUnknown

LINES: Final[dict[str, tuple[str, ...]]] = {
    "operation": ("operation", "operation_id", "业务号"),
    "key": ("key", "idempotency_key", "request_id", "请求号"),
    "receipt": ("receipt", "receipt_no", "receipt_number", "reference", "ticket", "小票号", "单号"),
    "outlet": ("outlet", "outlet_code", "shop", "shop_no", "门店", "门店号"),
    "terminal": ("terminal", "terminal_id", "till", "pos", "终端", "终端号"),
    "kind": ("kind", "type", "交易类型", "类型"),
    "amount": ("amount", "total", "bill", "金额"),
    "points": ("points", "积分"),
    "earned": ("earned", "points_earned", "发放积分", "获得积分"),
    "time": ("time", "datetime", "at", "时间", "交易时间"),
}
"""Fields of a file of lines."""

TOTALS: Final[dict[str, tuple[str, ...]]] = {
    "outlet": LINES["outlet"],
    "terminal": LINES["terminal"],
    "debits": ("debits", "debit_count", "de76", "消费笔数"),
    "debit_points": ("debit_points", "de88", "消费积分"),
    "debit_cash": ("debit_cash", "消费金额"),
    "credits": ("credits", "credit_count", "de74", "发放笔数"),
    "credit_points": ("credit_points", "de86", "发放积分"),
    "credit_cash": ("credit_cash", "发放金额"),
    "refunds": ("refunds", "refund_count", "退货笔数"),
    "refund_points": ("refund_points", "退货积分"),
    "refund_cash": ("refund_cash", "退货金额"),
    "reversals": ("reversals", "reversal_count", "de77", "冲正笔数"),
    "reversal_points": ("reversal_points", "de89", "冲正积分"),
}
"""Fields of a file of totals; ``de..`` are the data elements of an ISO 8583 reconciliation."""

_NAMES: Final = ("operation", "key", "receipt")
_MEASURES: Final = tuple(field for field in TOTALS if field not in LINES)
_SEPARATORS: Final = re.compile(r"[\s\-_./]+")


def is_known(header: Sequence[str]) -> bool:
    """Say whether any of these headers is one that a till's file has."""
    names = {_plain(name) for name in header}
    return any(
        _plain(alias) in names
        for fields in (LINES, TOTALS)
        for aliases in fields.values()
        for alias in aliases
    )


def find(
    path: Path, header: Sequence[str], given: Mapping[str, str]
) -> tuple[dict[str, int], bool]:
    """Give the place of each field in ``header``, and whether these are totals.

    ``given``: headers by field, which rule. Refuses ``column-missing``, ``column-repeated`` and
    ``till-file-unknown``.
    """
    unknown = sorted(given.keys() - {*LINES, *TOTALS})
    found = ", ".join(texts.shown(name) for name in header[: limits.IDENTITIES])
    if unknown:
        raise ColumnMissing(
            file=path.name, column=given[unknown[0]], field=texts.shown(unknown[0]), found=found
        )
    lines = _places(path, header, LINES, given)
    if any(name in lines for name in _NAMES):
        return lines, False
    totals = _places(path, header, TOTALS, given)
    if any(name in totals for name in _MEASURES):
        return totals, True
    raise TillFileUnknown(file=path.name, found=found)


def _places(
    path: Path,
    header: Sequence[str],
    fields: Mapping[str, tuple[str, ...]],
    given: Mapping[str, str],
) -> dict[str, int]:
    plain = [_plain(name) for name in header]
    places: dict[str, int] = {}
    for field, aliases in fields.items():
        wanted = {_plain(given[field])} if field in given else {_plain(a) for a in aliases}
        hits = [place for place, name in enumerate(plain) if name in wanted]
        if len(hits) > 1:
            raise ColumnRepeated(file=path.name, column=texts.shown(header[hits[1]]))
        if hits:
            places[field] = hits[0]
        elif field in given:
            found = ", ".join(texts.shown(name) for name in header[: limits.IDENTITIES])
            raise ColumnMissing(
                file=path.name, column=texts.shown(given[field]), field=field, found=found
            )
    return places


def _plain(name: str) -> str:
    """Write a header so that ``Receipt No.`` and ``receipt_no`` are the same."""
    folded = unicodedata.normalize("NFKC", name).strip().casefold()
    return _SEPARATORS.sub("_", folded).strip("_")
