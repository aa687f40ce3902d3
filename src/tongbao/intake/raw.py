"""Raw rows: what a reader gives, whatever the format of the file."""

from datetime import datetime

from tongbao.kernel.errors import Refusal

Cell = str | datetime
"""A value as text, or as a time where the file has times; nothing is the empty text."""

Raw = tuple[int, int, list[Cell] | None, Refusal | None]
"""Where a row begins (for going on there), its line number, and its cells or why there are none."""
