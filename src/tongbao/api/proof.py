"""What a member gives to prove to be there: a PIN or a one-time code, in a header of the request.

Not in the body: what is kept of a body is its fingerprint, and a PIN could be found by its.
"""

import re
from typing import Any, Final

from litestar import Request

from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.db import Connection
from tongbao.kernel.errors import Malformed, Refusal, Refused
from tongbao.points.operations import Proof
from tongbao.till import one_time, pins

HEADER: Final = "Member-Proof"
_GIVEN: Final = re.compile(r"(pin|otp) ([0-9]{6})")


class ProofMalformed(Malformed):
    code = "proof-malformed"
    text = "the header Member-Proof is `pin` or `otp` and six digits"


class ProofMissing(Refused):
    code = "proof-missing"
    text = "this needs a proof of the member: a PIN or a one-time code"


async def needed(request: Request[Any, Any, Any], member_id: int) -> Proof:
    """Give the proof that a request must bring; refuses ``proof-missing`` and as ``given`` does."""
    proof = await given(request, member_id)
    if proof is None:
        raise ProofMissing
    return proof


async def given(request: Request[Any, Any, Any], member_id: int) -> Proof | None:
    """Give the proof that a request brings of a member; none: it brings none.

    A one-time code is used up by it. Refuses ``proof-malformed``, ``pin-refused``,
    ``code-refused`` and ``too-many-attempts``.
    """
    header = request.headers.get(HEADER)
    if header is None:
        return None
    found = _GIVEN.fullmatch(header)
    if found is None:
        raise ProofMalformed
    kind, digits = found.groups()
    key = parts.of(request).settings.access_secret
    wrong = await parts.write(request, lambda conn: _check(conn, kind, member_id, digits, key))
    if wrong is not None:
        raise wrong
    return "pin" if kind == "pin" else "otp"


def _check(conn: Connection, kind: str, member_id: int, digits: str, key: str) -> Refusal | None:
    at = clock.now()
    if kind == "pin":
        return pins.check(conn, member_id, digits, at)
    return one_time.check(conn, member_id, digits, at, key=key)
