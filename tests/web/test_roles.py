"""Every route of the pages is walked as every role: it lets in whom it names, and nobody else."""

import re
from collections.abc import Iterator
from itertools import product

from litestar.handlers import HTTPRouteHandler

from tests.web.serving import Served
from tongbao.web import app, who

NOBODY = None
# What stands for the parts of a path; nothing has such an id.
SAMPLE = {"int": "999999999", "str": "none"}


def routes() -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Give every method and path with its handler."""
    for handler in app.ROUTES:
        assert isinstance(handler, HTTPRouteHandler)
        for path in sorted(handler.paths):
            sample = re.sub(r"\{\w+:(\w+)\}", lambda part: SAMPLE[part[1]], path)
            for method in sorted(handler.http_methods - {"HEAD", "OPTIONS"}):
                yield method, sample, handler


def test_every_route_says_who_may_see_it() -> None:
    for method, path, handler in routes():
        said = [name for name in ("open", "roles", "member") if name in handler.opt]
        assert len(said) == 1, f"{method} {path} says {said}"


def test_a_role_sees_its_pages_and_no_others(served: Served) -> None:
    wrong = []
    guarded = [
        (method, path, handler) for method, path, handler in routes() if "roles" in handler.opt
    ]
    for role, (method, path, handler) in product((NOBODY, *who.STAFF), guarded):
        served.sign_in(role)
        answer = served.get(path) if method == "GET" else served.send(path, {})
        if role is NOBODY:
            good = answer.status_code == 303 and "/sign-in" in answer.headers["location"]
        elif role in handler.opt["roles"]:
            # It may well refuse an empty form, or an id that nothing has; it does not say 500.
            good = answer.status_code < 500 and "page-not-found" not in answer.text
        else:
            good = answer.status_code == 404 and "page-not-found" in answer.text
        if not good:
            wrong.append(f"{role}: {method} {path} answers {answer.status_code}")
    assert wrong == []
