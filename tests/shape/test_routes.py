"""Every route of the API is in the reference with its scope and who sees what, and no other is."""

from tests.api import routes
from tests.api.routes import WHO


def test_every_route_is_in_the_reference_and_the_other_way_round() -> None:
    known = {route.name for route, _ in routes.served()}
    said = set(routes.documented())
    assert (sorted(known - said), sorted(said - known)) == ([], []), (
        "a row for each in docs/reference/api-resources.md: "
        "| `METHOD /path` | `scope` | who sees what | what it does, as its docstring says |"
    )


def test_the_reference_says_what_a_route_needs_and_does() -> None:
    said = routes.documented()
    wrong = {
        route.name: (route.scope, route.what)
        for route, _ in routes.served()
        if route.name in said
        and (said[route.name].scope, said[route.name].what) != (route.scope, route.what)
    }
    assert wrong == {}


def test_the_reference_says_of_every_route_who_sees_what() -> None:
    said = routes.documented()
    wrong = [name for name, route in said.items() if route.who not in WHO]
    wrong += [
        route.name
        for route, _ in routes.served()
        if route.name in said
        and (route.who or "own") != said[route.name].who
        and not (route.who == "" and said[route.name].who == "shared")
    ]
    assert wrong == []
