"""QR codes and bar codes: the modules of known symbols, and SVG that any page may carry."""

import re
from xml.etree import ElementTree as ET

import pytest
import segno

from tongbao.till import symbols

CODE = "912345678988328889"
WIDTHS = {  # ISO/IEC 15417, table 1: bars and spaces of some values
    "start": "211232",
    91: "412121",
    23: "312131",
    45: "113123",
    67: "141122",
    89: "212141",
    88: "421211",
    32: "232121",
    "stop": "2331112",
}


def runs(modules: str) -> str:
    """Give the widths of bars and spaces, one after the other."""
    return "".join(str(len(run)) for run in re.findall(r"1+|0+", modules))


def test_a_code_takes_nine_symbols_of_two_digits_between_start_check_and_stop() -> None:
    said = runs(symbols.bars(CODE))
    assert len(symbols.bars(CODE)) == 11 * (1 + 9 + 1) + 13
    parts = [said[i : i + 6] for i in range(0, 66, 6)]
    pairs = [int(CODE[i : i + 2]) for i in range(0, 18, 2)]
    assert parts[0] == WIDTHS["start"]
    assert said[66:] == WIDTHS["stop"]
    for part, value in zip(parts[1:-1], pairs, strict=True):
        assert part == WIDTHS[value]


def test_the_check_symbol_is_the_weighted_sum() -> None:
    pairs = [int(CODE[i : i + 2]) for i in range(0, 18, 2)]
    value = (105 + sum(n * pair for n, pair in enumerate(pairs, 1))) % 103
    check = symbols.bars(CODE)[-24:-13]
    # The same value as data, in a symbol of its own, has the same bars.
    assert symbols.bars(f"{value:02d}" * 2)[11:22] == check


@pytest.mark.parametrize("draw", [symbols.qr_svg, symbols.code128_svg])
def test_a_symbol_is_plain_svg_with_a_label(draw: object) -> None:
    assert callable(draw)
    svg = draw(CODE, 'Pay with "this" <code> & smile')
    root = ET.fromstring(svg)
    assert root.get("aria-label") == 'Pay with "this" <code> & smile'
    assert not re.search(r"style|script|class|http(?!://www.w3.org/2000/svg)", svg)


def test_the_bars_drawn_are_the_modules() -> None:
    svg = symbols.code128_svg(CODE, "code")
    modules = symbols.bars(CODE)
    drawn = ["0"] * len(modules)
    for x, width in re.findall(r"M(\d+) 0h(\d+)v60h-", svg):
        for place in range(int(width)):
            drawn[int(x) - symbols.QUIET + place] = "1"
    assert "".join(drawn) == modules


def test_a_code_fits_the_smallest_qr_code() -> None:
    assert segno.make(CODE, error="m", micro=False).version == 1
    assert 'viewBox="0 0 29 29"' in symbols.qr_svg(CODE, "code")
