"""Devices, as whoever owns them would know them again."""

from typing import Final

_SYSTEMS: Final = ("iPhone", "iPad", "Android", "HarmonyOS", "Windows", "Mac OS", "Linux")
_BROWSERS: Final = ("MicroMessenger", "Edg", "Firefox", "Chrome", "Safari")
_CALLED: Final = {"MicroMessenger": "WeChat", "Edg": "Edge", "Mac OS": "Mac"}


def name_of(agent: str) -> str:
    """Name a device by what its browser says of itself: ``iPhone · Safari``."""
    found = [
        next((_CALLED.get(name, name) for name in names if name in agent), "")
        for names in (_SYSTEMS, _BROWSERS)
    ]
    return " · ".join(filter(None, found)) or agent
