"""What a member gives to prove to be there: a PIN, in a header of the request.

Not in the body: what is kept of a body is its fingerprint, and a PIN could be found by its.
"""

import re
from typing import Any, Final

from litestar import Request

from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.errors import Malformed
from tongbao.points.operations import Proof
from tongbao.till import pins

HEADER: Final = "Member-Proof"
_PIN: Final = re.compile(r"pin ([0-9]{6})")


class ProofMalformed(Malformed):
    code = "proof-malformed"
    text = "the header Member-Proof is `pin` and six digits"


async def given(request: Request[Any, Any, Any], member_id: int) -> Proof | None:
    """Give the proof that a request brings of a member; none: it brings none.

    Refuses ``proof-malformed``, ``pin-refused`` and ``too-many-attempts``.
    """
    header = request.headers.get(HEADER)
    if header is None:
        return None
    found = _PIN.fullmatch(header)
    if found is None:
        raise ProofMalformed
    pin, at = found[1], clock.now()
    wrong = await parts.write(request, lambda conn: pins.check(conn, member_id, pin, at))
    if wrong is not None:
        raise wrong
    return "pin"
