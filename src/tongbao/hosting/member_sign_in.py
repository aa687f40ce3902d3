"""Let members in, as every door that is reached over the network does it.

What is refused is counted, so each step commits before its refusal is raised; codes are sent
outside any transaction.
"""

import secrets as chance

from tongbao.access import bearer, codes, devices, member_sign_in, sender
from tongbao.access.member_sessions import MemberIn
from tongbao.access.member_sign_in import MemberEntered, Secrets
from tongbao.hosting.parts import Parts
from tongbao.hosting.sign_in import commit
from tongbao.kernel import clock


def send_code(
    parts: Parts, phone: str, *, address: str, purpose: codes.Purpose = "sign-in"
) -> None:
    """Send a code to a phone, whether it is a member's or not.

    Refuses ``identity-malformed``, ``too-many-attempts``, ``code-sender-missing`` and
    ``code-not-sent``. Blocks: call it in a thread.
    """
    sender.of(parts.settings)  # before anything is counted
    digits = f"{chance.randbelow(10**codes.DIGITS):0{codes.DIGITS}d}"
    at = clock.now()
    wanted = commit(
        parts,
        lambda conn: member_sign_in.begin(
            conn,
            phone,
            digits,
            address=address,
            at=at,
            secrets=secrets_of(parts),
            purpose=purpose,
        ),
    )
    sender.send(parts.settings, wanted.phone, wanted.digits, wanted.purpose)


def enter(
    parts: Parts, phone: str, digits: str, *, enrol: bool, device: str, address: str
) -> MemberEntered:
    """Sign a member in with the code that was sent; ``enrol``: who is none becomes one.

    Refuses ``identity-malformed``, ``code-refused``, ``not-a-member`` and ``too-many-attempts``.
    """
    at = clock.now()
    return commit(
        parts,
        lambda conn: member_sign_in.finish(
            conn,
            phone,
            digits,
            enrol=enrol,
            device=device,
            device_secret=chance.token_bytes(devices.SECRET),
            secret=chance.token_urlsafe(bearer.BYTES),
            address=address,
            at=at,
            secrets=secrets_of(parts),
        ),
    )


def prove(parts: Parts, who: MemberIn, phone: str, digits: str, *, address: str) -> str:
    """Take a code that was sent for ``prove``; give the session's new token.

    Refuses ``identity-malformed``, ``code-refused`` and ``too-many-attempts``.
    """
    at = clock.now()
    return commit(
        parts,
        lambda conn: member_sign_in.prove(
            conn,
            who,
            phone,
            digits,
            secret=chance.token_urlsafe(bearer.BYTES),
            address=address,
            at=at,
            secrets=secrets_of(parts),
        ),
    )


def secrets_of(parts: Parts) -> Secrets:
    """Give the keys that signing members in works with."""
    return Secrets(identity=parts.settings.identity_secret, access=parts.settings.access_secret)
