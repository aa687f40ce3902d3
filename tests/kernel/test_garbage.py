"""What a process that lives long asks of the garbage collector."""

import subprocess
import sys

_CALM = """
import gc
from tongbao.kernel import garbage

kept = [[number] for number in range(1_000)]
garbage.calm()
assert gc.get_freeze_count() > 1_000  # what is there by now
before = gc.get_stats()[0]["collections"]
several = [[number] for number in range(20_000)]
assert gc.get_stats()[0]["collections"] == before  # a burst is not looked through
cycles = [[] for _ in range(1_000)]
for one in cycles:
    one.append(one)
del one, cycles
assert gc.collect() >= 1_000  # what came after is still found
"""


def test_bursts_are_not_looked_through_and_cycles_are_still_found() -> None:
    # A process of its own: what is frozen here would stay so for all other tests.
    subprocess.run([sys.executable, "-c", _CALM], check=True, timeout=60)
