"""The version of the interface: a date. A caller names the one it was written for."""

from typing import Final

from litestar.types import Scope

from tongbao.kernel import texts
from tongbao.kernel.errors import Malformed

HEADER: Final = "Tongbao-Version"
VERSIONS: Final = ("2026-11-01",)
"""Every version that is served, oldest first."""

CURRENT: Final = VERSIONS[-1]
NAME: Final = HEADER.lower().encode()
_CURRENT: Final = CURRENT.encode()
_KNOWN: Final = frozenset(version.encode() for version in VERSIONS)


class VersionUnknown(Malformed):
    code = "version-unknown"
    text = "there is no version {given!r} of this interface; there are {versions}"


def wanted(scope: Scope) -> bytes:
    """Give the version that a request wants; refuses ``version-unknown``."""
    given = next((value for name, value in scope["headers"] if name == NAME), None)
    if given is None:
        return _CURRENT
    if given not in _KNOWN:
        raise VersionUnknown(
            given=texts.shown(given.decode("latin-1")), versions=", ".join(VERSIONS)
        )
    return given
