"""Answers are packed as the caller likes: zstd, or gzip."""

from io import BytesIO
from typing import Final

import zstandard
from litestar.config.compression import CompressionConfig
from litestar.middleware.compression import CompressionFacade

SMALLEST: Final = 1_000
"""Bytes of the smallest answer that is worth packing."""

_LEVEL: Final = 3


class Zstd(CompressionFacade):
    """What packs one answer; it is made for every request, and works only for large answers."""

    encoding = "zstd"

    def __init__(
        self,
        buffer: BytesIO,
        compression_encoding: str,  # noqa: ARG002 - there is one
        config: CompressionConfig,  # noqa: ARG002 - nothing to choose
    ) -> None:
        self._buffer = buffer
        self._writer: zstandard.ZstdCompressionWriter | None = None

    def write(self, body: bytes) -> None:
        """Pack a part of the answer; what is packed so far can be sent."""
        if self._writer is None:
            packer = zstandard.ZstdCompressor(level=_LEVEL)
            self._writer = packer.stream_writer(self._buffer, closefd=False)
        self._writer.write(body)
        self._writer.flush(zstandard.FLUSH_BLOCK)

    def close(self) -> None:
        """End the answer."""
        if self._writer is not None:
            self._writer.flush(zstandard.FLUSH_FRAME)


CONFIG: Final = CompressionConfig(
    backend="zstd",
    compression_facade=Zstd,
    minimum_size=SMALLEST,
    gzip_compress_level=6,
    gzip_fallback=True,
)
