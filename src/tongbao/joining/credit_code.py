"""The unified social credit code of a legal entity in China: GB 32100."""

from typing import Final

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from tongbao.kernel import texts
from tongbao.kernel.errors import Malformed

_LONGEST: Final = 40
_REGISTERS_BUSINESSES: Final = "9"
"""The first digit of whom the authorities for market regulation have registered."""


class CreditCodeMalformed(Malformed):
    code = "credit-code-malformed"
    text = "{given!r} is not a unified social credit code: {reason}"


def check(given: str) -> str:
    """Give a code as it is kept, of 18 capitals and digits; refuses ``credit-code-malformed``."""
    if len(given) > _LONGEST:
        raise CreditCodeMalformed(given=texts.shown(given), reason="it is too long")
    try:
        return str(uscc.validate(given))
    except InvalidChecksum:
        reason = "its last character does not fit the others"
    except ValidationError:
        reason = "it must have 18 digits and capitals, without I, O, S, V and Z"
    raise CreditCodeMalformed(given=texts.shown(given), reason=reason)


def is_business(credit_code: str) -> bool:
    """Say whether a code was given to a business, not to an authority or an association."""
    return credit_code.startswith(_REGISTERS_BUSINESSES)


def region(credit_code: str) -> str:
    """Give the GB/T 2260 code of where an entity was registered first."""
    return credit_code[2:8]
