"""Write the nouns of the packages for the wire: ids as texts, amounts with their unit.

What is told is declared, field by field, by the struct of the wire; here it is only filled. A
field takes the value of the noun's attribute of its name, or of its name with ``_id``.
"""

from collections.abc import Callable, Sequence
from functools import partial
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import Struct, structs

from tongbao.api.wire import Id, Money, Points, SignedPoints

Told = TypeVar("Told", bound=Struct)
Write = Callable[[Any], Any]
Plan = list[tuple[str, str, Write]]

_PLANS: Final[dict[tuple[type, type], Plan]] = {}


def tell(kind: type[Told], one: Any) -> Told:
    """Write one noun as ``kind``."""
    asked = kind, type(one)
    fields = _PLANS.get(asked)
    if fields is None:
        fields = _PLANS[asked] = _plan(*asked)
    return kind(**{name: write(getattr(one, source)) for name, source, write in fields})


def tell_all(kind: type[Told], found: Sequence[Any]) -> list[Told]:
    """Write many nouns as ``kind``."""
    return [tell(kind, one) for one in found]


def _plan(kind: type[Struct], source: type) -> Plan:
    """Say where each field of ``kind`` comes from; one that ``source`` lacks keeps its default."""
    fields: Plan = []
    required = {field.name for field in structs.fields(kind) if field.required}
    for name, told in get_type_hints(kind, include_extras=True).items():
        found = next((n for n in (name, f"{name}_id") if hasattr(source, n)), None)
        assert found is not None or name not in required, f"{source.__name__} has no {name}"
        if found is not None:
            fields.append((name, found, _writer(told)))
    return fields


def _writer(told: Any) -> Write:
    """Give what writes a value as ``told``."""
    if told == Id:
        return str
    if told in (Money, Points, SignedPoints):
        return told  # type: ignore[no-any-return]
    origin, parts = get_origin(told), get_args(told)
    if origin in (Union, UnionType):
        (some,) = (part for part in parts if part is not NoneType)
        return partial(_if_any, _writer(some))
    if origin is list or origin is tuple:
        return partial(_each, _writer(parts[0]))
    if origin is dict:
        return partial(_by_key, _writer(parts[0]), _writer(parts[1]))
    if origin is Annotated:
        return _writer(parts[0])
    if isinstance(told, type) and issubclass(told, Struct):
        return partial(tell, told)
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _if_any(write: Write, value: Any) -> Any:
    return None if value is None else write(value)


def _each(write: Write, values: Any) -> list[Any]:
    return [write(value) for value in values]


def _by_key(key: Write, write: Write, values: Any) -> dict[Any, Any]:
    return {key(name): write(value) for name, value in values.items()}
