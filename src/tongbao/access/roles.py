"""Roles and what each may do. Closed lists: what is not named here nobody may do."""

from collections.abc import Sequence
from typing import Final, Literal, get_args

from tongbao.kernel import texts
from tongbao.kernel.errors import Refused

Role = Literal[
    "admin", "settlement", "marketer", "auditor", "manager", "finance", "cashier", "partner"
]
Scope = Literal[
    "points:read",
    "points:write",
    "adjustments:write",
    "members:read",
    "members:write",
    "members:reveal",
    "alliance:read",
    "alliance:write",
    "clearing:read",
    "clearing:write",
    "reconcile:write",
    "statements:read",
    "events:read",
    "keys:write",
    "webhooks:write",
    "staff:read",
    "staff:write",
    "audit:read",
    "risk:read",
    "risk:write",
]

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
_READ: Final = tuple(scope for scope in SCOPES if scope.endswith(":read"))

ROLES: Final[dict[Role, tuple[Scope, ...]]] = {
    "admin": SCOPES,
    "settlement": (*_READ, "clearing:write", "reconcile:write"),
    "marketer": ("points:read", "alliance:read", "events:read"),
    "auditor": _READ,
    "manager": (
        "points:read",
        "points:write",
        "adjustments:write",
        "members:read",
        "members:write",
        "members:reveal",
        "alliance:read",
        "clearing:read",
        "reconcile:write",
        "statements:read",
        "events:read",
        "keys:write",
        "webhooks:write",
        "staff:read",
        "staff:write",
        "audit:read",
        "risk:read",
        "risk:write",
    ),
    "finance": (
        "points:read",
        "alliance:read",
        "clearing:read",
        "reconcile:write",
        "statements:read",
        "events:read",
        "audit:read",
    ),
    "cashier": ("points:read", "points:write", "members:read"),
    "partner": ("points:read", "points:write", "members:read", "statements:read", "events:read"),
}
"""What each role may do at most; a key may be given less. ``partner`` is for keys only."""

OPERATOR_ROLES: Final[tuple[Role, ...]] = ("admin", "settlement", "marketer", "auditor")
"""Roles of the operator's own people, who see every organisation."""


class RoleNotAllowed(Refused):
    code = "role-not-allowed"
    text = "the role {role} is not for this organisation"


class ScopeNotAllowed(Refused):
    code = "scope-not-allowed"
    text = "the role {role} does not allow {scope}"


def scopes_of(role: Role, wanted: Sequence[str] | None) -> list[Scope]:
    """Give the scopes of a key with ``role``: all the role has, or those wanted, in one order.

    Refuses ``choice-malformed`` and ``scope-not-allowed``.
    """
    texts.choice("role", role, get_args(Role))
    allowed = ROLES[role]
    if wanted is None:
        return list(allowed)
    for scope in wanted:
        texts.choice("scope", scope, SCOPES)
        if scope not in allowed:
            raise ScopeNotAllowed(role=role, scope=scope)
    return [scope for scope in allowed if scope in wanted]


def check_role(role: Role, *, operator: bool) -> None:
    """Refuse ``role-not-allowed`` unless ``role`` is one of the operator's, or of the others."""
    if (role in OPERATOR_ROLES) != operator:
        raise RoleNotAllowed(role=role)


def check_staff_role(role: Role, *, operator: bool) -> None:
    """Refuse ``choice-malformed`` or ``role-not-allowed`` unless ``role`` is one of people."""
    texts.choice("role", role, get_args(Role))
    if role == "partner":
        raise RoleNotAllowed(role=role)
    check_role(role, operator=operator)
