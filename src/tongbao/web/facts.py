"""What an exception item says: what each fact is called, and how it is written."""

from typing import Any, Final

from tongbao.desk.exceptions import ExceptionItem
from tongbao.web import labels

_MONEY: Final = (
    "amount",
    "used",
    "limit",
    "headroom",
    "collateral",
    "clearing",
    "reserve",
    "prepaid",
)
_KINDS: Final = {
    **dict.fromkeys(_MONEY, "money"),
    "points": "points",
    "circulation": "points",
    "used_share": "percent",
    "level": "percent",
    "member": "member",
    "operation": "operation",
    "settlement": "settlement",
}


def of(item: ExceptionItem) -> list[tuple[str, str, Any]]:
    """Give what an item says: what each fact is called, how it is written, and its value."""
    return [
        (labels.FACTS.get(name, name.replace("_", " ")), _KINDS.get(name, ""), value)
        for name, value in item.facts.items()
        if value is not None and name != "organisation"
    ]
