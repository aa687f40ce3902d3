"""Files over HTTP: what is sent goes to the disk as it comes, what is fetched is read from it."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

from litestar.response import Stream

from tongbao.api.acting import Req
from tongbao.kernel import texts
from tongbao.kernel.errors import Malformed

Answer = TypeVar("Answer")

_PIECE: Final = 1 << 16
_FILE: Final = "file"


class UploadTooLarge(Malformed):
    code = "upload-too-large"
    text = "a file that is sent here has at most {most} bytes"


class UploadEmpty(Malformed):
    code = "upload-empty"
    text = "the body of this request is the file itself, and it is empty"


@asynccontextmanager
async def received(request: Req, name: str | None, most: int) -> AsyncIterator[Path]:
    """Give the path of the file that is the request's body; it is there inside the block.

    ``name`` is what it is called, without folders. Refuses ``upload-too-large``,
    ``upload-empty`` and ``text-malformed``.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise UploadTooLarge(most=most)
    called = texts.line("name", name or _FILE).replace("/", "-")
    if called.strip(".") == "":
        called = _FILE
    with tempfile.TemporaryDirectory(prefix="tongbao-") as folder:
        path = Path(folder) / called.encode()[-200:].decode(errors="ignore")
        size = 0
        with path.open("wb") as file:
            async for piece in request.stream():
                size += len(piece)
                if size > most:
                    raise UploadTooLarge(most=most)
                await asyncio.to_thread(file.write, piece)
        if not size:
            raise UploadEmpty
        yield path


async def fetched(
    make: Callable[[Path], Answer], name: Callable[[Answer], str], media_type: str
) -> Stream:
    """Answer with a file that ``make`` writes to a path, under the name it is then given."""
    path, done, size = await asyncio.to_thread(_made, make)
    called = quote(name(done))
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{called}",
        "Content-Length": str(size),
        "Cache-Control": "no-store",
    }
    return Stream(_pieces(path), media_type=media_type, headers=headers)


def _made(make: Callable[[Path], Answer]) -> tuple[Path, Answer, int]:
    handle, where = tempfile.mkstemp(prefix="tongbao-")
    os.close(handle)
    path = Path(where)
    try:
        done = make(path)
        return path, done, path.stat().st_size
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _pieces(path: Path) -> Iterator[bytes]:
    """Give a file piece by piece; it is gone from the folder while it is still read."""
    with path.open("rb") as file:
        path.unlink()
        while piece := file.read(_PIECE):
            yield piece
