"""Symbols: a payment code as QR code and as bar code (Code 128), both as SVG. Pure.

Scalable, black on white with their quiet zones, and without style or script, so that a strict
content policy lets them pass.
"""

from itertools import groupby
from typing import Final

import segno
from barcode.codex import Code128

QUIET: Final = 10
"""Modules left white on both sides of a bar code (ISO/IEC 15417)."""


def qr_svg(text: str, label: str) -> str:
    """Draw ``text`` as a QR code; ``label`` is what a screen reader says."""
    made = segno.make(text, error="m", micro=False)
    drawn = made.svg_inline(omitsize=True, svgclass=None, lineclass=None, light="#fff")
    return _labelled(drawn, label)


def bars(text: str) -> str:
    """Give the modules of ``text`` in Code 128, 1 for black; pairs of digits take one symbol."""
    (modules,) = Code128(text).build()
    assert isinstance(modules, str)
    return modules


def code128_svg(text: str, label: str, height: int = 60) -> str:
    """Draw ``text`` as a bar code of ``height`` modules, one path of upright bars."""
    modules = bars(text)
    path, x = [], QUIET
    for dark, run in groupby(modules):
        width = len(list(run))
        if dark == "1":
            path.append(f"M{x} 0h{width}v{height}h-{width}z")
        x += width
    drawn = (
        f'<svg viewBox="0 0 {x + QUIET} {height}" preserveAspectRatio="none">'
        f'<path fill="#fff" d="M0 0h{x + QUIET}v{height}H0z"/><path d="{"".join(path)}"/></svg>'
    )
    return _labelled(drawn, label)


def _labelled(svg: str, label: str) -> str:
    said = label.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    start = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{said}"'
    return start + svg.removeprefix("<svg")
