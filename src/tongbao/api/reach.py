"""Who may see what: callers of the operator everything, all others what is their own.

What is another's is answered as what is not there, after the same work: with the same refusal of
the same id, and no sooner or later.
"""

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from tongbao.access.keys import Caller
from tongbao.access.roles import Scope
from tongbao.alliance.organisations import OrganisationNotFound
from tongbao.api.caller import needs
from tongbao.api.lookup import number
from tongbao.kernel.errors import NotFound, Refused

_REFUSES: Final = (404, 409, 422)
"""Statuses with which reads may be refused, too: what they name is not there, or not yet."""


class OperatorOnly(Refused):
    code = "operator-only"
    text = "this is for the operator of the alliance"


async def operator_only(
    connection: ASGIConnection[Any, Any, Any, Any],
    handler: BaseRouteHandler,  # noqa: ARG001 - a guard's signature
) -> None:
    """Refuse ``operator-only`` unless it is the operator who calls; after the caller is known."""
    caller: Caller = connection.state.caller
    if not caller.operator:
        raise OperatorOnly


def operators(scope: Scope, *, upload: bool = False, **more: Any) -> dict[str, Any]:
    """Say in a route that it needs ``scope``, and is for the operator alone.

    ``upload``: its body is a file, which is its own key.
    """
    return {
        "opt": _needs(scope, upload=upload) | {"operator": True},
        "guards": [operator_only],
        **more,
    }


def everybody(scope: Scope, *, upload: bool = False, **more: Any) -> dict[str, Any]:
    """Say in a route that it needs ``scope``; the handler shows callers what is their own."""
    return {"opt": _needs(scope, upload=upload), **more}


def _needs(scope: Scope, *, upload: bool) -> dict[str, Any]:
    """Say what these routes need; what people do here may be about everybody, and take long."""
    return needs(scope, *_REFUSES, reads=upload, unhurried=True) | {"upload": upload}


def organisation(caller: Caller, given: str) -> int:
    """Give the organisation of a path; another's is not there: ``organisation-not-found``.

    Whether another's exists is not looked up, so that it takes as long if it does not.
    """
    who = number(given)
    if not caller.operator and who != caller.organisation_id:
        raise OrganisationNotFound(organisation=who)
    return who


def whose(caller: Caller, wanted: str | None) -> int | None:
    """Give the one whose rows a list shows: the one wanted, or all that the caller may see.

    None: everybody's. Refuses ``organisation-not-found``.
    """
    if wanted is not None:
        return organisation(caller, wanted)
    return None if caller.operator else caller.organisation_id


def check(caller: Caller, owner: int | None, refusal: NotFound) -> None:
    """Refuse what was found unless it is the caller's, with the refusal of what is not there."""
    if not caller.operator and owner != caller.organisation_id:
        raise refusal
