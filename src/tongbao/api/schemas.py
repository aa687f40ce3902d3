"""JSON Schemas of what travels, as msgspec has them: with bounds, and with what they mean."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, get_args, get_type_hints

import msgspec
from msgspec import Struct, structs

REF: Final = "#/components/{}/{}"


class Schemas:
    """The schemas of some types; those that they refer to are ``components``, by name."""

    def __init__(self, types: Iterable[Any]) -> None:
        self._types = [one for one in dict.fromkeys(types) if one is not None]
        self._schemas, self.components = msgspec.json.schema_components(
            self._types, ref_template=REF.format("schemas", "{name}")
        )
        for kind in set(structs_of(self._types, set())):
            for name in (kind.__name__, f"{kind.__module__}.{kind.__qualname__}"):
                if name in self.components:  # the longer one where two have the same
                    _mark_times(kind, self.components[name])

    def of(self, wanted: Any) -> dict[str, Any]:
        """Give the schema of a type, which refers to the components."""
        found: dict[str, Any] = self._schemas[self._types.index(wanted)]
        return found


def structs_of(types: Iterable[Any], seen: set[Any]) -> Iterator[type[Struct]]:
    """Find every struct that types are made of."""
    for one in types:
        if one in seen:
            continue
        seen.add(one)
        if isinstance(one, type) and issubclass(one, Struct):
            yield one
            yield from structs_of(get_type_hints(one).values(), seen)
        yield from structs_of(get_args(one), seen)


def _mark_times(kind: type[Struct], schema: dict[str, Any]) -> None:
    """Say of each time that it is one: msgspec says so only where a zone must be given."""
    told = get_type_hints(kind)
    for field in structs.fields(kind):
        if datetime not in (told[field.name], *get_args(told[field.name])):
            continue
        shown = schema["properties"][field.encode_name]
        for one in (shown, *shown.get("anyOf", ())):
            if one.get("type") == "string":
                one["format"] = "date-time"
