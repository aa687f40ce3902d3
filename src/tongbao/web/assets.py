"""The assets that Vite has built: found by name, served from memory, cached for ever.

Their names change with their content, so that a browser need never ask again.
"""

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from tongbao.kernel.errors import Refused
from tongbao.web.who import OPEN

PREFIX: Final = "/assets/"
_TYPES: Final = {
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
    "png": "image/png",
    "woff2": "font/woff2",
    "webmanifest": "application/manifest+json",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


class AssetsMissing(Refused):
    code = "assets-missing"
    text = "the assets of the pages are not built: run `make install` where Node.js 20 is installed"


class Built(Struct, frozen=True):
    """What was built: the manifest, and each file's bytes by name, compressed ones too."""

    manifest: dict[str, Any]
    contents: dict[str, bytes]

    def path(self, name: str) -> str:
        """Give the path of what was built from ``name``, such as ``frontend/main.js``."""
        return PREFIX + str(self.manifest[name]["file"])

    def styles(self, name: str) -> list[str]:
        """Give the paths of the style sheets that ``name`` brings along."""
        return [PREFIX + file for file in self.manifest[name].get("css", [])]


def built() -> bool:
    """Say whether the assets are there; without them there are no pages."""
    return _folder().joinpath("manifest.json").is_file()


def load() -> Built:
    """Read what was built; refuses ``assets-missing``."""
    if not built():
        raise AssetsMissing
    folder = _folder()
    manifest = folder.joinpath("manifest.json")
    contents = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
    return Built(json.loads(manifest.read_bytes()), contents)


@get(PREFIX + "{name:str}", opt=OPEN)
async def asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """Give one asset, compressed as well as the browser understands."""
    built: Built = request.app.state.assets
    kind = _TYPES.get(name.rpartition(".")[2])
    if kind is None or name not in built.contents:
        raise NotFoundException
    headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
    accepted = {part.partition(";")[0].strip() for part in _accepted(request).split(",")}
    for encoding, suffix in (("br", ".br"), ("gzip", ".gz")):
        if encoding in accepted and name + suffix in built.contents:
            headers["Content-Encoding"] = encoding
            return Response(built.contents[name + suffix], media_type=kind, headers=headers)
    return Response(built.contents[name], media_type=kind, headers=headers)


def _folder() -> Traversable:
    return files(__package__).joinpath("static")


def _accepted(request: Request[Any, Any, Any]) -> str:
    return request.headers.get("accept-encoding", "")
