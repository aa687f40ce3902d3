"""Let staff in by single sign-on: to the provider and back, as the pages do it."""

import secrets
from functools import lru_cache
from typing import NamedTuple

from tongbao.access import bearer, sign_in, sso
from tongbao.hosting.database import begun
from tongbao.hosting.parts import Parts
from tongbao.hosting.provider import Provider
from tongbao.hosting.sign_in import commit
from tongbao.kernel import clock
from tongbao.kernel.settings import Settings


class Away(NamedTuple):
    """Where a browser goes now, and what stays in its cookie until it is back."""

    address: str
    browser: str


def begin(parts: Parts, onward: str) -> Away:
    """Begin a sign-in at the provider; ``onward`` is the page that was wanted, one of ours.

    Refuses ``sso-missing`` and ``sso-failed``. Blocks: call it in a thread.
    """
    provider = _provider(parts.settings)
    state, browser, nonce, verifier = (secrets.token_urlsafe(bearer.BYTES) for _ in range(4))
    way = sso.UnderWay(issuer=provider.issuer, nonce=nonce, verifier=verifier, onward=onward)
    address = provider.address(way, state)
    at = clock.now()
    with begun(parts.pool) as conn:
        sso.begin(conn, way, state=state, browser=browser, at=at)
    return Away(address, browser)


def finish(
    parts: Parts, *, state: str, code: str, browser: str, device: str, address: str
) -> tuple[sign_in.Entered, str]:
    """Sign in who comes back from the provider; give the session and the page that was wanted.

    ``state`` and ``code`` are what the provider sent along, ``browser`` what the cookie says.
    Refuses ``sso-missing``, ``sso-unknown``, ``sso-failed`` and ``sso-refused``. Blocks.
    """
    provider = _provider(parts.settings)
    at = clock.now()
    way = commit(parts, lambda conn: sso.take(conn, state=state, browser=browser, at=at))
    person = provider.person(way, code)
    entered = commit(
        parts,
        lambda conn: sso.enter(
            conn,
            person,
            secrets.token_urlsafe(bearer.BYTES),
            device=device,
            address=address,
            at=at,
        ),
    )
    return entered, way.onward


@lru_cache(maxsize=8)
def _provider(settings: Settings) -> Provider:
    return Provider.of(settings)
