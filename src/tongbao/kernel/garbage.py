"""The garbage collector of a process that lives long and allocates in bursts.

What a request or a batch allocates lives as long as it does. Looking for cycles after every 700
objects, as Python does unless told otherwise, costs a tenth of the time of a service and, when all
that was ever imported is looked through, keeps every caller waiting.
"""

import gc
from typing import Final

_YOUNG: Final = 50_000
"""Objects made, beyond those let go, after which the young ones are looked through."""

_OLDER: Final = 20
"""How often the young are looked through before those that survived are, and so on."""


def calm() -> None:
    """Look for garbage seldom, and no more among what is there by now; once per process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLDER, _OLDER)
