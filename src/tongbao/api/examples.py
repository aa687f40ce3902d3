"""Examples of bodies, for routes that give none themselves: made from what the schema says."""

from collections.abc import Mapping
from typing import Any, Final

_BY_FORMAT: Final = {"date-time": "2026-11-01T09:30:00+08:00", "date": "2026-11-01"}
_BY_NAME: Final = {
    "member": {"card": "6200 0000 0001"},
    "reference": "receipt 000123",
    "evidence": "receipt 000123 of 1 November, signed",
    "question": "Please send the licence again: its last page is missing.",
    "text": "the receipt is ours, and the goods came back",
    "payment": "S7-1011-1",
    "number": "6222000000000000001",
    "login": "wei@example.cn",
    "how": "written-off",
}
_TEXT: Final = "as agreed"


def of(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Any:
    """Give a value that a schema allows: what must be there, with the examples of its parts."""
    if "$ref" in schema:
        return of(components[schema["$ref"].rpartition("/")[2]], components)
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return of(schema["anyOf"][0], components)
    return _of_type(schema, components)


def _of_type(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Any:
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {
                name: _BY_NAME.get(name) or of(properties[name], components)
                for name in schema.get("required", ())
            }
        case "array":
            return [of(schema["items"], components)]
        case "integer" | "number":
            return max(schema.get("minimum", 1), 1)
        case "boolean":
            return True
        case "string":
            return _BY_FORMAT.get(schema.get("format", ""), _TEXT)
        case _:
            return None
