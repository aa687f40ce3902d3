"""Let staff in, as every door that is reached over the network does it.

What is refused is counted, so each step commits before its refusal is raised.
"""

import secrets
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from tongbao.access import bearer, passwords, sign_in
from tongbao.access.sessions import SignedIn
from tongbao.hosting.database import begun
from tongbao.hosting.parts import Parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Refusal

Answer = TypeVar("Answer")

_HASHING: Final = threading.BoundedSemaphore(4)
"""So many slow hashes at once: each takes 19 MiB and a core."""


def enter(parts: Parts, login: str, password: str, *, device: str, address: str) -> sign_in.Entered:
    """Sign somebody in by name and password; takes as long for a name that nobody has.

    Refuses ``sign-in-refused`` and ``too-many-attempts``. Blocks: call it in a thread.
    """
    at = clock.now()
    candidate = commit(parts, lambda conn: sign_in.begin(conn, login, address=address, at=at))
    with _HASHING:
        good = passwords.fits(candidate.password, password)
    return commit(
        parts,
        lambda conn: sign_in.finish(
            conn,
            candidate,
            password,
            good=good,
            secret=secrets.token_urlsafe(bearer.BYTES),
            salt=secrets.token_bytes(passwords.SALT),
            device=device,
            address=address,
            at=at,
        ),
    )


def change_password(parts: Parts, who: SignedIn, old: str, new: str, *, address: str) -> None:
    """Give somebody who is signed in a new password, who proves to know the old one.

    Refuses ``password-weak``, ``password-wrong`` and ``too-many-attempts``: tries are counted
    together with those to sign in. Blocks: call it in a thread.
    """
    passwords.check_strength(new, who.login)
    at = clock.now()
    candidate = commit(parts, lambda conn: sign_in.begin(conn, who.login, address=address, at=at))
    with _HASHING:
        good = passwords.fits(candidate.password, old)
        hashed = passwords.hash_of(new, secrets.token_bytes(passwords.SALT))
    commit(
        parts,
        lambda conn: sign_in.change(
            conn, candidate, who, good=good, hashed=hashed, address=address, at=at
        ),
    )


def commit(parts: Parts, do: Callable[[Connection], Answer | Refusal]) -> Answer:
    """Run ``do`` in one transaction, and raise a refusal that it gives after the commit."""
    with begun(parts.pool) as conn:
        answer = do(conn)
    if isinstance(answer, Refusal):
        raise answer
    return answer
