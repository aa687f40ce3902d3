"""Give somebody on the staff a token for scripts: for name, password and code, at once."""

import secrets
from collections.abc import Sequence

from tongbao.access import audit, bearer, sessions, tokens, totp
from tongbao.access.roles import Scope
from tongbao.hosting import sign_in
from tongbao.hosting.parts import Parts
from tongbao.hosting.sign_in import commit
from tongbao.kernel import clock
from tongbao.kernel.db import Connection


def make(
    parts: Parts,
    login: str,
    password: str,
    code: str,
    wanted: Sequence[str] | None,
    *,
    device: str,
    address: str,
) -> tuple[str, list[Scope]]:
    """Give a token and what it allows; nothing else is left of the sign-in but its log.

    Refuses what ``sign_in.enter`` and ``totp.verify`` refuse, ``choice-malformed`` and
    ``scope-not-allowed``. Blocks: call it in a thread.
    """
    who = sign_in.enter(parts, login, password, device=device, address=address).who
    at, key = clock.now(), parts.settings.access_secret
    try:
        stepped = commit(parts, lambda conn: totp.verify(conn, who, code, _secret(), at, key=key))

        def give(conn: Connection) -> tuple[str, list[Scope]]:
            known = sessions.check(conn, stepped.token, at)
            made = tokens.for_staff(conn, known, wanted, _secret(), at)
            said = {"scopes": made[1]}
            audit.note(conn, "staff-token-made", known.actor(address), at, said=said)
            return made

        return commit(parts, give)
    finally:
        commit(parts, lambda conn: sessions.revoke(conn, who.id, who.staff_id, by=login, at=at))


def _secret() -> str:
    return secrets.token_urlsafe(bearer.BYTES)
