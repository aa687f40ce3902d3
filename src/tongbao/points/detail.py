"""What an operation keeps beside its transfers, as JSON in the journal.

Only what the transfers cannot say: lines, what was earned on what, and the caller's references.
"""

import msgspec
from msgspec import Struct

SaleLine = tuple[str, int, int]
"""Line id, amount, points (fen)."""

WHOLE_SALE = "*"
"""The id of the one line of a sale that came without lines."""


class Detail(Struct, kw_only=True, frozen=True, omit_defaults=True, gc=False):
    """Facts of one operation.

    ``lines``: of a sale what was sold, of a refund what came back. ``base``: the amount that
    earned; of a refund, the part of it that came back. ``slices``: of a refund (lot consumed,
    points, lot they went back to, reserve set aside again). ``withheld``: why nothing was earned.
    """

    lines: tuple[SaleLine, ...] = ()
    base: int = 0
    earned: int = 0
    earned_lot: int | None = None
    slices: tuple[tuple[int, int, int, int], ...] = ()
    clawed: int = 0
    withheld: str | None = None
    reference: str | None = None
    channel: str | None = None
    campaign: str | None = None
    terminal: str | None = None
    staff: str | None = None
    reason: str | None = None
    by: str | None = None
    reversal_of: str | None = None
    quote: int | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Detail)


def encode(detail: Detail) -> str:
    """Write a detail as the JSON text the journal keeps."""
    return _encoder.encode(detail).decode()


def decode(text: str | bytes) -> Detail:
    """Read a detail from the journal."""
    return _decoder.decode(text)
