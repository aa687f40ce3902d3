"""The routes of the API as the app has them, and as the reference says them."""

import re
from collections.abc import Iterator

from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from msgspec import Struct

from tests.shape.files import DOCS, table_rows
from tongbao.api import app

PAGE = DOCS / "reference" / "api-resources.md"
WHO = ("open", "operator", "own", "shared")


class Route(Struct, frozen=True, kw_only=True):
    """A route: what it needs, who may see what (one of ``WHO``), and what it does."""

    method: str
    path: str
    scope: str
    who: str
    what: str

    @property
    def name(self) -> str:
        """How the reference names it."""
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        """Give the names in its path."""
        return re.findall(r"\{(\w+)\}", self.path)


def documented() -> dict[str, Route]:
    """Give the routes that the reference lists, by name."""
    found = {}
    for row in table_rows(PAGE):
        if not row[0].startswith("`"):
            continue
        method, path = row[0].strip("`").split(" ")
        scope, who, what = row[1].strip("`"), row[2], row[3]
        found[row[0].strip("`")] = Route(method=method, path=path, scope=scope, who=who, what=what)
    return found


def sample(route: Route) -> str:
    """Give a path with something in the place of each name that could stand there."""
    likely = {"day": "2026-05-01", "year": "2026"}
    return re.sub(r"\{(\w+)\}", lambda found: likely.get(found[1], "1"), route.path)


def served() -> Iterator[tuple[Route, HTTPRouteHandler]]:
    """Give the routes of the app with their handlers; ``who`` as far as the route says it."""
    for handler in app.ROUTES:
        if isinstance(handler, HTTPRouteHandler):
            yield from _routes(handler)


def _routes(handler: HTTPRouteHandler) -> Iterator[tuple[Route, HTTPRouteHandler]]:
    what = (handler.fn.__doc__ or "").split("\n")[0].removesuffix(".")
    for path in handler.paths:
        for method in handler.http_methods:
            yield (
                Route(
                    method=str(getattr(method, "value", method)),
                    path=re.sub(r"\{(\w+):\w+\}", r"{\1}", path),
                    scope=handler.opt.get("scope", "-"),
                    who=_who(handler),
                    what=what,
                ),
                handler,
            )


def _who(handler: BaseRouteHandler) -> str:
    if handler.opt.get("open"):
        return "open"
    return "operator" if handler.opt.get("operator") else ""
