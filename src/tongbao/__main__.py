"""``python -m tongbao`` is the same as ``tongbao``."""

from tongbao.cli import main

main()
