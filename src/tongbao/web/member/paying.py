"""The payment code, made on the phone, else here; and what a phone keeps for when it is offline."""

from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.handlers import BaseRouteHandler

from tongbao.access import devices
from tongbao.hosting import parts
from tongbao.kernel import clock
from tongbao.kernel.clock import micros
from tongbao.kernel.errors import NotFound
from tongbao.till import payment_code
from tongbao.web import assets, pages, who
from tongbao.web.assets import Built
from tongbao.web.member.showing import show
from tongbao.web.who import MEMBER, OPEN

WORKER: Final = "frontend/pages/worker.js"
_KEPT: Final = ("frontend/main.js", "frontend/theme.js", "frontend/pages/pay.js",
                "frontend/pages/member.js", "icons.svg", "frontend/images/coin.svg")  # fmt: skip
_ICONS: Final = (
    ("coin.svg", "any", "any"),
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("maskable-512.png", "512x512", "maskable"),
)
"""Pictures of the app: file, size, and whether a phone may cut it to a shape of its own."""


class DeviceGone(NotFound):
    code = "device-gone"
    text = "this device was removed; sign in again"


@get("/m/pay", opt=MEMBER)
async def pay(request: Request[Any, Any, Any]) -> Response[str]:
    """Show the payment code."""
    return show(request, "member/pay.html", device=who.member_of(request).device_id)


@get("/m/pay/code", opt=MEMBER)
async def make_code(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """Make the code of this minute, for a browser that cannot; refuses ``device-gone``."""
    at, member = clock.now(), who.member_of(request)
    key = parts.of(request).settings.access_secret
    armed = await parts.read(request, lambda conn: devices.armed(conn, member.device_id, key=key))
    if armed is None:
        raise DeviceGone
    digits = payment_code.make(armed.secret, member.device_id, payment_code.step_at(at))
    return Response({"code": digits, "left": seconds_left(at)})


def seconds_left(at: datetime) -> int:
    """Give for how many seconds the code of this minute is shown."""
    return payment_code.STEP - micros(at) // 1_000_000 % payment_code.STEP


@get("/m/offline", opt=OPEN)
async def offline(request: Request[Any, Any, Any]) -> Response[str]:
    """Show what a phone shows without a network: the payment code, and nothing of anybody's."""
    return show(request, "member/offline.html")


@get("/m/app.webmanifest", opt=OPEN)
async def manifest(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Say how the pages are installed on a phone."""
    built: Built = request.app.state.assets
    said = pages.words_of(request)
    body = {
        "name": said.say("Tongbao"),
        "short_name": said.say("Tongbao"),
        "lang": "zh-CN" if said.language == "zh" else "en",
        "start_url": "/m",
        "scope": "/m",
        "id": "/m",
        "display": "standalone",
        "background_color": "#f6f8fb",
        "theme_color": "#a3401f",
        "icons": [
            {
                "src": built.path(f"frontend/images/{name}"),
                "sizes": sizes,
                "type": "image/svg+xml" if name.endswith("svg") else "image/png",
                "purpose": purpose,
            }
            for name, sizes, purpose in _ICONS
        ],
        "shortcuts": [{"name": said.say("Pay"), "url": "/m/pay"}],
    }
    return Response(msgspec.json.encode(body), media_type="application/manifest+json")


@get("/m/worker.js", opt=OPEN)
async def worker(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the service worker, which keeps the assets and the page for no network."""
    built: Built = request.app.state.assets
    kept = sorted({path for name in _KEPT for path in _with_styles(built, name)})
    begin = f"self.KEPT = {msgspec.json.encode(kept).decode()};\n"
    name = built.path(WORKER).removeprefix(assets.PREFIX)
    return Response(
        begin.encode() + built.contents[name],
        media_type="text/javascript",
        headers={"Service-Worker-Allowed": "/m", "Cache-Control": "no-cache"},
    )


def _with_styles(built: Built, name: str) -> set[str]:
    """Give what a page that loads ``name`` asks for, with what that imports."""
    entry = built.manifest[name]
    found = {built.path(name), *built.styles(name)}
    for other in entry.get("imports", []):
        found |= _with_styles(built, other)
    return found


ROUTES: Final[list[BaseRouteHandler]] = [pay, make_code, offline, manifest, worker]
