"""Mappings: which column means what, and how its values are written. A small TOML file or options.

A file with the headers of ``Columns`` needs none.
"""

from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from tongbao.alliance.types import SiteKind, Terms
from tongbao.intake.refusals import MappingMalformed
from tongbao.kernel import amounts
from tongbao.kernel.errors import Malformed

_MOST: Final = 100_000
"""Bytes of a mapping."""

REQUIRED: Final = ("outlet", "member", "receipt", "time")


class Columns(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The header of each column; those after ``time`` may be absent from the file.

    ``amount`` may be absent when ``quantity`` and ``unit_price`` are there.
    """

    outlet: str = "outlet"
    member: str = "member"
    receipt: str = "receipt"
    time: str = "time"
    amount: str = "amount"
    points: str = "points"
    line: str = "line"
    item: str = "item"
    quantity: str = "quantity"
    unit_price: str = "unit_price"
    return_of: str = "return_of"


class Register(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to register for outlets that do not exist: at one site, of one format, on one contract.

    ``organisation``: the code of the one that they all belong to; none: each is an organisation
    of its own, with the outlet's code. ``operator`` is registered when the alliance has none.
    """

    format: str
    mcc: str
    site: str
    region: str
    site_kind: SiteKind = "online"
    operator: str = "operator"
    organisation: str | None = None
    terms: dict[str, int | str | None] = {}


class Mapping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a file of sales is read.

    ``outlet``: the code of the one outlet of a file without such a column. ``spend``: points that
    every member spends whenever the wallet has so many. ``lines``: each row is a line of a
    receipt. ``group_by_receipt``: the rows are in no order.
    """

    columns: Columns = Columns()
    outlet: str | None = None
    outlet_prefix: str = ""
    member_kind: Literal["card", "phone", "external"] = "card"
    member_issuer: str | None = None
    amounts: Literal["yuan", "fen"] = "yuan"
    rounding: Literal["exact", "half-up"] = "exact"
    lines: bool = False
    group_by_receipt: bool = False
    time_zone: str | None = None
    time_format: str | None = None
    delimiter: str = ","
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    spend: str | None = None
    enrol: bool = False
    register: Register | None = None


def load(path: Path | None, options: dict[str, Any], columns: dict[str, str]) -> Mapping:
    """Read a mapping from the TOML file at ``path`` (none: the default) and let options rule.

    An option that is None was not given. Refuses ``mapping-malformed``.
    """
    given: dict[str, Any] = {}
    try:
        if path is not None:
            if path.stat().st_size > _MOST:
                raise MappingMalformed(reason=f"{path} has more than {_MOST} bytes")
            given = msgspec.toml.decode(path.read_bytes())
        given |= {name: value for name, value in options.items() if value is not None}
        if columns:
            given["columns"] = {**given.get("columns", {}), **columns}
        mapping = msgspec.convert(given, Mapping)
    except OSError as error:
        raise MappingMalformed(reason=f"{path}: {error.strerror}") from None
    except (ValueError, TypeError) as error:  # of TOML, of UTF-8, of what the fields may be
        raise MappingMalformed(reason=str(error)) from None
    _check(mapping)
    return mapping


def terms_of(register: Register) -> Terms:
    """Give the terms of a registration; those not named are the defaults."""
    known = Terms.__struct_fields__
    for name in register.terms:
        if name not in known:
            raise MappingMalformed(reason=f"no contract has a term {name}")
    try:
        return msgspec.convert(register.terms, Terms)
    except msgspec.ValidationError as error:
        raise MappingMalformed(reason=f"register.terms: {error}") from None


def spend_of(mapping: Mapping) -> int:
    """Give the points (fen) that members spend whenever they have them; 0: none."""
    if mapping.spend is None:
        return 0
    try:
        points = amounts.parse(mapping.spend)
    except Malformed as refusal:
        raise MappingMalformed(reason=f"spend: {refusal}") from None
    if points <= 0:
        raise MappingMalformed(reason="spend: it must be more than zero")
    return points


def zone_of(mapping: Mapping, default: str) -> ZoneInfo:
    """Give the time zone of times that come without one."""
    name = mapping.time_zone or default
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise MappingMalformed(reason=f"{name[:40]!r} is not an IANA time zone") from None


def _check(mapping: Mapping) -> None:
    spend_of(mapping)
    if len(mapping.delimiter) != 1 or not mapping.delimiter.isascii():
        raise MappingMalformed(reason="a delimiter is one ASCII character")
    if mapping.delimiter in '\r\n"\0':
        raise MappingMalformed(reason="neither a quote nor the end of a line delimits")
    if mapping.member_kind == "phone" and mapping.member_issuer:
        raise MappingMalformed(reason="a phone has no issuer")
    if mapping.register is not None:
        terms_of(mapping.register)
