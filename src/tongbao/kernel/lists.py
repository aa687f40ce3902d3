"""Lists from outside: none is longer than its limit."""

from collections.abc import Sized

from tongbao.kernel.errors import Malformed


class ListTooLong(Malformed):
    code = "list-too-long"
    text = "{name} has {count} entries; at most {most} go at once"


def check(name: str, items: Sized, most: int) -> None:
    """Refuse ``list-too-long`` when ``items``, called ``name``, are more than ``most``."""
    if len(items) > most:
        raise ListTooLong(name=name, count=len(items), most=most)
