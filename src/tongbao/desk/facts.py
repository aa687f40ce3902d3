"""Facts: what a proposal or an exception item is about, as JSON of a bounded size."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tongbao.kernel import limits
from tongbao.kernel.errors import Malformed


class FactsTooLong(Malformed):
    code = "facts-too-long"
    text = "what a proposal or an exception item says takes {count} bytes; at most {most} go"


def encode(facts: Mapping[str, Any]) -> str:
    """Write facts as JSON text; refuses ``facts-too-long``."""
    text = msgspec.json.encode(facts)
    if len(text) > limits.FACTS:
        raise FactsTooLong(count=len(text), most=limits.FACTS)
    return text.decode()


def decode(text: str) -> dict[str, Any]:
    """Read facts as ``encode`` wrote them."""
    found: dict[str, Any] = msgspec.json.decode(text)
    return found
